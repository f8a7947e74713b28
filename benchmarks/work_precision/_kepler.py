"""One Kepler orbit, and where it really ends."""

from dataclasses import dataclass

import numpy as np

ECCENTRICITY = 0.6
#: At the pericentre of an orbit with semi-major axis 1 around a mass of 1.
Q0 = (1 - ECCENTRICITY, 0.0)
P0 = (0.0, ((1 + ECCENTRICITY) / (1 - ECCENTRICITY)) ** 0.5)


@dataclass(frozen=True)
class Span:
    """A time to integrate over. Not a whole number of periods: at the pericentre an error in phase would show most,
    at the apocentre least.
    """

    periods: float

    @property
    def time(self) -> float:
        """The same in units of time."""
        return 2 * np.pi * self.periods

    @property
    def anomaly(self) -> float:
        """The eccentric anomaly at the end, by Newton's method on Kepler's equation."""
        mean = 2 * np.pi * (self.periods % 1)
        anomaly = mean
        for _ in range(50):
            slope = 1 - ECCENTRICITY * np.cos(anomaly)
            anomaly -= (anomaly - ECCENTRICITY * np.sin(anomaly) - mean) / slope
        return 2 * np.pi * (self.periods // 1) + anomaly

    def error(self, q) -> float:
        """Distance between `q` and the exact position at the end."""
        anomaly = self.anomaly % (2 * np.pi)
        exact = np.cos(anomaly) - ECCENTRICITY, (1 - ECCENTRICITY**2) ** 0.5 * np.sin(anomaly)
        return float(np.hypot(*(np.asarray(q, float).reshape(2) - exact)))
