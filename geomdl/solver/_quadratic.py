"""The differential of S of order 4 in closed form, where H is a polynomial of degree two on a Lie-Poisson space."""

from typing import Any

import jax
from jaxtyping import Array, PyTree

from geomdl._dependence import depends
from geomdl.structure import LiePoisson
from geomdl.system import HamiltonianSystem


def has_closed_form(system: HamiltonianSystem, t: Array, x: PyTree, args: Any) -> bool:
    """Whether the Hessian of H is seen not to depend on x, nor its gradient on t, in the chart of the exponential."""
    structure = system.structure
    if not (isinstance(structure, LiePoisson) and structure.chart == "exp"):
        return False
    gradient = lambda t, x: system.gradient(t, x, args)
    hessian = lambda x, u: jax.jvp(lambda x: gradient(t, x), (x,), (u,))[1]
    return not depends(hessian, x, x) and not depends(gradient, t, x)


def closed_form(system: HamiltonianSystem, t: Array, h: Array, x: Array, args: Any) -> Array:
    r"""$dS = h w + \tfrac{h^3}{12} ([w, v] - Q \operatorname{ad}^*_v x)$, $w = dH(x)$, $v = Q \operatorname{ad}^*_w x$.

    Q is the Hessian, and S that of `averaged`, $h H + \tfrac{h^3}{24} \langle \operatorname{ad}^*_w x, v \rangle$. Both
    brackets change sign on the right-invariant structure.
    """
    structure: Any = system.structure
    w, hessian = jax.linearize(lambda x: system.gradient(t, x, args), x)
    v = hessian(structure.sharp(x, w))
    bracket = structure.algebra.bracket(structure.signed(w), v)
    return h * w + h**3 / 12 * (bracket - hessian(structure.sharp(x, v)))
