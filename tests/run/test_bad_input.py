"""Bad input to a run: one sentence that names the argument, before anything is compiled."""

import jax
import jax.numpy as jnp
import pytest

import geomdl as gm

PENDULUM = gm.HamiltonianSystem(
    gm.Separable(lambda t, p, args: 0.5 * jnp.sum(p**2), lambda t, q, args: -jnp.sum(jnp.cos(q)))
)
TWISTED = gm.HamiltonianSystem(lambda t, y, args: 0.5 * jnp.sum((y[0] ** 2 + 1) * (y[1] ** 2 + 1)))
Q = jnp.array([1.0, -0.5])
START = (Q, 2 * Q)

CASES = {
    "zero dt": ({"dt": 0.0}, "`dt` is zero"),
    "nan dt": ({"dt": float("nan")}, "`dt` must be finite"),
    "many dt": ({"dt": jnp.ones(3)}, "`dt` must be a single number"),
    "infinite t0": ({"t0": float("inf")}, "`t0` must be finite"),
    "negative steps": ({"num_steps": -1}, "`num_steps` must lie between 0"),
    "fractional steps": ({"num_steps": 2.5}, "`num_steps` must be an integer"),
    "no divisor": ({"save_every": 3}, "`save_every` = 3 does not divide `num_steps` = 10"),
    "zero saves": ({"save_every": 0}, "`save_every` must be at least 1"),
    "integers": ({"y0": (jnp.array([1]), jnp.array([2]))}, "`y0` must hold real floating-point"),
    "complex": ({"y0": (Q.astype(complex), Q)}, "`y0` must hold real floating-point"),
    "nothing": ({"y0": ()}, "`y0` must hold"),
    "a string": ({"y0": "q"}, "`y0` must be a pytree of arrays"),
    "no pair": ({"y0": Q}, r"`y0` must be a pair \(q, p\)"),
    "list": ({"y0": [Q, Q]}, r"`y0` must be a pair \(q, p\).*got list"),
    "unlike halves": ({"y0": (Q, Q[:1])}, "momentum must be shaped like the position"),
    "unlike dtypes": ({"y0": (Q, Q.astype(jnp.float32))}, "momentum must be shaped like the position"),
    "class for solver": ({"solver": gm.StormerVerlet}, "class `StormerVerlet`.*add brackets"),
    "no solver": ({"solver": "verlet"}, "`solver` must be a solver of geomdl"),
    "no system": ({"system": lambda t, y, args: 0.0}, "`system` must be a `HamiltonianSystem`"),
    "not separable": ({"system": TWISTED}, "`StormerVerlet` splits.*mixed second derivative.*`GaussLegendre"),
    "no adjoint": ({"adjoint": "reversible"}, "`adjoint` must be"),
    "not symmetric": (
        {"solver": gm.SymplecticEuler(), "adjoint": gm.ReversibleAdjoint()},
        "`ReversibleAdjoint` needs a symmetric solver",
    ),
    "float32 tolerance": (
        {
            "solver": gm.GaussLegendre(2, root=gm.FixedPoint(tolerance=1e-12)),
            "y0": (Q.astype(jnp.float32), Q.astype(jnp.float32)),
        },
        "`tolerance` = 1e-12 cannot be met",
    ),
    "vector hamiltonian": (
        {"system": gm.HamiltonianSystem(lambda t, y, args: y[0] ** 2 + y[1] ** 2), "solver": gm.ImplicitMidpoint()},
        "`hamiltonian` must return one real number",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_sentence(name):
    change, sentence = CASES[name]
    call = {"system": PENDULUM, "solver": gm.StormerVerlet(), "y0": START, "dt": 0.1, "num_steps": 10} | change
    with pytest.raises(gm.InputError, match=sentence) as caught:
        gm.integrate(call.pop("system"), call.pop("solver"), call.pop("y0"), **call)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: gm.GaussLegendre(0), "`stages` must be an integer from 1 to 16"),
        (lambda: gm.GaussLegendre(17), "`stages` must be an integer from 1 to 16"),
        (lambda: gm.HamiltonJacobi(order=3), "`order` must be one of 2, 4, 6, 8, got 3"),
        (lambda: gm.GeneratingFunction("IV"), '`kind` must be "I", "II" or "III"'),
        (lambda: gm.GeneratingFunction("II", order=5), "`order` must be 1, 2, 3 or 4"),
        (lambda: gm.SymplecticEuler("push"), '`first` must be "kick" or "drift"'),
        (lambda: gm.Splitting((0.5, 0.9, 0.5)), "must sum to 1 for consistency; those of the inner one sum to 0.9"),
        (lambda: gm.Splitting((0.5, 1.0)), "must alternate"),
        (lambda: gm.Composition(gm.StormerVerlet(), (1.0, 1.0), 4), "must sum to 1"),
        (lambda: gm.FixedPoint(tolerance=-1.0), "`tolerance` must be positive"),
        (lambda: gm.Newton(max_iterations=0), "`max_iterations` must be at least 1"),
        (lambda: gm.CheckpointedAdjoint(segments=0), "`segments` must be a positive integer"),
    ],
)
def test_at_construction(make, sentence):
    with pytest.raises(gm.InputError, match=sentence):
        make()


def test_a_hamiltonian_that_is_not_separable_is_refused_inside_jit():
    """There its values are not known before it runs; then it raises."""

    @jax.jit
    def run(scale):
        system = gm.HamiltonianSystem(lambda t, y, args: 0.5 * jnp.sum((y[0] ** 2 + 1) * (scale * y[1] ** 2 + 1)))
        return gm.integrate(system, gm.StormerVerlet(), START, dt=0.1, num_steps=3).ys

    with pytest.raises(Exception, match="mixed second derivative"):
        jax.block_until_ready(run(jnp.asarray(1.0)))


def test_a_separable_hamiltonian_need_not_say_so():
    """A plain callable that is T + V passes, also at the origin, and steps as the declared one does."""
    plain = gm.HamiltonianSystem(lambda t, y, args: 0.5 * jnp.sum(y[1] ** 2) - jnp.sum(jnp.cos(y[0])))
    ours = gm.integrate(plain, gm.BlanesMoan4(), START, dt=0.1, num_steps=10).ys
    declared = gm.integrate(PENDULUM, gm.BlanesMoan4(), START, dt=0.1, num_steps=10).ys
    assert jax.tree.all(jax.tree.map(lambda a, b: bool(jnp.allclose(a, b, rtol=1e-14)), ours, declared))
    rest = (jnp.zeros(2), jnp.zeros(2))
    assert float(jnp.max(jnp.abs(gm.integrate(plain, gm.StormerVerlet(), rest, dt=0.1, num_steps=3).ys[0]))) == 0
