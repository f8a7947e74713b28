"""The networks that `geomdl train --net` knows."""

from collections.abc import Callable
from typing import Any

import equinox as eqx

from geomdl import nn
from geomdl._errors import require
from geomdl.cli._choices import ADJOINTS, SOLVERS
from geomdl.control import discretise
from geomdl.nn.continuum import gauss_legendre

#: Polynomials of a neural field, at most.
MODES = 16


def network(
    name: str, sizes: tuple[int, int], shape: dict[str, Any], solver: str, adjoint: str, update: str
) -> nn.AbstractResNet:
    """The network that the options describe; `shape` holds width, depth, horizon and key."""
    require(name in NETS, f"`--net` must be one of {', '.join(NETS)}, got {name}.")
    discrete = update in ("ternary", "binary")
    require(
        not discrete or name == "resnet", f"`--update {update}` needs layers that are affine in them: --net resnet."
    )
    return NETS[name](sizes, shape, solver, ADJOINTS[adjoint], update if discrete else None)


def _residual(sizes: tuple, shape: dict, solver: str, adjoint: Any, discrete: str | None) -> nn.AbstractResNet:
    """`ResNet`, or `MomentumResNet` with --solver leapfrog; discrete weights want the activation first."""
    layer_solver = SOLVERS[solver]
    if layer_solver is None:
        require(
            discrete is None,
            f"`--update {discrete}` needs layers that are affine in their weights: no --solver leapfrog.",
        )
        return nn.MomentumResNet(*sizes, **shape, adjoint=adjoint)
    net = nn.ResNet(*sizes, **shape, solver=layer_solver, adjoint=adjoint, preactivation=discrete is not None)
    if discrete is None:
        return net
    return eqx.tree_at(lambda n: n.layers.weight, net, discretise(net.layers.weight, discrete))


def _neural_field(sizes: tuple, shape: dict, solver: str, adjoint: Any, discrete: str | None) -> nn.AbstractResNet:
    """Neurons at Gauss's nodes, as many as the width."""
    layer_solver = SOLVERS[solver]
    require(layer_solver is not None, "`--net neural-field` has no momentum: take another --solver than leapfrog.")
    assert layer_solver is not None
    width = shape.pop("width")
    modes, nodes = min(MODES, width), gauss_legendre(width)
    return nn.NeuralField(*sizes, modes, **shape, quadrature=nodes, solver=layer_solver, adjoint=adjoint)


def _hamiltonian(sizes: tuple, shape: dict, solver: str, adjoint: Any, discrete: str | None) -> nn.AbstractResNet:
    """The separable form, by symplectic Euler."""
    require(solver == "euler", "`--net hamiltonian` brings its solver, symplectic Euler: leave out --solver.")
    return nn.HamiltonianNet(*sizes, **shape, adjoint=adjoint)


def _contractive(sizes: tuple, shape: dict, solver: str, adjoint: Any, discrete: str | None) -> nn.AbstractResNet:
    """By any solver whose weights are positive."""
    layer_solver = SOLVERS[solver]
    require(layer_solver is not None, "`--net contractive` has no momentum: take another --solver than leapfrog.")
    assert layer_solver is not None
    return nn.ContractiveNet(*sizes, **shape, solver=layer_solver, adjoint=adjoint)


#: How each is made.
NETS: dict[str, Callable[..., nn.AbstractResNet]] = {
    "resnet": _residual,
    "neural-field": _neural_field,
    "hamiltonian": _hamiltonian,
    "contractive": _contractive,
}
