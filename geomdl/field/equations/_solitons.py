"""Solutions in closed form: waves that travel, solitons, breathers. NumPy, in double precision."""

import numpy as np
from numpy import ndarray

Variables = dict[str, ndarray]


def breather(t: float, x: ndarray, frequency: float = 0.6) -> Variables:
    r"""Sine-Gordon: $u = 4 \arctan \frac{\eta \sin \omega t}{\omega \cosh \eta x}$, $\eta = \sqrt{1 - \omega^2}$."""
    width = np.sqrt(1 - frequency**2)
    profile = width / np.cosh(width * x)
    g, rate = profile * np.sin(frequency * t) / frequency, profile * np.cos(frequency * t)
    return {"u": 4 * np.arctan(g), "v": 4 * rate / (1 + g**2)}


def kink(t: float, x: ndarray, speed: float = 0.5) -> Variables:
    r"""Sine-Gordon: $u = 4 \arctan \exp \gamma (x - ct)$, $\gamma = 1/\sqrt{1 - c^2}$."""
    gamma = 1 / np.sqrt(1 - speed**2)
    phase = gamma * (x - speed * t)
    return {"u": 4 * np.arctan(np.exp(phase)), "v": -2 * gamma * speed / np.cosh(phase)}


def travelling(t: float, x: ndarray, length: float) -> Variables:
    """The linear wave: a bump that moves to the right, once around in `length`."""
    phase = 2 * np.pi * (x - t) / length
    u = np.exp(2 * (np.cos(phase) - 1))
    return {"u": u, "v": 2 * np.sin(phase) * 2 * np.pi / length * u}


def plane_wave(t: float, x: ndarray, length: float, mass: float) -> Variables:
    """Klein-Gordon: the third harmonic."""
    k = 6 * np.pi / length
    omega = np.hypot(k, mass)
    return {"u": np.cos(k * x - omega * t), "v": omega * np.sin(k * x - omega * t)}


def bright_soliton(t: float, x: ndarray, amplitude: float = 1.0, speed: float = 2.0) -> Variables:
    r"""Focusing NLS: $\psi = a\,\mathrm{sech}(a (x - ct))\, e^{i (cx/2 + (a^2 - c^2/4) t)}$."""
    envelope = amplitude / np.cosh(amplitude * (x - speed * t))
    return {"psi": envelope * np.exp(1j * (speed * x / 2 + (amplitude**2 - speed**2 / 4) * t))}


def dark_train(t: float, x: ndarray, length: float) -> Variables:
    """Defocusing NLS: a plane wave of amplitude 1, the second harmonic."""
    k = 4 * np.pi / length
    return {"psi": np.exp(1j * (k * x - (k**2 + 2) * t))}


def kdv_solitons(
    t: float, x: ndarray, speeds: tuple[float, ...] = (4.0,), places: tuple[float, ...] = (0.0,)
) -> Variables:
    r"""Korteweg-de Vries, $u_t + 6 u u_x + u_{xxx} = 0$: one soliton or two, $u = 2 (\log F)_{xx}$ after Hirota.

    $F = 1 + e^{\eta_1} + e^{\eta_2} + A e^{\eta_1 + \eta_2}$, $\eta = k (x - x_0 - k^2 t)$, and the speed is $k^2$.
    """
    ks = np.sqrt(speeds)
    etas = [k * (x - place - k**2 * t) for k, place in zip(ks, places, strict=True)]
    terms = [(0.0, np.zeros_like(x), 1.0)] + [(k, eta, 1.0) for k, eta in zip(ks, etas, strict=True)]
    if len(ks) == 2:
        terms.append((ks.sum(), etas[0] + etas[1], ((ks[0] - ks[1]) / ks.sum()) ** 2))
    top = np.max([eta for _, eta, _ in terms], axis=0)
    weights = [factor * np.exp(eta - top) for _, eta, factor in terms]
    total = sum(weights)
    mean = sum(k * w for (k, _, _), w in zip(terms, weights, strict=True)) / total
    square = sum(k**2 * w for (k, _, _), w in zip(terms, weights, strict=True)) / total
    return {"u": 2 * (square - mean**2)}


def bbm_soliton(t: float, x: ndarray, speed: float = 1.0) -> Variables:
    r"""$u_t - u_{xxt} + u u_x = 0$: $u = 3c\,\mathrm{sech}^2 \tfrac12 (x - ct)$."""
    return {"u": 3 * speed / np.cosh((x - speed * t) / 2) ** 2}


