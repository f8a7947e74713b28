"""Ways to solve Preissman's box agree; where a step has no solution, an error names the remedy."""

import chex
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import field
from geomdl.field.box._reduction import Boxes, expand, factorise, reduce
from geomdl.field.box._wellposed import next_odd

ROOTS = [field.NewtonKrylov(), field.CyclicReduction(), field.CyclicReduction(local=True)]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sine-gordon", "kdv"])
@pytest.mark.parametrize("root", ROOTS, ids=str)
def test_roots_agree(name, root):
    problem = field.load(name, n=45)
    march = lambda root: gm.integrate(
        problem.system, field.PreissmanBox(root), problem.y0, dt=problem.dt, num_steps=5
    ).ys.z[-1]
    gauge = slice(1, 3) if name == "kdv" else slice(None)  # the potential and its partner have a free constant
    np.testing.assert_allclose(march(root)[gauge], march(field.Fourier())[gauge], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("count", [1, 7, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 3, 16, 23))])
def test_a_chain_of_boxes_is_solved(count, equal):
    """Against the dense matrix."""
    rng = np.random.default_rng(count)
    d, blocks = 3, 1 if equal else count
    boxes = Boxes(*(jnp.asarray(rng.standard_normal((d, d, blocks))) for _ in range(2)))
    values = jnp.asarray(rng.standard_normal((d, count + 1)))
    product = lambda block, z: jnp.einsum("ijn,jn->in", jnp.broadcast_to(block, (d, d, count)), z)
    chain = factorise(boxes, count)
    whole, kept = reduce(chain, product(boxes.left, values[:, :-1]) + product(boxes.right, values[:, 1:]))
    left, right = (block[..., 0] for block in chain.whole)
    np.testing.assert_allclose(left @ values[:, :1] + right @ values[:, -1:], whole, atol=1e-12)
    np.testing.assert_allclose(expand(chain, kept, values[:, :1], values[:, -1:]), values, atol=1e-11)


@pytest.mark.slow
def test_a_long_chain_is_stable():
    """Shooting over so many boxes would overflow: each doubles one direction and halves another."""
    count = 4096
    left, right = np.diag([2.0, 1.0]), -np.diag([1.0, 2.0])
    boxes = Boxes(*(jnp.asarray(block)[..., None] for block in (left, right)))
    values = jnp.asarray(np.random.default_rng(0).standard_normal((2, count + 1)))
    chain = factorise(boxes, count)
    _, kept = reduce(chain, jnp.asarray(left) @ values[:, :-1] + jnp.asarray(right) @ values[:, 1:])
    np.testing.assert_allclose(expand(chain, kept, values[:, :1], values[:, -1:]), values, atol=1e-12)


@pytest.mark.slow
def test_an_even_number_of_points_works_where_k_is_regular():
    """On the corners, by cyclic reduction, with order 2 against the solution."""
    errors = []
    for n, dt, steps in ((256, 0.02, 25), (512, 0.01, 50)):
        problem = field.load("nls", n=n)
        run = gm.integrate(
            problem.system, field.PreissmanBox(field.CyclicReduction()), problem.y0, dt=dt, num_steps=steps
        )
        errors.append(problem.error(run.ts[-1], jax.tree.map(lambda leaf: leaf[-1], run.ys)))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize(
    ("name", "n", "root", "sentence"),
    [
        ("sine-gordon", 100, field.Fourier(), "100 is even.*Take 105"),
        ("kdv", 512, field.NewtonKrylov(), "512 is even.*Take 525"),
        ("sine-gordon", 100, field.CyclicReduction(), "its K is singular.*Take 105"),
        ("sine-gordon-kink", 101, field.Fourier(), "use `PreissmanBox\\(root=CyclicReduction"),
        ("wave-2d", (15, 15), field.CyclicReduction(), "one dimension of space"),
    ],
)
def test_singular_steps_are_refused(name, n, root, sentence):
    problem = field.load(name, n=n)
    with pytest.raises(gm.InputError, match=sentence):
        gm.integrate(problem.system, field.PreissmanBox(root), problem.y0, dt=0.01, num_steps=1)


@pytest.mark.parametrize("root", [field.Fourier(), pytest.param(field.CyclicReduction(), marks=pytest.mark.slow)])
def test_a_potential_with_the_wrong_slope_is_noticed(root):
    """No step could be consistent with it: the flag says so, and nothing drifts in silence."""
    problem = field.load("kdv", n=45)
    y0 = eqx.tree_at(lambda y: y.slope, problem.y0, problem.y0.slope + 0.1)
    with pytest.raises(gm.IntegrationError, match="did not converge"):
        gm.integrate(problem.system, field.PreissmanBox(root), y0, dt=0.01, num_steps=1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "root"),
    [("kdv", field.Fourier()), ("kdv", field.CyclicReduction()), ("sine-gordon-kink", field.CyclicReduction())],
    ids=str,
)
def test_tables_are_turned(name, root):
    """Those of -h can be had from those of h."""
    problem = field.load(name, n=45)
    of = lambda h: root.tables(problem.system, jnp.asarray(0.0), jnp.asarray(h), problem.y0, None)
    found, wanted = root.turned(of(0.3), problem.system), of(-0.3)
    if isinstance(root, field.CyclicReduction):
        found, wanted = (found.boxes, found.rows), (wanted.boxes, wanted.rows)
    chex.assert_trees_all_close(found, wanted, atol=1e-10)


