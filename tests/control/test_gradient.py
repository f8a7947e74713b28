"""The costate sweep is the exact gradient of the discrete flow, for every solver and adjoint."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import pytest
from cases import (
    ADJOINTS,
    DEPTH,
    EVERY_SOLVER,
    SOLVERS,
    Field,
    make_layers,
    make_state,
    make_steps,
    relative_error,
    running_cost,
    terminal_cost,
)

from geomdl import DirectAdjoint
from geomdl.control import Leapfrog, flow, sweep


def step_by_hand(solver, field, t, h, x, layer):
    """One layer written down once more, as a formula of its own, for reverse mode to differentiate."""
    match solver:
        case Leapfrog(damping=damping):
            y, v = x
            v = damping * v + h * field(t, y, layer)
            return y + h * v, v
        case _ if hasattr(solver, "b"):
            slopes = []
            for ai, ci in zip(solver.a, solver.c, strict=True):
                stage = x + h * sum((aij * s for aij, s in zip(ai, slopes, strict=False)), jnp.zeros_like(x))
                slopes.append(field(t + ci * h, stage, layer))
            return x + h * sum(bi * s for bi, s in zip(solver.b, slopes, strict=True))
    # Implicit midpoint, by so many iterations that reverse mode through them converges too.
    iterate = lambda stage, _: (x + h / 2 * field(t + h / 2, stage, layer), None)
    stage, _ = jax.lax.scan(iterate, x, length=60)
    return x + h * field(t + h / 2, stage, layer)


def flow_by_hand(solver, field, layers, x, steps, t0):
    def body(carry, row):
        t, x = carry
        h, layer = row
        return (t + h, step_by_hand(solver, field, t, h, x, layer)), None

    (_, x), _ = jax.lax.scan(body, (t0, x), (steps, layers))
    return x


@pytest.fixture(scope="module", params=EVERY_SOLVER)
def by_hand(request):
    """Value and gradient by plain reverse mode through the formulas."""
    solver = SOLVERS[request.param]

    @jax.jit
    def cost(gain, layers, x0, steps, t0):
        return terminal_cost(flow_by_hand(solver, Field(gain), layers, x0, steps, t0))

    arguments = (jnp.asarray(1.3), make_layers(), make_state(solver), make_steps(), jnp.asarray(0.2))
    return request.param, arguments, jax.value_and_grad(cost, argnums=(0, 1, 2, 3, 4))(*arguments)


@pytest.mark.parametrize("adjoint", [name for name in ADJOINTS if name != "every"])  # the sweep tests it
def test_gradient_is_that_of_the_discretisation(by_hand, adjoint):
    name, arguments, (value, gradient) = by_hand
    solver = SOLVERS[name]
    if adjoint == "reversible" and not solver.reversible:
        return  # its refusal is tested below
    rule = ADJOINTS[adjoint]

    @jax.jit
    def cost(gain, layers, x0, steps, t0):
        return terminal_cost(flow(Field(gain), layers, x0, steps=steps, t0=t0, solver=solver, adjoint=rule))

    got_value, got = jax.value_and_grad(cost, argnums=(0, 1, 2, 3, 4))(*arguments)
    assert abs(got_value - value) <= 1e-14 * abs(value)
    assert relative_error(got, gradient) <= 1e-12


@pytest.fixture(scope="module", params=EVERY_SOLVER)
def control_problem_by_hand(request):
    """The running cost as one more state variable, and a displacement of every state, by reverse mode."""
    solver = SOLVERS[request.param]
    layers, x0, steps = make_layers(), make_state(solver), make_steps()

    def cost(layers, shifts, steps):
        def body(carry, row):
            t, x, total = carry
            h, layer, shift = row
            x = jax.tree.map(jnp.add, x, shift)
            increment, new = cost_and_step(solver, t, h, x, layer)
            return (t + h, new, total + increment), x

        first, last = (jax.tree.map(lambda leaf, k=k: leaf[k], shifts) for k in (slice(0, DEPTH), DEPTH))
        (_, x, total), states = jax.lax.scan(body, (jnp.asarray(0.2), x0, 0.0), (steps, layers, first))
        x = jax.tree.map(jnp.add, x, last)
        states = jax.tree.map(lambda xs, x: jnp.concatenate([xs, x[None]]), states, x)
        return terminal_cost(x) + total, states

    shifts = jax.tree.map(lambda leaf: jnp.zeros((DEPTH + 1, *leaf.shape)), x0)
    differentiate = jax.jit(jax.value_and_grad(cost, argnums=(0, 1, 2), has_aux=True))
    return request.param, (layers, x0, steps), differentiate(layers, shifts, steps)


@pytest.mark.parametrize("adjoint", ADJOINTS)
def test_sweep_agrees_with_reverse_mode(control_problem_by_hand, adjoint):
    """Value, states, costates, gradient and step gradient, with a running cost."""
    name, (layers, x0, steps), ((value, states), (gradient, costates, step_gradient)) = control_problem_by_hand
    solver = SOLVERS[name]
    if adjoint == "reversible" and not solver.reversible:
        return  # its refusal is tested elsewhere
    rule = ADJOINTS[adjoint]
    s = sweep(Field(1.3), layers, x0, terminal_cost, running_cost, steps=steps, t0=0.2, solver=solver, adjoint=rule)
    assert abs(s.value - value) <= 1e-14 * abs(value)
    assert relative_error(s.states, states) <= 1e-13
    assert relative_error(s.costates, costates) <= 1e-12
    assert relative_error(s.gradient, gradient) <= 1e-12
    assert relative_error(s.step_gradient, step_gradient) <= 1e-12
    assert bool(s.result == diffrax.RESULTS.successful)


def cost_and_step(solver, t, h, x, layer):
    field = Field(1.3)
    new = step_by_hand(solver, field, t, h, x, layer)
    if isinstance(solver, Leapfrog):
        return h * running_cost(t, x, layer), new
    if not hasattr(solver, "b"):
        middle = jax.tree.map(lambda a, b: (a + b) / 2, x, new)
        return h * running_cost(t + h / 2, middle, layer), new
    slopes, total = [], 0.0
    for ai, bi, ci in zip(solver.a, solver.b, solver.c, strict=True):
        stage = x + h * sum((aij * s for aij, s in zip(ai, slopes, strict=False)), jnp.zeros_like(x))
        slopes.append(field(t + ci * h, stage, layer))
        total = total + h * bi * running_cost(t + ci * h, stage, layer)
    return total, new


@pytest.mark.parametrize("name", EVERY_SOLVER)
def test_gradient_against_finite_differences(name):
    """Central differences in a random direction of everything at once."""
    solver = SOLVERS[name]

    def cost(gain, layers, x0, steps):
        return terminal_cost(flow(Field(gain), layers, x0, steps=steps, solver=solver))

    point = (jnp.asarray(1.3), make_layers(), make_state(solver), make_steps())
    leaves, structure = jax.tree.flatten(point)
    keys = jax.random.split(jax.random.key(9), len(leaves))
    direction = structure.unflatten(
        [jax.random.normal(key, leaf.shape) for key, leaf in zip(keys, leaves, strict=True)]
    )
    slope = sum(
        jnp.vdot(g, d)
        for g, d in zip(
            jax.tree.leaves(jax.grad(cost, argnums=(0, 1, 2, 3))(*point)),
            jax.tree.leaves(direction),
            strict=True,
        )
    )

    def along(s):
        return cost(*jax.tree.map(lambda leaf, d: leaf + s * d, point, direction))

    e = 1e-3  # fourth order: truncation about 1e-12 of the value
    difference = (8 * (along(e) - along(-e)) - (along(2 * e) - along(-2 * e))) / (12 * e)
    assert abs(difference - slope) <= 1e-7 * abs(slope)


@pytest.mark.parametrize("jit", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.parametrize("adjoint", ["stored", "tail"])
@pytest.mark.parametrize("captured", ["float", "tracer", "module", "array"])
def test_gradient_of_what_the_field_closes_over(captured, adjoint, jit):
    layers, x0 = make_layers(), make_state()

    def cost(gain, rule):
        match captured:
            case "float":  # the tracer of a Python float stays weakly typed
                field = lambda t, x, u: gain * jnp.tanh(x @ u["W"].T)
            case "tracer":
                inner = jnp.sin(gain)
                field = lambda t, x, u: jnp.arcsin(inner) * jnp.tanh(x @ u["W"].T)
            case "module":
                field = eqx.tree_at(lambda f: f.gain, Field(0.0), gain)
            case "array":
                matrix = gain * jnp.eye(4)
                field = lambda t, x, u: jnp.tanh(x @ u["W"].T) @ matrix
        return terminal_cost(flow(field, layers, x0, horizon=1.0, adjoint=rule))

    def derivative(rule):
        function = jax.grad(lambda gain: cost(gain, rule))
        return (jax.jit(function) if jit else function)(0.7)

    got, want = derivative(ADJOINTS[adjoint]), derivative(DirectAdjoint())
    assert abs(want) > 1e-3
    assert abs(got - want) <= 1e-12 * abs(want)


def test_a_python_float_in_a_module_stays_a_constant():
    """Filtered differentiation of a module gives its float field no gradient, and does not fail either."""
    gradient = eqx.filter_grad(lambda field: terminal_cost(flow(field, make_layers(), make_state(), horizon=1.0)))(
        Field(0.7)
    )
    assert gradient.gain is None


def test_horizon_and_start_time_are_differentiable():
    layers, x0 = make_layers(), make_state()

    def cost(horizon, t0, rule):
        return terminal_cost(flow(Field(1.3), layers, x0, horizon=horizon, t0=t0, adjoint=rule))

    got = jax.grad(cost, argnums=(0, 1))(1.0, 0.3, None)
    want = jax.grad(cost, argnums=(0, 1))(1.0, 0.3, DirectAdjoint())
    assert relative_error(got, want) <= 1e-12


def test_forward_mode_and_hessian_vector_products():
    layers, x0 = make_layers(), make_state()

    def cost(x0, rule):
        return terminal_cost(flow(Field(1.3), layers, x0, horizon=1.0, adjoint=rule))

    direction = jnp.cos(x0)
    _, slope = jax.jvp(lambda x: cost(x, DirectAdjoint()), (x0,), (direction,))
    assert abs(slope - jnp.vdot(jax.grad(cost)(x0, None), direction)) <= 1e-12 * abs(slope)
    # Forward over reverse passes through the costate sweep, which is made of scans.
    products = [
        jax.jvp(lambda x, rule=rule: jax.grad(cost)(x, rule), (x0,), (direction,))[1]
        for rule in (DirectAdjoint(), ADJOINTS["stored"], ADJOINTS["tail"])
    ]
    assert relative_error(products[1], products[0]) <= 1e-12
    assert relative_error(products[2], products[0]) <= 1e-12


def test_forward_mode_through_an_implicit_step():
    """The derivative of the stage comes from the implicit function theorem in forward mode too."""
    solver = SOLVERS["ImplicitMidpoint"]
    layers, x0 = make_layers(), make_state()
    run = lambda x: terminal_cost(flow(Field(1.3), layers, x, horizon=1.0, solver=solver, adjoint=DirectAdjoint()))
    direction = jnp.cos(x0)
    _, slope = jax.jvp(run, (x0,), (direction,))
    by_hand = lambda x: terminal_cost(
        flow_by_hand(solver, Field(1.3), layers, x, jnp.full(DEPTH, 1 / DEPTH), jnp.asarray(0.0))
    )
    _, want = jax.jvp(by_hand, (x0,), (direction,))
    assert abs(slope - want) <= 1e-12 * abs(want)
