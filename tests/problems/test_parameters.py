"""Names, options, derivatives with respect to parameters, and the few functions beside the problems."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from geomdl import InputError, problems


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("keppler", {}, "`name` is 'keppler'.*kepler"),
        ("kepler", {"excentricity": 0.1}, "`excentricity` is no option of the problem kepler; give eccentricity"),
        ("solar_system", {"n": 3}, "`n` is no option of the problem solar_system; it takes none"),
        ("kepler", {"eccentricity": 1.0}, r"`eccentricity` is 1.0; give a finite number with 0 <= eccentricity < 1"),
        ("kepler", {"eccentricity": -0.1}, "`eccentricity`"),
        ("kepler", {"eccentricity": float("nan")}, "`eccentricity`"),
        ("kepler", {"eccentricity": np.zeros(2)}, "`eccentricity`"),
        ("pendulum", {"angle": 3.2}, "`angle` is 3.2; give a finite number with -pi < angle < pi"),
        ("pendulum", {"frequency": 0}, "`frequency`"),
        ("double_pendulum", {"angles": (1.0, 2.0, 3.0)}, "`angles` .* give 2 finite numbers"),
        ("double_pendulum", {"masses": (1.0, 0.0)}, "`masses`"),
        ("double_pendulum", {"lengths": (1.0, -1.0)}, "`lengths`"),
        ("double_pendulum", {"gravity": float("inf")}, "`gravity`"),
        ("henon_heiles", {"energy": 0.2}, "`energy` is 0.2; .* 0.00533 < energy < 1/6"),
        ("henon_heiles", {"energy": 0.001}, "`energy`"),
        ("fput", {"n": 1}, "`n` is 1; give a whole number, 2 or larger"),
        ("fput", {"alpha": float("nan")}, "`alpha`"),
        ("toda", {"n": 1}, "`n`"),
        ("toda", {"amplitude": float("inf")}, "`amplitude`"),
        ("lotka_volterra", {"prey": 0.0}, "`prey`"),
        ("lotka_volterra", {"predators": -1.0}, "`predators`"),
        ("lotka_volterra", {"rates": (1.0, 1.0, 1.0)}, "`rates`"),
        ("charged_particle", {"magnetic": 0.0}, "`magnetic` is 0.0; give a finite number with magnetic != 0"),
        ("charged_particle", {"electric": (1.0,)}, "`electric`"),
        ("charged_particle_axial", {"charge": float("nan")}, "`charge`"),
        ("nonseparable", {"start": float("nan")}, "`start`"),
        ("rigid_body", {"inertia": (1.0, 2.0)}, "`inertia` .* give 3 finite numbers"),
        ("rigid_body", {"inertia": (1.0, 2.0, 0.0)}, "`inertia`"),
        ("rigid_body", {"inertia": (2.0, 2.0, 2.0)}, "`inertia` .* inertia > 0, not all equal"),
        ("rigid_body", {"momentum": (0.0, 0.0, 0.0)}, "`momentum`"),
        ("rigid_body", {"momentum": (0.0, 1.0, 0.0)}, "`momentum` .* on the separatrix"),
        ("rigid_body", {"inertia": (1.0, 2.0, 4.0), "momentum": (1.0, 3.0, 2**0.5)}, "`momentum` .* on the separatrix"),
        ("heavy_top", {"inertia": (1.0, -2.0, 1.0)}, "`inertia`"),
        ("heavy_top", {"centre": (1.0, 2.0)}, "`centre`"),
        ("heavy_top", {"momentum": (1.0, 2.0)}, "`momentum`"),
        ("heavy_top", {"direction": (0.0, 0.0, 0.0)}, "`direction`"),
        ("kovalevskaya_top", {"inertia": -1.0}, "`inertia`"),
        ("kovalevskaya_top", {"weight": float("nan")}, "`weight`"),
        ("lagrange_top", {"inertia": (1.0, 1.0, 2.0)}, "`inertia`"),
        ("lagrange_top", {"tilt": 0.0}, "`tilt` is 0.0; give a finite number with 0 < tilt < pi"),
        ("lagrange_top", {"spin": 0.0, "precession": 0.0}, "`tilt` = 1.0.*passes through the vertical"),
        ("lagrange_top", {"weight": 0.0, "spin": 0.0, "precession": 0.0}, "`tilt` = 1.0.*does not move"),
        ("rigid_body_4", {"moments": (1.0, 1.0, 1.0, 0.0)}, "`moments`"),
        ("rigid_body_4", {"momentum": np.ones(5)}, "`momentum`"),
        ("toda_lie_poisson", {"n": 1}, "`n`"),
        ("toda_lie_poisson", {"amplitude": float("inf")}, "`amplitude`"),
        ("spin_chain", {"n": 2}, "`n` is 2; give a whole number, 3 or larger"),
        ("spin_chain", {"waves": -1}, "`waves`"),
        ("spin_chain", {"n": 4, "spins": np.ones((3, 3))}, r"`spins` .* in an array of shape \(4, 3\)"),
        ("spin_chain", {"n": 3, "spins": np.diag([1.0, 1.0, 0.0])}, "`spins` .* spins not 0"),
        ("vortices_plane", {"n": 1}, "`n`"),
        ("vortices_plane", {"strengths": (1.0, 0.0, 1.0)}, "`strengths`"),
        ("vortices_plane", {"n": 4, "strengths": (1.0, 1.0, 1.0)}, "`strengths`"),
        ("vortices_plane", {"positions": np.zeros((3, 3))}, "`positions`"),
        ("vortices_plane", {"positions": np.zeros((3, 2))}, "`positions` .* no two of them at the same place"),
        ("vortices_sphere", {"latitude": 2.0}, "`latitude`"),
        ("vortices_sphere", {"strengths": 0.0}, "`strengths`"),
        ("vortices_sphere", {"n": 2, "positions": np.ones((2, 2))}, "`positions`"),
        ("vortices_sphere", {"n": 2, "positions": np.ones((2, 3))}, "`positions` .* no two of them in the same direc"),
        ("lotka_volterra_3", {"interactions": (0.0, 0.0, 0.0)}, "`interactions`"),
        ("lotka_volterra_3", {"equilibrium": (1.0, 0.0, 1.0)}, "`equilibrium`"),
        ("lotka_volterra_3", {"populations": (1.0, 1.0, -1.0)}, "`populations`"),
        ("affine_layers", {"d": 0}, "`d`"),
        ("affine_layers", {"particles": 0}, "`particles`"),
        ("affine_layers", {"q": np.zeros((2, 4))}, r"`q` .* in an array of shape \(4, 2\)"),
        ("affine_layers", {"p": [[1.0], [2.0, 3.0]]}, "`p`"),
    ],
)
def test_bad_input_is_named(name, options, words):
    with pytest.raises(InputError, match=words):
        problems.load(name, **options)


def test_a_flow_refuses_bad_parameters():
    with pytest.raises(InputError, match="`strength`"):
        problems.KeplerFlow(strength=-1.0)
    with pytest.raises(InputError, match="`mass`"):
        problems.KeplerFlow(mass=[1.0, 0.0])


def test_names():
    assert problems.load("henon-heiles", energy=0.1).name == "henon_heiles"
    names = problems.NAMES + problems.NONCANONICAL
    assert len(set(names)) == len(names)
    assert all(problems.load(name).name == name for name in names)
    assert all(getattr(problems, name)().name == name for name in problems.NAMES)
    assert all(callable(getattr(problems, name)) for name in problems.NONCANONICAL)


def test_a_reference_belongs_to_its_parameters():
    assert problems.kepler(0.6).reference is not None
    assert problems.kepler(0.5).reference is None
    assert problems.toda(4).reference is None
    assert problems.henon_heiles(0.1).reference is None
    assert problems.affine_layers().reference is not None
    assert problems.affine_layers(p=np.ones((4, 2))).reference is None
    regular, chaotic = problems.henon_heiles(1 / 12), problems.henon_heiles(1 / 8)
    assert float(jnp.abs(regular.reference[1][0] - chaotic.reference[1][0]).max()) > 1e-3


OPTIONS = {
    "pendulum": {"angle": 1.0, "frequency": 1.3},
    "double_pendulum": {"angles": (1.0, 0.5), "masses": (1.0, 2.0), "lengths": (1.0, 0.7), "gravity": 2.0},
    "kepler": {"eccentricity": 0.3},
    "henon_heiles": {"energy": 0.1},
    "fput": {"alpha": 0.2, "beta": 0.1, "amplitude": 0.8},
    "toda": {"amplitude": 0.8},
    "lotka_volterra": {"rates": (1.0, 1.2, 2.0, 0.9), "prey": 2.0, "predators": 1.5},
    "charged_particle": {"magnetic": 1.2, "electric": (0.1, 0.2)},
    "charged_particle_axial": {"charge": 0.1},
    "nonseparable": {"start": 0.7},
    "rigid_body": {"inertia": (1.0, 3.0, 2.2), "momentum": (0.3, -0.2, 1.0)},
    "heavy_top": {
        "inertia": (1.0, 2.0, 3.0),
        "centre": (0.1, 0.2, 0.3),
        "momentum": (0.5, 0.1, 1.0),
        "direction": (0.1, 0.2, 1.0),
    },
    "lagrange_top": {"inertia": (1.0, 0.4), "weight": 1.1, "tilt": 0.8, "spin": 3.0, "precession": 0.3},
    "kovalevskaya_top": {
        "inertia": 1.2,
        "weight": 0.7,
        "momentum": (0.5, 0.1, 1.0),
        "direction": (0.1, 0.2, 1.0),
    },
    "rigid_body_4": {"moments": (1.0, 2.0, 2.5, 4.0), "momentum": (0.3, 1.0, 0.2, 0.5, 0.4, -0.6)},
    "toda_lie_poisson": {"amplitude": 0.8},
    "spin_chain": {"exchange": 0.8, "anisotropy": 0.1, "tilt": 0.7},
    "vortices_plane": {"strengths": 0.7},
    "vortices_sphere": {"strengths": 0.7, "latitude": 0.3},
    "lotka_volterra_3": {
        "interactions": (1.0, -0.8, 0.5),
        "equilibrium": (1.0, 1.1, 0.9),
        "populations": (1.0, 2.0, 0.4),
    },
    "affine_layers": {"q": np.linspace(-1, 1, 8).reshape(4, 2), "p": np.cos(np.arange(8.0)).reshape(4, 2)},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_problem_can_be_made_from_traced_parameters(name):
    """The velocity at the start depends on the parameters as finite differences say, under jit too."""

    @jax.jit
    def velocity(options):
        problem = problems.load(name, **options)
        assert problem.reference is None
        return jax.tree.leaves(problem.system.vf(0.0, problem.y0, None))

    point = jax.tree.map(jnp.asarray, OPTIONS[name])
    slope = jax.tree.map(jnp.ones_like, point)
    found = jax.jvp(velocity, (point,), (slope,))[1]
    ends = [velocity(jax.tree.map(lambda x, s=sign: x + s * 1e-6, point)) for sign in (1, -1)]
    for a, plus, minus in zip(found, *ends, strict=True):
        np.testing.assert_allclose(a, (plus - minus) / 2e-6, rtol=1e-6, atol=1e-8)
    assert max(float(jnp.max(jnp.abs(a))) for a in found) > 1e-3


@pytest.mark.parametrize("name", ["spin_chain", "vortices_plane", "lagrange_top"])
def test_a_problem_with_known_parameters_can_be_made_under_jit(name):
    made = []

    @jax.jit
    def velocity(t):
        problem = problems.load(name)
        made.append(sorted(problem.constants))
        return problem.system.vf(t, problem.y0, None)

    outside = problems.load(name)
    np.testing.assert_allclose(velocity(0.0), outside.system.vf(0.0, outside.y0, None), rtol=1e-13, atol=1e-15)
    assert made == [sorted(outside.constants)]


SOLUTIONS = {
    "pendulum": {"angle": 1.0, "frequency": 1.3},
    "kepler": {"eccentricity": 0.3},
    "charged_particle": {"magnetic": 1.2, "electric": (0.1, 0.2)},
    "nonseparable": {"start": 0.7},
    "toda": {"amplitude": 0.8},
} | {
    name: OPTIONS[name]
    for name in ("rigid_body", "lagrange_top", "toda_lie_poisson", "spin_chain", "vortices_plane", "vortices_sphere")
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name == "lagrange_top" else ()) for name in SOLUTIONS]
)
def test_the_solution_can_be_differentiated(name):
    def number(options):
        problem = problems.load(name, **options, **({"n": 2} if name == "toda" else {}))
        return ravel_pytree(problem.solution(2.0))[0][0]

    point = jax.tree.map(jnp.asarray, SOLUTIONS[name])
    found = jax.jit(jax.jacrev(number))(point)
    number = jax.jit(number)
    plus, minus = (number(jax.tree.map(lambda x, s=sign: x + s * 1e-6, point)) for sign in (1, -1))
    np.testing.assert_allclose(sum(jnp.sum(leaf) for leaf in jax.tree.leaves(found)), (plus - minus) / 2e-6, rtol=1e-6)
    assert all(bool(jnp.all(leaf != 0)) for leaf in jax.tree.leaves(found))


def test_every_parameter_of_a_system_has_a_gradient():
    for name in problems.NAMES + problems.NONCANONICAL:
        problem = problems.load(name)

        @eqx.filter_jit
        @eqx.filter_grad
        def speed(system, y0=problem.y0):
            y = (y0[0] + 0.1, y0[1]) if isinstance(y0, tuple) else y0
            return sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(system.vf(0.3, y, None)))

        for leaf in jax.tree.leaves(speed(problem.system)):
            assert bool(jnp.all(jnp.isfinite(leaf)) & jnp.any(leaf != 0)), name


def test_modes_add_up_to_the_harmonic_energy():
    problem = problems.fput(n=7, alpha=0.0)
    rng = np.random.default_rng(2)
    y = (jnp.asarray(rng.standard_normal(7)), jnp.asarray(rng.standard_normal(7)))
    np.testing.assert_allclose(jnp.sum(problems.fput_modes(y)), problem.invariants["energy"](0.0, y, None), rtol=1e-14)
    start = problems.fput_modes(problem.y0)
    np.testing.assert_allclose(start[0], jnp.sum(start), rtol=1e-14)


def test_populations():
    problem = problems.lotka_volterra(prey=3.0, predators=0.5)
    prey, predators = problems.populations(problem.y0)
    np.testing.assert_allclose((prey[0], predators[0]), (3.0, 0.5), rtol=1e-15)
    q, p = problem.system.vf(0.0, problem.y0, None)
    np.testing.assert_allclose(q * prey, prey * (1 - predators), rtol=1e-14)
    np.testing.assert_allclose(p * predators, -predators * (2 - prey), rtol=1e-14)


def test_the_lax_matrix():
    n = 4
    problem = problems.toda(n)
    rng = np.random.default_rng(4)
    y = (jnp.asarray(rng.standard_normal(n)), jnp.asarray(rng.standard_normal(n)))
    lax = problems.lax_matrix(y)
    np.testing.assert_array_equal(lax, lax.T)
    np.testing.assert_allclose(2 * jnp.trace(lax @ lax), problem.invariants["energy"](0.0, y, None), rtol=1e-14)
    eigenvalues = jnp.linalg.eigvalsh(lax)
    traces = [jnp.sum(eigenvalues**k) for k in range(1, n + 1)]
    np.testing.assert_allclose(problem.invariants["lax_traces"](0.0, y, None), traces, rtol=1e-12, atol=1e-12)
    # n independent functions in involution: the lattice is integrable.
    along_q, along_p = jax.jit(jax.jacrev(lambda y: problem.constants["lax_traces"](0.0, y, None)))(y)
    assert np.linalg.matrix_rank(np.concatenate([along_q, along_p], axis=1)) == n
    brackets = np.asarray(along_q) @ np.asarray(along_p).T
    np.testing.assert_allclose(brackets, brackets.T, atol=1e-11)
