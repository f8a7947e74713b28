"""Random numbers from a seed."""

import numpy as np

from geomdl._errors import require


def generator(seed: int) -> np.random.Generator:
    """NumPy's default generator, or `InputError` for a negative seed."""
    require(seed >= 0, f"seed is {seed}; give a whole number, 0 or larger.")
    return np.random.default_rng(seed)
