"""Strang's splitting of the nonlinear Schrödinger equation, as one writes it in jax."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._candidate import Candidate
from benchmarks.fields._cases import Case, ready


def split_step(case: Case) -> Candidate:
    """Half a step of the nonlinear part at either end; between, two halves are one. Two transforms per step."""
    turn = np.exp(-1j * case.waves**2 * case.dt)
    kick = lambda psi, h: psi * jnp.exp(2j * h * jnp.abs(psi) ** 2)

    def run(psi):
        drift = lambda psi: jnp.fft.ifft(turn * jnp.fft.fft(psi))
        body = lambda _, psi: kick(drift(psi), case.dt)
        inner = jax.lax.fori_loop(0, case.steps - 1, body, kick(psi, case.dt / 2))
        return kick(drift(inner), case.dt / 2), jnp.asarray(case.steps)

    return ready(run, (case.shown,))
