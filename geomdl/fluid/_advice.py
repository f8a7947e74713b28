"""Whether the rule of layers and nodes says anything of a problem, and what."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geomdl.fluid._costs import variation
from geomdl.fluid._problem import MeanFieldControl
from geomdl.fluid._solution import MeanFieldSolution
from geomdl.fluid._stability import Background, min_layers

#: Parts of the pressure that a local energy does not explain, from which on it counts as one of distant places.
LOCAL = 1e-3


class LayerAdvice(NamedTuple):
    """What `layer_advice` finds: how many layers, or `None` with the reason why the rule says nothing."""

    layers: int | None
    reason: str

    def __str__(self) -> str:
        """A sentence."""
        if self.layers is None:
            return f"does not apply: {self.reason}"
        return f"{self.layers} layer{'' if self.layers == 1 else 's'} or more: {self.reason}"


def layer_advice(problem: MeanFieldControl | None, solution: MeanFieldSolution | None = None) -> LayerAdvice:
    r"""How many layers the rule of `min_layers` asks of a problem, if it applies.

    It is about waves of sound in a fluid that is marched. So it needs a running cost that depends on the density, at
    the same place alone, and that draws examples together ($e = -F$ convex, $c^2 = \rho e''$); no noise, or the osmotic
    effort; and a flow on a line that is slower than sound. Where control has noise or shuns crowds, the equations are
    elliptic in time and solved from both ends: any number of layers is stable there, and decides on accuracy alone.
    Where it applies, a wave of number k has a conjugate point at $T = \pi/(2 c k)$, from which on such a flow is
    stationary and no minimum.

    **Arguments:**

    - `problem`: a `MeanFieldControl`; `None` is the training of a network by its examples' loss.
    - `solution`: of the problem, for the density and the velocity at all times; `None` takes the first density at rest.

    **Returns:** a `LayerAdvice`; `str` makes a sentence of it.
    """
    if problem is None or problem.running is None:
        return LayerAdvice(
            None, "no running cost depends on the density of the examples, so that there is no pressure and no sound"
        )
    if float(problem.nu) > 0 and not problem.osmotic:
        return LayerAdvice(
            None,
            "noise makes the equations elliptic in time (kappa = -nu^2), they are solved from both ends, and layers "
            "decide on accuracy alone",
        )
    if problem.domain.dim > 1:
        return LayerAdvice(None, "it is derived for a line, and this is a plane")
    rho = jax.vmap(problem.total)(problem.rho0[None] if solution is None else solution.rho)
    bend, distant = _energy(problem, rho)
    if distant > LOCAL:
        return LayerAdvice(None, "the pressure at a place depends on the density elsewhere")
    if not np.any(bend):
        return LayerAdvice(None, "the running cost is linear in the density, so that there is no pressure and no sound")
    if np.min(bend * np.asarray(rho)) < 0:
        return LayerAdvice(
            None,
            "an aversion to crowds makes the equations elliptic in time, they are solved from both ends, and layers "
            "decide on accuracy alone",
        )
    sound = np.sqrt(bend * np.asarray(rho))
    speed = np.zeros_like(sound) if solution is None else _speed(problem, solution)
    if np.any(speed >= sound):
        return LayerAdvice(None, "the flow is as fast as sound somewhere; look at `stable` itself")
    state = Background(speed.ravel(), sound.ravel(), np.asarray(rho).ravel())
    (nodes,), length = problem.domain.nodes, problem.domain.high[0] - problem.domain.low[0]
    nu = float(problem.nu) if problem.osmotic else 0.0
    enough = min_layers(nodes, float(problem.horizon), length, state, nu)
    fastest = float(np.max(speed + sound))
    return LayerAdvice(enough, f"a wave, of speed {fastest:.3g}, must not cross one of the {nodes} nodes in a layer")


def _energy(problem: MeanFieldControl, rho: jax.Array) -> tuple[np.ndarray, float]:
    """e'' of each time and cell, and which part of the pressure comes from elsewhere."""
    ts = jnp.linspace(0, problem.horizon, rho.shape[0]).astype(rho.dtype)
    push = jnp.asarray(np.random.default_rng(0).choice([-1.0, 1.0], rho.shape[1:]), rho.dtype)

    def both(t: jax.Array, r: jax.Array) -> tuple[jax.Array, jax.Array]:
        felt = lambda by: -jax.jvp(lambda r: variation(problem.running, t, r, problem.domain), (r,), (by,))[1]
        return felt(jnp.ones_like(r)), felt(push) * push

    with_all, alone = (np.asarray(part) for part in jax.vmap(both)(ts, rho))
    return with_all, float(np.max(np.abs(with_all - alone)) / max(np.max(np.abs(alone)), 1e-300))


def _speed(problem: MeanFieldControl, solution: MeanFieldSolution) -> np.ndarray:
    """The larger of the speeds on both faces of a cell, at the times of the densities."""
    (u,) = (np.abs(np.asarray(part)) for part in solution.velocity)
    u = np.concatenate([u, u[-1:]])
    if problem.domain.periodic:
        return np.maximum(u, np.roll(u, 1, axis=1))
    wall = np.zeros_like(u[:, :1])
    return np.maximum(np.concatenate([u, wall], axis=1), np.concatenate([wall, u], axis=1))
