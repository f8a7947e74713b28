"""What an equation and a grid refuse, and how states are filled in."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import field

WAVE = {"pairs_t": [("u", "v", 1)], "pairs_x": [("u", "w", -1)], "names": ("u", "v", "w")}
density = lambda t, x, z, args: z.v**2 / 2 - z.w**2 / 2 + z.u**4 / 4


def test_the_matrices_are_skew_and_those_of_the_action():
    equation = field.Multisymplectic(S=density, **WAVE)
    np.testing.assert_array_equal(equation.M, [[0, -1, 0], [1, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(equation.K[0], [[0, 0, 1], [0, 0, 0], [-1, 0, 0]])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"names": ("u", "v")}, "`pairs_x` has a pair \\(u, w\\); the components are `u`, `v`"),
        ({"names": ("u", "u", "w")}, "`names` must be two or more different identifiers"),
        ({"pairs_t": []}, "`pairs_t` is empty"),
        ({"pairs_x": [("u", "u", 1)]}, "pairs `u` with itself"),
        ({"pairs_x": [("u", "w", np.nan)]}, "coefficient nan"),
        ({"S": 3.0}, "`S` must be a function"),
        ({"S": lambda t, x, z, args: jnp.stack([z.u, z.v])}, "`S` must return a real number"),
        ({"pairs_t": [("u", "v")]}, "A pair is \\(a, b, c\\), two components and a number"),
        ({"S": lambda t, x, z, args: z.velocity**2}, "`S` reads `z.velocity`, but the components are `u`, `v`, `w`"),
        ({"given": ("q",)}, "`given` names `q`"),
        ({"names": ("u", "v", "w", "s")}, "does not determine `s`"),
        (
            {"names": ("u", "v", "w", "s"), "S": lambda t, x, z, args: density(t, x, z, args) + z.s},
            "The equations of `s` contradict each other",
        ),
    ],
)
def test_equations_that_cannot_be_are_explained(change, sentence):
    with pytest.raises(gm.InputError, match=sentence):
        field.Multisymplectic(**({"S": density} | WAVE | change))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((2, 1.0), "`n` must be an integer of at least 3"),
        ((11.0, 1.0), "`n` must be an integer"),
        ((11, -1.0), "`length` must be a positive number"),
        (((11, 11), 1.0), "`length` must be a positive number for each of the 2"),
        ((11, 1.0, np.inf), "`start` must be a number"),
    ],
)
def test_grids_that_cannot_be(arguments, sentence):
    with pytest.raises(gm.InputError, match=sentence):
        field.PeriodicGrid(*arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [((11, 1.0, "open"), "`ends` must be"), ((3, 1.0), "at least 4"), ((11, 0.0), "`length`")],
)
def test_intervals_that_cannot_be(arguments, sentence):
    with pytest.raises(gm.InputError, match=sentence):
        field.IntervalGrid(*arguments)


def test_states_that_do_not_fit():
    system = field.FieldSystem(field.sine_gordon(), field.PeriodicGrid(21, length=10.0))
    cases = [
        ({"u": 0.0}, "there is no `v`"),
        ({"u": 0.0, "v": 0.0, "speed": 1.0}, "no variable `speed`"),
        ({"u": np.zeros(20), "v": 0.0}, "`u` has the shape \\(20,\\), the grid \\(21,\\)"),
        ({"u": np.nan, "v": 0.0}, "`u` holds infinite numbers"),
        ({"u": 1j, "v": 0.0}, "must be real"),
        ({"u": "high", "v": 0.0}, "`u` must be an array"),
    ]
    for fields, sentence in cases:
        with pytest.raises(gm.InputError, match=sentence):
            system.initial(**fields)
    with pytest.raises(gm.InputError, match="a `Fields`: use"):
        gm.integrate(system, field.PreissmanBox(), jnp.zeros((3, 21)), dt=0.1, num_steps=1)
    with pytest.raises(gm.InputError, match="`grid` has 2 dimension"):
        field.FieldSystem(field.sine_gordon(), field.PeriodicGrid((5, 5), length=(1.0, 1.0)))
    with pytest.raises(gm.InputError, match="`symbol` must be one of 'tan', 'sin', 'spectral'"):
        field.FieldSystem(field.sine_gordon(), field.PeriodicGrid(5, length=1.0), symbol="exact")
    with pytest.raises(gm.InputError, match="`FieldSystem`"):
        gm.integrate(gm.problems.kepler().system, field.PreissmanBox(), gm.problems.kepler().y0, dt=0.1, num_steps=1)
    with pytest.raises(gm.InputError, match="no field problem `nsl`; there are wave"):
        field.load("nsl")


FILLED = ("nls", "kdv", "camassa-holm", "quantum-fluid")
CYCLE = [name for name in field.NAMES if name != "sine-gordon-kink"]


@pytest.mark.parametrize("name", [n if n in FILLED else pytest.param(n, marks=pytest.mark.slow) for n in CYCLE])
def test_states_are_filled_in_consistently(name):
    """Every equation without a time derivative holds at the start, with the derivative of the box."""
    problem = field.load(name, n=(27, 15) if field.load(name).system.equation.dimension == 2 else 45)
    system, y = problem.system, problem.y0
    residual = np.asarray(system.gradient(jnp.asarray(0.0), y.z, None) - system.in_space(y))
    rows = ~problem.system.equation.M.any(axis=1)
    assert np.abs(residual[rows]).max(initial=0) < 1e-10 * max(1, np.abs(residual).max())
    variables = system.physical(y)
    for key, value in problem.start.items():
        np.testing.assert_allclose(variables[key], value, atol=1e-12)


def test_states_that_contradict_the_equation_are_refused():
    """What has no time derivative must hold at the start: nothing would bring it about later."""
    wave = field.FieldSystem(field.sine_gordon(), field.PeriodicGrid(21, length=10.0))
    with pytest.raises(gm.InputError, match="The equation of `w` without a time derivative does not hold"):
        wave.initial(u=0.0, v=0.0, w=5.0)
    kdv = field.kdv()
    wrong = lambda space, f, t, args: kdv.complete(space, f, t, args) | {"phi": space.antiderivative(-f["u"])}
    equation = field.Multisymplectic(
        kdv.pairs_t, kdv.pairs_x, kdv.S, kdv.names, given=("u",), complete=wrong, potentials=("phi",)
    )
    problem = field.load("kdv", n=45)
    with pytest.raises(gm.InputError, match="correct `complete=` and the signs of the pairs"):
        field.FieldSystem(equation, problem.system.grid).initial(**problem.start)
    fine = field.FieldSystem(field.kdv(), field.PeriodicGrid(10_935, length=40.0))
    fine.initial(u=np.cosh(np.asarray(fine.grid.x)) ** -2.0)
    fine.initial(u=np.float32(np.cosh(np.asarray(fine.grid.x)) ** -2.0))


def test_numbers_and_arrays_of_another_precision():
    wave = field.FieldSystem(field.sine_gordon(), field.PeriodicGrid(21, length=10.0))
    assert wave.initial(u=jnp.zeros(21, jnp.float32), v=0.0).z.dtype == jnp.float64
    assert wave.initial(u=jnp.zeros(21, jnp.float32), v=jnp.zeros(21, jnp.float32)).z.dtype == jnp.float32


def test_a_potential_grows_by_the_mean_of_its_slope():
    problem = field.load("kdv", n=45)
    y = problem.system.initial(u=problem.start["u"] + 0.7)
    mean = np.mean(problem.start["u"] + 0.7)
    np.testing.assert_allclose(y.slope[0], mean, rtol=1e-14)
    run = gm.integrate(problem.system, problem.solver, y, dt=0.01, num_steps=20)
    u = problem.system.physical(run.ys)["u"]
    np.testing.assert_allclose(np.mean(u, axis=1), mean, rtol=1e-12)
    assert np.abs(u[1] - u[0]).max() > 0.1


def test_a_potential_that_s_sees_is_refused():
    S = lambda t, x, z, args: z.v**2 / 2 - z.u * z.w + z.u**3 + z.phi**2
    kdv = field.kdv()
    equation = field.Multisymplectic(kdv.pairs_t, kdv.pairs_x, S, kdv.names, potentials=("phi",))
    system = field.FieldSystem(equation, field.PeriodicGrid(45, length=20.0))
    y0 = field.load("kdv", n=45).y0
    with pytest.raises(gm.InputError, match="`S` depends on `phi`, which is among `potentials`"):
        gm.integrate(system, field.PreissmanBox(), y0, dt=0.01, num_steps=1)


def test_the_method_of_lines_is_for_periodic_grids():
    problem = field.load("sine-gordon-kink", n=45)
    with pytest.raises(gm.InputError, match="method of lines is for periodic grids"):
        problem.system.vf(0.0, problem.y0, None)


def test_eulers_box_refuses_what_is_coupled_over_the_grid():
    for name in ("kdv", "camassa-holm", "bbm"):
        problem = field.load(name, n=45)
        with pytest.raises(gm.InputError, match=r"not explicit for this equation.*Use `PreissmanBox\(\)`"):
            gm.integrate(problem.system, field.EulerBox(), problem.y0, dt=0.01, num_steps=1)
    problem = field.load("sine-gordon", n=45)
    with pytest.raises(gm.InputError, match="`M_plus` less its transpose must be"):
        gm.integrate(problem.system, field.EulerBox(M_plus=np.eye(3)), problem.y0, dt=0.01, num_steps=1)
    with pytest.raises(gm.InputError, match=r"`M_plus` must be a matrix of shape \(3, 3\)"):
        gm.integrate(problem.system, field.EulerBox(M_plus=np.eye(2)), problem.y0, dt=0.01, num_steps=1)


@pytest.mark.slow
def test_the_flow_of_a_fluid_with_a_mean():
    """The method of lines: m = rho u changes with both of its factors, the mean of u among them."""
    problem = field.load("shallow-water", n=27)
    system, x = problem.system, problem.system.grid.x
    y = system.initial(rho=1 + 0.2 * jnp.cos(x), u=0.4 + 0.1 * jnp.sin(x))
    rho_t, phi_t, m_t = system.vf(0.0, y, None).z
    now = system.physical(y)
    np.testing.assert_allclose(m_t, rho_t * now["u"] + now["rho"] * system.derivative(phi_t), atol=1e-12)


def test_symbols_on_any_number_of_points():
    """ "sin" is the central difference; a wave of alternating signs has no derivative, and no integral."""
    for n in (9, 10):
        grid = field.PeriodicGrid(n, length=2.0)
        f = jnp.asarray(np.random.default_rng(n).standard_normal(n))
        central = (jnp.roll(f, -1) - jnp.roll(f, 1)) / (2 * grid.spacing[0])
        np.testing.assert_allclose(grid.derivative(f, "sin"), central, atol=1e-13)
    alternating = jnp.asarray((-1.0) ** np.arange(10))
    plane = field.PeriodicGrid((10, 10), length=(2.0, 2.0))
    both = alternating[:, None] * jnp.ones((1, 10))
    for kind in ("tan", "sin", "spectral"):
        np.testing.assert_allclose(grid.derivative(alternating, kind), 0, atol=1e-12)
        np.testing.assert_allclose(grid.antiderivative(alternating, kind)[0], 0, atol=1e-12)
        np.testing.assert_allclose(plane.derivative(both, kind), 0, atol=1e-12)
        np.testing.assert_allclose(plane.derivative(both.T, kind, 1), 0, atol=1e-12)
        np.testing.assert_allclose(plane.antiderivative(both, kind)[0], 0, atol=1e-12)


def test_an_interval_differentiates_what_it_integrates():
    grid = field.IntervalGrid(20, 3.0)
    f = jnp.asarray(np.random.default_rng(0).standard_normal(20))
    there = grid.antiderivative(f)[0]
    np.testing.assert_allclose(jnp.diff(there) / grid.spacing[0], (f[1:] + f[:-1]) / 2, atol=1e-13)
    back = grid.derivative(there)
    np.testing.assert_allclose((back[1:] + back[:-1]) / 2, (f[1:] + f[:-1]) / 2, atol=1e-12)
    cubic = lambda x: x**3 - x
    slope = grid.derivative(cubic(grid.x))
    np.testing.assert_allclose(slope, 3 * grid.x**2 - 1, atol=0.2)  # no alternating part of its own
    assert np.abs(np.diff(slope, 2)).max() < 0.4


@pytest.mark.slow
def test_eulers_box_of_another_split_has_its_own_adjoint():
    """A step of -h of the one undoes a step of h of the other."""
    problem = field.load("shallow-water", n=40)
    default = field.EulerBox().split(problem.system, problem.y0, None)
    assert default.M_plus[1, 0] != 0 or default.M_plus[0, 1] != 0
    assert default.K_plus[0][1, 2] == 1
    box = field.EulerBox(K_plus=-default.K_plus[0].T)
    y0 = box.settle(problem.system, problem.y0)
    there = gm.integrate(problem.system, box, y0, dt=0.02, num_steps=1).ys
    there = jax.tree.map(lambda leaf: leaf[-1], there)
    back = gm.integrate(problem.system, box.adjoint(problem.system), there, dt=-0.02, num_steps=1).ys
    np.testing.assert_allclose(back.z[-1, :2], y0.z[:2], atol=1e-13)
    assert np.abs(there.z - y0.z).max() > 1e-4


def test_one_half_that_fails_is_enough():
    class Stuck(field.EulerBox):
        def advance(self, system, t, h, y, args):
            return super().advance(system, t, h, y, args)._replace(converged=jnp.asarray(False))

    problem = field.load("shallow-water", n=40)
    with pytest.raises(gm.IntegrationError, match="did not converge"):
        gm.integrate(problem.system, field.SymmetricEulerBox(Stuck()), problem.y0, dt=0.01, num_steps=1)
