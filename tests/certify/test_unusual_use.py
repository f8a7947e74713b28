"""Bad input is named, an unconverged step never passes, other dtypes work, and nothing is compiled twice."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from toys import HENON, SWING, Euler, Midpoint, Verlet, henon_heiles, oscillator, pendulum

from geomdl import InputError, certify, field

P = pendulum()


def circle(s):
    return 1.2 + 0.5 * jnp.cos(2 * jnp.pi * s), 0.4 + 0.5 * jnp.sin(2 * jnp.pi * s)


#: Every certificate of a solver, as it is called.
CALLS = {
    "order": lambda s, p, y, **o: certify.order(s, p, y, **{"t1": 1.0} | o),
    "symplecticity": lambda s, p, y, **o: certify.symplecticity(s, p, y, **{"dt": 0.1} | o),
    "poisson": lambda s, p, y, **o: certify.poisson(s, p, y, **{"dt": 0.1} | o),
    "energy": lambda s, p, y, **o: certify.energy(s, p, y, **{"dt": 0.1, "num_steps": 40} | o),
    "conserved": lambda s, p, y, **o: certify.conserved(s, p, y, p.hamiltonian, **{"dt": 0.1, "num_steps": 40} | o),
    "reversibility": lambda s, p, y, **o: certify.reversibility(s, p, y, **{"dt": 0.1} | o),
    "shadow_energy": lambda s, p, y, **o: certify.shadow_energy(s, p, y, **{"dt": 0.1, "num_steps": 40} | o),
    "phase_error": lambda s, p, y, **o: certify.phase_error(
        s, oscillator(), y, **{"period": 2 * np.pi, "steps": 50} | o
    ),
}
LOOP = {"poincare_invariant": lambda s, p, y, **o: certify.poincare_invariant(s, p, circle, dt=0.1, num_steps=40)}


@pytest.mark.parametrize("name", CALLS | LOOP)
def test_an_unconverged_step_is_no_certificate(name):
    with pytest.raises(certify.CertificateError, match="`Midpoint` did not converge in step 1: shorten"):
        (CALLS | LOOP)[name](Midpoint(iterations=3), P, SWING)


def test_the_step_that_failed_is_named():
    class Fails:
        def advance(self, system, t, h, y, args):
            result = Verlet().advance(system, t, h, y, args)
            return result._replace(converged=jnp.asarray([True, False]) | (t < 1.95))

    with pytest.raises(certify.CertificateError, match="`Fails` did not converge in step 21:"):
        certify.energy(Fails(), P, SWING, dt=0.1, num_steps=100, save_every=10)
    with pytest.raises(certify.CertificateError, match="`Euler` left the finite numbers in step"):
        certify.energy(Euler(), henon_heiles(), HENON, dt=1.0, num_steps=100)


BAD_STATES = {
    "integers": (jnp.arange(2), jnp.arange(2)),
    "complex": (jnp.ones(2, complex), jnp.ones(2, complex)),
    "NaN": (jnp.asarray(jnp.nan), jnp.asarray(0.0)),
    "text": ("a", "b"),
    "mixed": (jnp.ones(2), jnp.ones(2, jnp.float32)),
    "empty": ((), ()),
}


@pytest.mark.parametrize("name", CALLS)
def test_bad_arguments(name):
    call = CALLS[name]
    for y in BAD_STATES.values():
        with pytest.raises(InputError, match=r"`y0?(\[0\])?`? "):
            call(Verlet(), P, y)
    with pytest.raises(InputError, match=r"must be a pair \(q, p\)|must be shaped like"):
        call(Verlet(), P, (jnp.ones(2), jnp.ones(3)))
    with pytest.raises(InputError, match="`solver` must have `advance"):
        call(None, P, SWING)
    with pytest.raises(InputError, match="`t0` must be one finite number"):
        call(Verlet(), P, SWING, t0=float("inf"))


def test_bad_systems_and_numbers():
    with pytest.raises(InputError, match="`system` must be a `HamiltonianSystem`"):
        certify.symplecticity(Verlet(), None, SWING, dt=0.1)
    with pytest.raises(InputError, match="`system` must be a `HamiltonianSystem`"):
        certify.energy(Verlet(), None, SWING, dt=0.1, num_steps=3)
    wave = field.load("wave", n=15)
    for measure in (certify.symplecticity, partial(certify.energy, num_steps=3)):
        with pytest.raises(InputError, match=r"got a field: `gm\.field` has `symplecticity`, `energy_law`"):
            measure(wave.solver, wave.system, wave.y0, dt=0.1)
    for dt, match in ((0.0, "not be zero"), (np.nan, "finite"), ("x", "a number"), (np.ones(2), "one finite")):
        for name in ("symplecticity", "poisson", "energy", "reversibility", "shadow_energy"):
            with pytest.raises(InputError, match=f"`dt` must .*{match}"):
                CALLS[name](Verlet(), P, SWING, dt=dt)
    for steps, match in ((0, "at least 1"), (1.5, "whole number"), (2**31, "below")):
        for name in ("energy", "conserved", "shadow_energy"):
            with pytest.raises(InputError, match=f"`num_steps` must .*{match}"):
                CALLS[name](Verlet(), P, SWING, num_steps=steps)
    with pytest.raises(InputError, match="multiple of `save_every`"):
        CALLS["energy"](Verlet(), P, SWING, save_every=7)
    for steps in ((64, 32), (32,), (32, 32), 32, (0, 8)):
        with pytest.raises(InputError, match="`steps` must be"):
            CALLS["order"](Verlet(), P, SWING, steps=steps)
    with pytest.raises(InputError, match="`t1` must differ"):
        CALLS["order"](Verlet(), P, SWING, t1=0.0)
    with pytest.raises(InputError, match="`reference` must be a state"):
        CALLS["order"](Verlet(), P, SWING, reference=(jnp.ones(2), jnp.ones(2)))


class Watching:
    """Verlet that accepts float32 only."""

    def advance(self, system, t, h, y, args):
        assert {x.dtype for x in (t, h, *jax.tree.leaves(y))} == {jnp.dtype("float32")}
        return Verlet().advance(system, t, h, y, args)


def single(y):
    return jax.tree.map(lambda x: x.astype(jnp.float32), y)


def test_float32():
    y = single(SWING)
    assert certify.symplecticity(Watching(), P, y, dt=0.2) < 1e-6
    assert certify.energy(Watching(), P, y, dt=0.1, num_steps=1000).trend < 0.1
    assert certify.reversibility(Watching(), P, y, dt=0.1).symmetry < 1e-6
    loop = lambda s: single(circle(s))
    assert certify.poincare_invariant(Watching(), P, loop, dt=0.1, num_steps=20).change < 1e-5


@pytest.mark.slow
def test_float32_against_a_reference():
    y = single(SWING)
    found = certify.order(Watching(), P, y, t1=3.0, steps=(8, 16, 32, 64, 1024))
    assert abs(found.slope - 2) < 0.05
    assert found.used.tolist() == [True, True, True, True, False]
    assert certify.shadow_energy(Watching(), P, y, dt=0.2, num_steps=100, order=6).drift < 3e-4
    assert certify.phase_error(Watching(), oscillator(), y, period=2 * np.pi, steps=50).distance < 1e-4


def test_python_numbers_are_a_state():
    assert certify.energy(Verlet(), P, (1.2, 0.4), dt=0.1, num_steps=50).bound < 0.01


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_compiled_twice(name):
    traces = 0

    class Counting:
        def advance(self, system, t, h, y, args):
            nonlocal traces
            traces += 1
            return Verlet().advance(system, t, h, y, args)

    solver = Counting()
    moved = jax.tree.map(lambda x: 1.01 * x, SWING)
    other = {"order": {"steps": (8, 16, 24)}, "phase_error": {"steps": 60}}.get(name, {"dt": 0.2})
    system = P
    CALLS[name](solver, system, SWING)
    first = traces
    CALLS[name](solver, system, moved, t0=0.5, **other)
    assert 0 < first == traces