@pytest.mark.slow
def test_steps_start_where_the_last_one_points_to():
    """Which saves iterations, and changes nothing else."""
    problem, dt = field.load("sine-gordon", n=135), jnp.asarray(0.05)
    box = field.PreissmanBox(field.Fourier(tolerance=1e-10))
    run = gm.integrate(problem.system, box, problem.y0, dt=dt, num_steps=12)
    step = eqx.filter_jit(lambda t, y: box.advance(problem.system, t, dt, y, None))
    y, iterations = problem.y0, 0
    for k in range(12):
        alone = step(dt * k, y)
        y, iterations = alone.state, iterations + alone.iterations
    assert run.stats["num_iterations"] <= iterations - 3
    np.testing.assert_allclose(run.ys.z[-1], y.z, atol=1e-7)


def test_a_step_too_long_for_the_iteration_is_flagged():
    problem = field.load("kdv", n=45)
    run = gm.integrate(problem.system, problem.solver, problem.y0, dt=5.0, num_steps=1, throw=False)
    assert run.stats["num_failed_solves"] == 1


@pytest.mark.slow
def test_newtons_method_takes_steps_that_fourier_cannot():
    problem = field.load("kdv", n=105)
    march = lambda root: gm.integrate(
        problem.system, field.PreissmanBox(root), problem.y0, dt=0.2, num_steps=3, throw=False
    )
    assert march(field.Fourier()).stats["num_failed_solves"] > 0
    found, other = march(field.NewtonKrylov()), march(field.CyclicReduction(local=True))
    assert found.stats["num_failed_solves"] == other.stats["num_failed_solves"] == 0
    np.testing.assert_allclose(found.ys.z[-1, 1], other.ys.z[-1, 1], atol=1e-9)


@pytest.mark.parametrize("n", [4, 100, 1000, 65_536])
def test_the_next_fast_odd_number(n):
    found = next_odd(n)
    assert found >= n
    rest = found
    for prime in (3, 5, 7):
        while rest % prime == 0:
            rest //= prime
    assert rest == 1
    between = (3**a * 5**b * 7**c for a in range(12) for b in range(8) for c in range(7))
    assert not any(n <= other < found for other in between)


@pytest.mark.parametrize(("ends", "sign"), [("dirichlet", -1.0), pytest.param("neumann", 1.0, marks=pytest.mark.slow)])
def test_a_wave_is_reflected_at_the_ends(ends, sign):
    """Dirichlet: a bump comes back upside down; Neumann: upright. And no energy has gone through the ends."""
    length, t1, steps = 10.0, 10.0, 250
    bump = lambda x: np.exp(-((x) ** 2) * 2)
    system = field.FieldSystem(field.linear_wave(), field.IntervalGrid(201, length, ends))
    x = np.asarray(system.grid.x)
    y0 = system.initial(u=bump(x), v=4 * x * bump(x))
    run = gm.integrate(system, field.PreissmanBox(field.CyclicReduction()), y0, dt=t1 / steps, num_steps=steps)
    u = np.asarray(system.physical(run.ys)["u"][-1])
    np.testing.assert_allclose(u, sign * bump(x), atol=0.02)
    energy = lambda z: jnp.sum(((z[1:, 1:] + z[1:, :-1]) / 2) ** 2)
    np.testing.assert_allclose(energy(run.ys.z[-1]), energy(y0.z), rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "solver", "n", "dt"),
    [
        ("sine-gordon", field.PreissmanBox(), 135, 0.05),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                ("sine-gordon", field.EulerBox(), 135, 0.05),
                ("sine-gordon", field.PreissmanBox(field.CyclicReduction()), 135, 0.05),
                ("sine-gordon", gm.Composition(field.PreissmanBox(), gm.solver.SUZUKI_4, 4), 135, 0.05),
                ("kdv", field.PreissmanBox(), 135, 0.01),
                ("nls", field.PreissmanBox(field.NewtonKrylov()), 135, 0.02),
                ("quantum-fluid", field.PreissmanBox(), 45, 0.01),
                ("zakharov-kuznetsov", field.PreissmanBox(), (45, 27), 0.02),
            )
        ),
    ],
    ids=str,
)
def test_float32_runs(name, solver, n, dt):
    problem = field.load(name, n=n)
    single = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), problem.y0)
    march = lambda y0: gm.integrate(problem.system, solver, y0, dt=dt, num_steps=20).ys.z[-1]
    assert march(single).dtype == jnp.float32
    variable = list(problem.system.equation.names).index(next(iter(problem.system.equation.given or ("u",))))
    scale = float(jnp.abs(problem.y0.z[variable]).max())
    np.testing.assert_allclose(march(single)[variable], march(problem.y0)[variable], atol=5e-4 * max(1.0, scale))