def boussinesq_soliton(t: float, x: ndarray, speed: float = 0.5) -> Variables:
    r"""Good Boussinesq: $u = \tfrac32 (1 - c^2)\,\mathrm{sech}^2 (\tfrac12 \sqrt{1 - c^2} (x - ct))$, $v = -cu$."""
    width = 1 - speed**2
    u = 1.5 * width / np.cosh(np.sqrt(width) / 2 * (x - speed * t)) ** 2
    return {"u": u, "v": -speed * u}


def peakon(t: float, x: ndarray, length: float, speed: float = 1.0) -> Variables:
    r"""Camassa-Holm on a circle: $u = c \cosh(L/2 - |x - ct|)/\cosh(L/2)$."""
    distance = np.abs((x - speed * t + length / 2) % length - length / 2)
    return {"u": speed * np.cosh(length / 2 - distance) / np.cosh(length / 2)}


def simple_wave(t: float, x: ndarray, length: float, swell: float = 0.1) -> Variables:
    r"""Shallow water of depth about 1 with g = 1: $u = 2(\sqrt\rho - 1)$, moving at $3 \sqrt\rho - 2$ until it breaks.

    The characteristics are followed back by Newton's method.
    """
    k = 2 * np.pi / length
    depth = lambda s: 1 + swell * np.sin(k * s)
    s = x.copy()
    for _ in range(50):
        root = np.sqrt(depth(s))
        rate = 1 + t * 3 * swell * k * np.cos(k * s) / (2 * root)
        s = s - (s + t * (3 * root - 2) - x) / rate
    return {"rho": depth(s), "u": 2 * (np.sqrt(depth(s)) - 1)}


def interference(t: float, x: ndarray, length: float, hbar: float, share: float = 0.3) -> Variables:
    r"""Free quantum fluid, $e = 0$: two plane waves, $\psi = 1 + a e^{i (kx - \hbar k^2 t/2)}$.

    The velocity is $\hbar\, \mathrm{Im}(\psi_x/\psi)$.
    """
    k = 2 * np.pi / length
    wave = share * np.exp(1j * (k * x - hbar * k**2 * t / 2))
    return {"rho": np.abs(1 + wave) ** 2, "u": hbar * np.imag(1j * k * wave / (1 + wave))}


def soler(t: float, x: ndarray, mass: float = 1.0, coupling: float = 0.5, frequency: float = 0.75) -> Variables:
    """Dirac with self-interaction: Soler's standing wave (Lee, Kuo & Gavrielides, *Phys. Rev. D* 12 (1975), 2249)."""
    beta = np.sqrt(mass**2 - frequency**2)
    below = mass + frequency * np.cosh(2 * beta * x)
    even = beta * np.sqrt((mass + frequency) / coupling) * np.cosh(beta * x) / below
    odd = beta * np.sqrt((mass - frequency) / coupling) * np.sinh(beta * x) / below
    cosine, sine = np.cos(frequency * t), np.sin(frequency * t)
    return {"q1": even * cosine, "p1": -even * sine, "q2": odd * sine, "p2": odd * cosine}


def light(t: float, x: ndarray, length: float, permittivity: float, permeability: float) -> Variables:
    """Maxwell: a pulse that moves to the right."""
    speed = 1 / np.sqrt(permittivity * permeability)
    electric = travelling(speed * t, x, length)["u"]
    return {"E": electric, "B": electric / speed}


def plane_wave_2d(t: float, x: ndarray, lengths: tuple[float, float]) -> Variables:
    """The wave equation in the plane, oblique: one wave along x, two along y."""
    k = 2 * np.pi / np.asarray(lengths) * np.array([1.0, 2.0])
    omega = np.hypot(*k)
    phase = k[0] * x[0] + k[1] * x[1] - omega * t
    return {"u": np.cos(phase), "v": omega * np.sin(phase)}


def line_soliton(t: float, x: ndarray, lengths: tuple[float, float], speed: float = 1.0) -> Variables:
    r"""Zakharov-Kuznetsov: $u = 3c\,\mathrm{sech}^2(\tfrac12 \sqrt{c/(1 + k^2)}\,\xi)$, $\xi = x + ky - ct$ with
    one turn around the torus.
    """
    k = lengths[0] / lengths[1]
    xi = (x[0] + k * x[1] - speed * t + lengths[0] / 2) % lengths[0] - lengths[0] / 2
    return {"u": 3 * speed / np.cosh(np.sqrt(speed / (1 + k**2)) / 2 * xi) ** 2}
