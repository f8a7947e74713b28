"""Networks that bring examples no further apart, and what that certifies."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from geomdl._errors import require
from geomdl.control import AbstractLayerSolver, AbstractRungeKutta, Euler, ImplicitMidpoint
from geomdl.nn._base import AbstractDenseNet
from geomdl.nn._dense import DenseLayer
from geomdl.nn._hamiltonian_fields import pulled
from geomdl.run import AbstractAdjoint

#: What is this little below zero is zero, up to round-off.
ZERO = 1e-12


def circle_radius(solver: AbstractLayerSolver) -> float:
    r"""The radius r of circle contractivity: a step brings no two states further apart while $h \le 2r/L$, for every
    field with $\langle f(x) - f(y), x - y\rangle \le -\tfrac1L |f(x) - f(y)|^2$.

    $r = -1/\lambda_{\min}$ of $B^{-1/2}(BA + A^TB - bb^T)B^{-1/2}$ with $B = \operatorname{diag} b$, infinite if it is
    not negative: 1 for Euler and RK4, $\infty$ for the implicit midpoint rule.

    **Arguments:** `solver`: a Runge-Kutta layer of `control`.
    **Errors:** `InputError` if a weight $b_i$ is not positive: then no step is safe, however short.
    **Source:** Dahlquist & Jeltsch, *Generalized disks of contractivity* (1979).
    """
    if isinstance(solver, ImplicitMidpoint):
        a, b = np.asarray([[0.5]]), np.ones(1)
    else:
        require(
            isinstance(solver, AbstractRungeKutta),
            f"`solver` must be a Runge-Kutta layer or ImplicitMidpoint(), got {solver}.",
        )
        assert isinstance(solver, AbstractRungeKutta)
        b = np.asarray(solver.b)
        a = np.asarray(solver.a).reshape(len(b), len(b))
    require(
        bool(np.all(b > 0)),
        f"`solver` has weights that are not positive, {b.tolist()}: it may bring states apart however short the step. "
        "Take Euler(), RK4(), or a tableau with positive weights.",
    )
    root = np.sqrt(b)
    matrix = (b[:, None] * a + a.T * b[None] - np.outer(b, b)) / root[:, None] / root[None]
    least = float(np.linalg.eigvalsh(matrix).min())
    return float("inf") if least >= -ZERO else -1 / least


class ContractiveField(eqx.Module):
    r"""$f(t, x, (A, b)) = -\tilde A^T \sigma(\tilde A x + b)$ with $\tilde A = A\,\min(1, \ell/\|A\|_2)$: minus the
    gradient of a convex function, for $0 \le \sigma' \le 1$.

    **Arguments:** `limit`: $\ell$. **Cost:** a singular value decomposition for each evaluation of a layer.
    """

    limit: float = eqx.field(static=True)
    activation: Callable[[Array], Array] = eqx.field(static=True, default=jnp.tanh)

    def limited(self, weight: Float[Array, "width width"]) -> Float[Array, "width width"]:
        """The matrix that is used."""
        size = jnp.linalg.norm(weight, 2)
        return weight * jnp.minimum(1, jnp.asarray(self.limit, size.dtype) / size)

    def __call__(
        self, t: Float[Array, ""], x: Float[Array, "*batch width"], layer: DenseLayer
    ) -> Float[Array, "*batch width"]:
        """Evaluate."""
        return -pulled(self.limited(layer.weight), layer.bias, x, self.activation)


class ContractiveNet(AbstractDenseNet):
    r"""A residual network whose layers bring no two examples further apart, $|x_{k+1} - y_{k+1}| \le |x_k - y_k|$.

    Each layer is a step of a gradient flow, with a matrix no larger than the step allows, $h\|A\|^2 \le 2r$ for the
    circle radius r of the solver. So the network is Lipschitz with $\|\text{lift}\|\,\|\text{readout}\|$, whatever its
    depth, which `certified_radius` makes a bound of every attack.

    **Arguments:** as for `ResNet`, with

    - `activation`: with $0 \le \sigma' \le 1$, such as tanh or ReLU.
    - `solver`: with positive weights. For `ImplicitMidpoint()` there is no limit.

    **Source:** Celledoni, Ehrhardt, Etmann, McLachlan, Owren, Schönlieb & Sherry, *European J. Appl. Math.* 32 (2021),
    for the layers; Dahlquist & Jeltsch (1979) for the step.
    """

    def __init__(
        self,
        in_size: int,
        out_size: int,
        width: int = 64,
        depth: int = 20,
        *,
        key: PRNGKeyArray,
        horizon: float | int = 1.0,
        activation: Callable[[Array], Array] = jnp.tanh,
        solver: AbstractLayerSolver = Euler(),  # noqa: B008 - immutable
        adjoint: AbstractAdjoint | None = None,
    ):
        require(depth >= 1, f"`depth` must be at least 1, got {depth}.")
        limit = float(np.sqrt(2 * circle_radius(solver) * depth / horizon))
        field = ContractiveField(limit, activation)
        self._build(in_size, out_size, width, depth, key, horizon, field, DenseLayer.stack, "fixed", solver, adjoint)

    @property
    def lipschitz(self) -> Float[Array, ""]:
        """A Lipschitz constant of the whole network, in Euclidean norms."""
        return jnp.linalg.norm(self.lift.weight, 2) * jnp.linalg.norm(self.readout.weight, 2)

    def certified_radius(self, x: Float[Array, "*batch in"]) -> Float[Array, "*batch"]:
        r"""How far every feature may move together, in the Euclidean norm, without any other class winning.

        $\min_k (z_c - z_k)/(\|r_c - r_k\|\,\|\text{lift}\|)$ for logits z, their largest c, and rows r of the readout.
        """
        z = self(x)
        rows = self.readout.weight
        top = jnp.argmax(z, axis=-1)
        apart = jnp.linalg.norm(rows[:, None] - rows[None], axis=-1)[top]
        margin = jnp.max(z, axis=-1, keepdims=True) - z
        other = jax.nn.one_hot(top, z.shape[-1], dtype=z.dtype) == 0
        bound = margin / jnp.where(other, apart, 1) / jnp.linalg.norm(self.lift.weight, 2)
        return jnp.min(jnp.where(other, bound, jnp.inf), axis=-1)
