"""A control problem that exercises everything: time, batch, nonlinearity, captured values, unequal steps."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import CheckpointedAdjoint, DirectAdjoint, ReversibleAdjoint
from geomdl.control import RK4, Euler, ImplicitMidpoint, Leapfrog, RungeKutta

DEPTH = 7


def tableau(b, c, a):
    return diffrax.ButcherTableau(
        c=np.array(c), b_sol=np.array(b), b_error=np.zeros(len(b)), a_lower=tuple(np.array(row) for row in a)
    )


EXPLICIT_MIDPOINT = tableau([0.0, 1.0], [0.5], [[0.5]])  # b_1 = 0, where the conjugate tableau does not exist

SOLVERS = {
    "Euler": Euler(),
    "RK4": RK4(),
    "midpoint": RungeKutta(EXPLICIT_MIDPOINT),
    "Tsit5": RungeKutta(diffrax.Tsit5.tableau),
    "Leapfrog": Leapfrog(),
    "damped": Leapfrog(damping=0.9),
    "ImplicitMidpoint": ImplicitMidpoint(),
}
#: Their names for tests; what shares its code with another is tested nightly.
EVERY_SOLVER = [
    pytest.param(name, marks=pytest.mark.slow if name in ("midpoint", "Tsit5", "Leapfrog") else ()) for name in SOLVERS
]
ADJOINTS = {
    "direct": DirectAdjoint(),
    "stored": CheckpointedAdjoint(segments=1),
    "tail": CheckpointedAdjoint(segments=3),  # 3 + 3 + 1 layers
    "every": CheckpointedAdjoint(segments=DEPTH),
    "reversible": ReversibleAdjoint(),
}


def make_layers(depth=DEPTH, width=4, seed=0, dtype=jnp.float64):
    k1, k2 = jax.random.split(jax.random.key(seed))
    return {
        "W": jax.random.normal(k1, (depth, width, width), dtype),
        "b": jax.random.normal(k2, (depth, width), dtype),
    }


def make_state(solver=None, batch=5, width=4, seed=1, dtype=jnp.float64):
    x = jax.random.normal(jax.random.key(seed), (batch, width), dtype)
    return (x, 0.3 * jnp.cos(x)) if isinstance(solver, Leapfrog) else x


def make_steps(depth=DEPTH):
    return jnp.linspace(0.05, 0.2, depth)


class Field(eqx.Module):
    """Depends on time, and on a parameter of its own."""

    gain: jax.Array | float

    def __call__(self, t, x, layer):
        pre = x @ layer["W"].T + jnp.broadcast_to(layer["b"], x.shape)
        return self.gain * jnp.tanh(pre) * (1.0 + 0.3 * jnp.sin(3.0 * t))


def running_cost(t, x, layer):
    leaves = jax.tree.leaves(x)
    state = sum(jnp.mean(jnp.sin(leaf) * leaf) for leaf in leaves)
    return (1.0 + t) * state + 0.05 * jnp.sum(layer["W"] ** 2)


def terminal_cost(x):
    leaves = jax.tree.leaves(x)
    return sum(jnp.mean(jnp.cos(leaf) + 0.1 * leaf**3) for leaf in leaves)


def relative_error(got, want):
    """The largest relative error over the leaves, each in the maximum norm."""
    errors = jax.tree.map(lambda g, w: float(jnp.max(jnp.abs(g - w)) / jnp.max(jnp.abs(w))), got, want)
    return max(jax.tree.leaves(errors))
