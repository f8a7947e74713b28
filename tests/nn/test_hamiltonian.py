"""Hamiltonian networks: each form is what it says, and the derivative through all layers has its structure."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import DirectAdjoint, InputError, ReversibleAdjoint
from geomdl.control import Euler, ImplicitMidpoint, Leapfrog, StormerVerlet, SymplecticEuler, flow
from geomdl.nn import AntisymmetricField, CanonicalField, HamiltonianNet, PotentialField, SeparableField, TwoLayerField

KEY = jax.random.key(0)
FORMS = {  # whether the state is a pair, and how its derivative is tested
    "separable": (True, "symplectic"),
    "second-order": (True, "symplectic"),
    "canonical": (False, "symplectic"),
    "two-layer": (True, "volume"),
}


def canonical(n):
    return np.block([[np.zeros((n, n)), np.eye(n)], [-np.eye(n), np.zeros((n, n))]])


def net_of(form, depth=64, width=4, **how):
    net = HamiltonianNet(3, 2, width, depth, key=KEY, form=form, horizon=0.1 * depth, adjoint=DirectAdjoint(), **how)
    drawn = lambda leaf: leaf + 0.3 * jax.random.normal(jax.random.key(leaf.ndim), leaf.shape)
    return eqx.tree_at(lambda n: n.layers, net, jax.tree.map(drawn, net.layers))  # biases too


def derivative(net, pair):
    """Of the last state in the first, as a matrix."""
    width = net.lift.weight.shape[0]
    size = 2 * width if pair else width
    z0 = jnp.sin(jnp.arange(size, dtype=float))

    def end(z):
        x = (z[:width], z[width:]) if pair else z
        x = flow(net.field, net.layers, x, horizon=net.horizon, solver=net.solver, adjoint=DirectAdjoint())
        return jnp.concatenate(x) if pair else x

    if isinstance(net.solver, ImplicitMidpoint):
        return jax.jit(jax.jacrev(end))(z0)
    return jax.jit(jax.jacfwd(end))(z0)


@pytest.mark.parametrize("form", ["separable", "second-order", pytest.param("canonical", marks=pytest.mark.slow)])
def test_the_derivative_through_64_layers_is_symplectic(form):
    """So its singular values come in pairs s, 1/s, and the largest is at least one."""
    pair, _ = FORMS[form]
    M = np.asarray(derivative(net_of(form), pair))
    J = canonical(M.shape[0] // 2)
    s = np.linalg.svd(M, compute_uv=False)
    assert np.linalg.norm(M.T @ J @ M - J) <= 1e-12 * np.linalg.norm(M) ** 2
    np.testing.assert_allclose(s * s[::-1], 1, rtol=1e-10 * s[0] ** 2)
    assert s[0] > 1.5


def test_explicit_euler_has_no_such_structure():
    """The control: the same layers of the canonical form."""
    net = net_of("canonical", solver=Euler())
    M = np.asarray(derivative(net, False))
    J = canonical(2)
    assert np.linalg.norm(M.T @ J @ M - J) > 0.1
    assert abs(np.linalg.det(M) - 1) > 0.1


@pytest.mark.parametrize("solver", [SymplecticEuler(), StormerVerlet()])
def test_two_layers_keep_volume_and_with_one_matrix_their_own_form(solver):
    net = net_of("two-layer", 16, solver=solver)
    M = np.asarray(derivative(net, True))
    assert abs(np.linalg.det(M) - 1) <= 1e-12 * np.linalg.norm(M) ** 2
    same = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf[:1], leaf.shape), net.layers.weight)
    net = eqx.tree_at(lambda n: n.layers.weight, net, same)
    M, A = np.asarray(derivative(net, True)), np.asarray(same[0])
    K = np.block([[np.zeros_like(A), A], [-A.T, np.zeros_like(A)]])
    assert np.linalg.norm(M.T @ K @ M - K) <= 1e-12 * np.linalg.norm(M) ** 2 * np.linalg.norm(K)
    assert np.linalg.norm(M - np.eye(8)) > 1


def by_hand(form, x, layer):
    """The fields, written down in NumPy."""
    s = np.tanh
    match form:
        case "separable":
            (y, v), A1, A2 = x, layer.potential, layer.kinetic
            return A2.weight.T @ s(A2.weight @ v + A2.bias), -A1.weight.T @ s(A1.weight @ y + A1.bias)
        case "second-order":
            return -layer.weight.T @ s(layer.weight @ x + layer.bias)
        case "canonical":
            return canonical(len(x) // 2) @ (layer.weight.T @ s(layer.weight @ x + layer.bias))
        case "two-layer":
            y, v = x
            return s(layer.weight @ v + layer.bias), -s(layer.weight.T @ y + layer.other_bias)
        case "antisymmetric":
            return s((layer.weight - layer.weight.T) @ x + layer.bias)


@pytest.mark.parametrize("form", [*FORMS, "antisymmetric"])
def test_fields_are_those_of_the_table(form):
    net = net_of(form, 2)
    layer = jax.tree.map(lambda leaf: leaf[1], net.layers)
    random = np.random.default_rng(1)
    x = random.standard_normal((2, 4))
    state = (x[0], x[1]) if isinstance(net.field, SeparableField | TwoLayerField) else x[0]
    got = net.field(jnp.asarray(0.0), jax.tree.map(jnp.asarray, state), layer)
    want = by_hand(form, state, jax.tree.map(np.asarray, layer))
    for g, w in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-13, atol=1e-15)


def test_damping_shifts_the_spectrum():
    layer = jax.tree.map(lambda leaf: leaf[0], net_of("antisymmetric", 1).layers)
    linear = lambda damping: jax.jacfwd(AntisymmetricField(damping, lambda x: x), argnums=1)(
        jnp.asarray(0.0), jnp.ones(4), layer
    )
    np.testing.assert_allclose(np.linalg.eigvals(linear(0.0)).real, 0, atol=1e-14)
    np.testing.assert_allclose(np.linalg.eigvals(linear(0.25)).real, -0.25, rtol=1e-13)


@pytest.mark.parametrize("form", ["separable", pytest.param("two-layer", marks=pytest.mark.slow)])
def test_networks_learn_and_reverse_bit_by_bit(form):
    net = HamiltonianNet(2, 1, 8, 6, key=KEY, form=form, adjoint=ReversibleAdjoint(exact=True))
    x = jax.random.normal(jax.random.key(1), (64, 2))
    target = x[:, :1] * x[:, 1:]
    loss = lambda net: jnp.mean((net(x) - target) ** 2)

    @eqx.filter_jit
    def step(net):
        value, gradient = eqx.filter_value_and_grad(loss)(net)
        return jax.tree.map(lambda a, g: a - 0.1 * g if eqx.is_inexact_array(a) else a, net, gradient), value

    first = float(loss(net))
    for _ in range(100):
        net, value = step(net)
    assert float(value) < 0.6 * first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"form": "seperable"}, "`form` must be one of separable"),
        ({"form": "canonical", "width": 5}, "`width` must be even"),
        ({"form": "second-order", "solver": SymplecticEuler()}, "does not fit the form 'second-order': take Leapfrog"),
        ({"form": "separable", "solver": Leapfrog()}, "does not fit the form 'separable': take SymplecticEuler"),
        ({"form": "canonical", "solver": StormerVerlet()}, "does not fit the form 'canonical': take ImplicitMidpoint"),
        ({"depth": 0}, "`depth` must be at least 1"),
    ],
)
def test_bad_choices_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        HamiltonianNet(3, 2, **{"width": 4, "depth": 3, **arguments}, key=KEY)


def test_the_force_has_a_potential():
    """Its Jacobian is symmetric, and that of the canonical field is J times a symmetric matrix."""
    layer = jax.tree.map(lambda leaf: leaf[0], net_of("second-order", 1).layers)
    x = jnp.linspace(-1, 1, 4)
    force = jax.jacfwd(PotentialField(), argnums=1)(jnp.asarray(0.0), x, layer)
    np.testing.assert_allclose(force, force.T, atol=1e-14)
    flow_of = canonical(2).T @ np.asarray(jax.jacfwd(CanonicalField(), argnums=1)(jnp.asarray(0.0), x, layer))
    np.testing.assert_allclose(flow_of, flow_of.T, atol=1e-14)
    assert np.linalg.norm(force) > 0.1
