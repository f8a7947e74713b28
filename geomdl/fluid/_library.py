"""Problems to begin with, by name."""

import inspect
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from geomdl import data
from geomdl._errors import require
from geomdl.fluid._adjoint import AdjointLBFGS
from geomdl.fluid._classification import Classification, classification
from geomdl.fluid._costs import Congestion, Potential
from geomdl.fluid._grid import Grid
from geomdl.fluid._problem import MeanFieldControl
from geomdl.fluid._quadratic import GaussianOptimum, linear_quadratic
from geomdl.fluid._stage import AbstractMeanFieldSolver


class FluidProblem(eqx.Module):
    """A problem with a name; made by `load`.

    - `problem`: the `MeanFieldControl`.
    - `layers`: how many show it well.
    - `optimum`: its solution in closed form, where there is one.
    - `solver`: which one solves it as well as its picture needs.
    - `task`: the classification, if it is one, whose `problem` this is.
    """

    name: str = eqx.field(static=True)
    summary: str = eqx.field(static=True)
    problem: MeanFieldControl
    layers: int = eqx.field(static=True)
    optimum: GaussianOptimum | None = None
    solver: AbstractMeanFieldSolver = AdjointLBFGS()
    task: Classification | None = None


def load(name: str, nodes: Any = None, **settings: Any) -> FluidProblem:
    """A problem by its name, one of `NAMES`.

    **Arguments:**

    - `name`: of the problem.
    - `nodes`: how many cells, along each axis; `None` is enough.
    - `settings`: parameters of the problem, such as `nu` or `strength`.

    **Errors:** `InputError` for another name, and for a parameter that the problem does not have.
    """
    has = parameters(name)
    for given in settings:
        require(given in has, f"`{given}` is no parameter of {name}, which has {', '.join(sorted(has))}.")
    return _MAKERS[name](nodes, **settings)


def parameters(name: str) -> frozenset[str]:
    """The names of the parameters of a problem."""
    require(name in _MAKERS, f"There is no problem `{name}`; the problems are {', '.join(NAMES)}.")
    return frozenset(inspect.signature(_MAKERS[name]).parameters) - {"nodes"}


def _variance(nodes: Any, nu: float = 0.5, share: float = 1.0, horizon: float = 1.0) -> FluidProblem:
    problem, optimum = linear_quadratic(Grid(_cells(nodes, 128), -4.0, 4.0), nu=nu, share=share, horizon=horizon)
    summary = "a Gaussian that is pulled to the origin and kept together"
    return FluidProblem("variance", summary, problem, 128, optimum)


def _steering(nodes: Any, nu: float = 0.5, weight: float = 4.0, horizon: float = 1.0) -> FluidProblem:
    problem, optimum = linear_quadratic(
        Grid(_cells(nodes, 128), -4.0, 4.0), pull=0.0, spread=0.0, final_pull=weight, final_spread=0.0, nu=nu,
        mean=-1.0, variance=0.3, horizon=horizon,
    )  # fmt: skip
    return FluidProblem("steering", "a Gaussian that is steered to the origin", problem, 128, optimum)


def _congestion(nodes: Any, nu: float = 0.5, strength: float = 10.0, horizon: float = 1.0) -> FluidProblem:
    problem = MeanFieldControl(
        Congestion(strength),
        Potential(lambda x: 2 * (x[0] - 1) ** 2),
        nu,
        _bump(-1.0, 0.3),
        horizon,
        Grid(_cells(nodes, 128), -3.0, 3.0),
    )
    return FluidProblem("congestion", "a crowd that moves to the right and avoids being dense", problem, 64)


def _two_ways(nodes: Any, nu: float = 0.1, horizon: float = 1.0) -> FluidProblem:
    problem = MeanFieldControl(
        None,
        Potential(lambda x: 4 * (x[0] ** 2 - 1) ** 2),
        nu,
        _bump(0.0, 0.3),
        horizon,
        Grid(_cells(nodes, 128), -3.0, 3.0),
    )
    return FluidProblem("two-ways", "one crowd that parts for two places", problem, 64)


def _obstacle(nodes: Any, nu: float = 0.15, strength: float = 0.5, horizon: float = 1.0) -> FluidProblem:
    problem = MeanFieldControl(
        Potential(lambda x: 20 * jnp.exp(-8 * jnp.sum(x**2))) + Congestion(strength),
        Potential(lambda x: 3 * jnp.sum((x - jnp.asarray([1.2, 0.0], x.dtype)) ** 2)),
        nu,
        _bump((-1.2, 0.0), 0.25),
        horizon,
        Grid(_cells(nodes, (40, 40)), -2.0, 2.0),
    )
    return FluidProblem("obstacle", "a crowd in the plane that goes round an obstacle", problem, 20)


def _classes(make: Callable[[], data.Dataset], words: str) -> Callable[..., FluidProblem]:
    def maker(nodes: Any, nu: float = 0.02, weight: float = 4.0, horizon: float = 1.0) -> FluidProblem:
        examples = make()
        task = classification(examples, _cells(nodes, (40, 40)), nu=nu, weight=weight, horizon=horizon)
        solver = AdjointLBFGS(order=1, tolerance=1e-2)
        return FluidProblem(examples.name, words, task.problem, 24, solver=solver, task=task)

    return maker


def _cells(nodes: Any, usual: Any) -> Any:
    if nodes is None:
        return usual
    return (nodes, nodes) if isinstance(usual, tuple) and isinstance(nodes, int) else nodes


def _bump(centre: Any, width: float) -> Callable[[Array], Array]:
    return lambda x: jnp.exp(-jnp.sum((x - jnp.asarray(centre, x.dtype)) ** 2) / (2 * width**2))


_MAKERS: dict[str, Callable[..., FluidProblem]] = {
    "variance": _variance,
    "steering": _steering,
    "congestion": _congestion,
    "two-ways": _two_ways,
    "obstacle": _obstacle,
    "moons": _classes(data.moons, "two half moons that are drawn apart"),
    "rings": _classes(data.rings, "a ring that opens and lets a disc out"),
    "spirals": _classes(data.spirals, "two spirals that are cut and sorted"),
}

#: The names that `load` knows.
NAMES = tuple(_MAKERS)
