"""The contenders on exponax: exponential time differencing of order 4, spectral in space."""

import importlib.util

import jax
import jax.numpy as jnp

from benchmarks._candidate import Candidate, LeftOut
from benchmarks.fields._cases import Case, ready

#: What its steps for Korteweg and de Vries' equation damp unless told; and without.
HYPERVISCOUS, PLAIN = 0.01, 0.0


def schroedinger(case: Case) -> Candidate:
    """Its `ETDRK4` on complex waves: no stepper of its own is complex."""
    etdrk = _module().etdrk

    def run(psi):
        cubic = lambda waves: _cubic(jnp.fft.ifft(waves))
        # Made in here, so that its coefficients are computed once per run, as ours are.
        stepper = etdrk.ETDRK4(case.dt, -1j * jnp.asarray(case.waves) ** 2, cubic)
        waves = jax.lax.fori_loop(0, case.steps, lambda _, waves: stepper.step_fourier(waves), jnp.fft.fft(psi))
        return jnp.fft.ifft(waves), jnp.asarray(case.steps)

    return ready(run, (case.shown,))


def _cubic(psi: jax.Array) -> jax.Array:
    return jnp.fft.fft(2j * jnp.abs(psi) ** 2 * psi)


def korteweg(case: Case, hyper_diffusivity: float) -> Candidate:
    """Its own stepper."""
    stepper = _module().stepper.KortewegDeVries(
        1,
        case.spacing * len(case.shown),
        len(case.shown),
        case.dt,
        convection_scale=6.0,
        hyper_diffusivity=hyper_diffusivity,
        order=4,
    )

    def run(u):
        end = jax.lax.fori_loop(0, case.steps, lambda _, u: stepper(u), u[None])
        return end[0], jnp.asarray(case.steps)

    return ready(run, (case.shown,))


def _module():
    if importlib.util.find_spec("exponax") is None:
        raise LeftOut("left out: exponax is not installed")
    import exponax

    return exponax
