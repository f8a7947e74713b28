"""Bad input to a run: one sentence that names the argument, before anything is compiled."""

import diffrax
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
    "a word for dt": ({"dt": "0.1"}, "`dt` must be a real number"),
    "complex dt": ({"dt": 1j}, "`dt` must be a real number"),
    "dt too small": ({"t0": 1e18}, "`dt` = 0.1 is lost against `t0`"),
    "nan start": ({"y0": (Q * jnp.nan, Q)}, "`y0` holds infinite numbers or NaN"),
    "a problem": ({"system": gm.problems.pendulum()}, "got `Problem`: use its `.system`"),
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


ENDS = {
    "integrate": lambda system, args: gm.integrate(system, gm.KahanLi8(), START, dt=0.1, num_steps=3, args=args).ys,
    "diffeqsolve": lambda system, args: diffrax.diffeqsolve(system, gm.KahanLi8(), 0.0, 0.3, 0.1, START, args=args).ys,
}
COUPLED = {
    "always": lambda t, y, a: 0.5 * jnp.sum((y[0] ** 2 + 1) * (a * y[1] ** 2 + 1)),
    "not yet": lambda t, y, a: jnp.sum(y[0] ** 2 + y[1] ** 2) + a * jnp.where(t > 5, 1.0, 0.0) * jnp.sum(y[0] * y[1]),
    "elsewhere": lambda t, y, a: jnp.sum(y[0] ** 2 + y[1] ** 2) + a * jnp.sum(jax.nn.relu(y[0] - 8) ** 3 * y[1] ** 2),
    "in a function": jax.jit(lambda t, y, a: 0.5 * jnp.sum((y[0] ** 2 + 1) * (a * y[1] ** 2 + 1))),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("coupling", COUPLED)
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_no_coupling_is_overlooked(end, coupling, strength):
    """Also one that is zero at the start, or for the parameters at hand: its derivative would be wrong; also in jit."""
    system = gm.HamiltonianSystem(COUPLED[coupling])
    with pytest.raises(gm.InputError, match="mixed second derivative"):
        ENDS[end](system, strength)
    with pytest.raises(gm.InputError, match="mixed second derivative"):
        jax.jit(lambda strength: ENDS[end](system, strength))(strength)


def test_a_sum_that_cannot_be_seen_has_to_be_declared():
    """Joined and taken apart again; then the message says what to write."""
    joined = gm.HamiltonianSystem(lambda t, y, args: 0.5 * jnp.sum(jnp.concatenate(y) ** 2))
    with pytest.raises(
        gm.InputError, match=r"vanishes at `y0`.*write `Separable\(kinetic, potential\)` if it is a sum"
    ):
        ENDS["integrate"](joined, None)


def test_a_constraint_that_moves_is_refused():
    growing = gm.ConstrainedSystem(
        gm.Separable(lambda t, p, args: 0.5 * jnp.sum(p**2), lambda t, q, args: q[1]),
        lambda t, q, args: jnp.sum(q**2)[None] - (1 + 0.1 * t) ** 2,
    )
    with pytest.raises(gm.InputError, match="`constraint` depends on time"):
        gm.integrate(growing, gm.Rattle(), (jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])), dt=0.1, num_steps=3)


@pytest.mark.slow
def test_a_start_off_the_constraint_is_refused_inside_diffrax():
    """There values are traced: it raises when it runs."""
    system = gm.ConstrainedSystem(
        gm.Separable(lambda t, p, args: 0.5 * jnp.sum(p**2), lambda t, q, args: q[1]),
        lambda t, q, args: jnp.sum(q**2)[None] - 1,
    )
    start = (jnp.array([1.1, 0.0]), jnp.array([0.0, 1.0]))
    with pytest.raises(Exception, match="violates the constraint"):
        diffrax.diffeqsolve(system, gm.Rattle(), 0.0, 1.0, 0.1, start)
    on_it = diffrax.diffeqsolve(system, gm.Rattle(), 0.0, 1.0, 0.1, system.project(start))
    assert abs(float(jnp.sum(on_it.ys[0][0] ** 2)) - 1) < 1e-13


@pytest.mark.parametrize("adjoint", [gm.DirectAdjoint(), gm.CheckpointedAdjoint()])
def test_adjoints_that_are_not_for_diffrax_say_so(adjoint):
    with pytest.raises(gm.InputError, match=r"is for `integrate`; in `diffeqsolve` use `diffrax\."):
        diffrax.diffeqsolve(PENDULUM, gm.StormerVerlet(), 0.0, 1.0, 0.1, START, adjoint=adjoint)


def test_a_separable_hamiltonian_need_not_say_so():
    """A plain callable that is T + V passes, under jit too, also at the origin, and steps as the declared one does."""
    plain = gm.HamiltonianSystem(jax.jit(lambda t, y, args: 0.5 * jnp.sum(y[1] ** 2) - jnp.sum(jnp.cos(y[0]))))
    ours = gm.integrate(plain, gm.BlanesMoan4(), START, dt=0.1, num_steps=10).ys
    declared = gm.integrate(PENDULUM, gm.BlanesMoan4(), START, dt=0.1, num_steps=10).ys
    assert jax.tree.all(jax.tree.map(lambda a, b: bool(jnp.allclose(a, b, rtol=1e-14)), ours, declared))
    rest = (jnp.zeros(2), jnp.zeros(2))
    assert float(jnp.max(jnp.abs(gm.integrate(plain, gm.StormerVerlet(), rest, dt=0.1, num_steps=3).ys[0]))) == 0
