"""Exponential time differencing of order 4, spectral in space, as one writes it in jax."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._candidate import Candidate
from benchmarks.fields._cases import Case, ready

#: Points on the circle around each eigenvalue by which the coefficients are averaged (Kassam & Trefethen).
CIRCLE = 32


class Weights(NamedTuple):
    """Of one step, for every wave."""

    whole: np.ndarray
    half: np.ndarray
    stage: np.ndarray
    first: np.ndarray
    middle: np.ndarray
    last: np.ndarray


def weights(linear: np.ndarray, dt: float) -> Weights:
    """Cox & Matthews, *J. Comput. Phys.* 176 (2002), eq. (26) to (29); complex, for the eigenvalues are imaginary."""
    z = dt * linear[:, None] + np.exp(2j * np.pi * (np.arange(CIRCLE) + 0.5) / CIRCLE)
    e, mean = np.exp(z), lambda f: dt * np.mean(f, axis=1)
    return Weights(
        np.exp(dt * linear),
        np.exp(dt * linear / 2),
        mean((np.exp(z / 2) - 1) / z),
        mean((-4 - z + e * (4 - 3 * z + z**2)) / z**3),
        mean(2 * (2 + z + e * (z - 2)) / z**3),
        mean((-4 - 3 * z - z**2 + e * (4 - z)) / z**3),
    )


def step(w: Weights, beyond: Callable, waves: jax.Array) -> jax.Array:
    """One step in Fourier space; `beyond` is the nonlinear part there."""
    at = beyond(waves)
    a = w.half * waves + w.stage * at
    at_a = beyond(a)
    at_b = beyond(w.half * waves + w.stage * at_a)
    at_c = beyond(w.half * a + w.stage * (2 * at_b - at))
    return w.whole * waves + w.first * at + w.middle * (at_a + at_b) + w.last * at_c


def schroedinger(case: Case) -> Candidate:
    """Complex transforms."""
    w = weights(-1j * case.waves**2, case.dt)

    def beyond(waves):
        psi = jnp.fft.ifft(waves)
        return jnp.fft.fft(2j * jnp.abs(psi) ** 2 * psi)

    def run(psi):
        end = jax.lax.fori_loop(0, case.steps, lambda _, waves: step(w, beyond, waves), jnp.fft.fft(psi))
        return jnp.fft.ifft(end), jnp.asarray(case.steps)

    return ready(run, (case.shown,))


def korteweg(case: Case) -> Candidate:
    """Real transforms."""
    n = len(case.shown)
    k = case.real_waves
    w = weights(1j * k**3, case.dt)

    def beyond(waves):
        u = jnp.fft.irfft(waves, n=n)
        return -3j * k * jnp.fft.rfft(u * u)

    def run(u):
        end = jax.lax.fori_loop(0, case.steps, lambda _, waves: step(w, beyond, waves), jnp.fft.rfft(u))
        return jnp.fft.irfft(end, n=n), jnp.asarray(case.steps)

    return ready(run, (case.shown,))
