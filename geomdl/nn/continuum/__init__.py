"""Neural fields: networks whose width is a continuum, cut by a quadrature."""

from geomdl.nn.continuum._admissible import bang_bang, reach_value, reach_value_on_cells
from geomdl.nn.continuum._bounds import distance_bound, lyapunov, mirror_energy, norm_bound, supremum_bound
from geomdl.nn.continuum._kernels import (
    AbstractKernel,
    ConvolutionKernel,
    DenseKernel,
    LowRankKernel,
    Profile,
    legendre,
    random_low_rank,
)
from geomdl.nn.continuum._net import NeuralField
from geomdl.nn.continuum._quadrature import (
    Quadrature,
    clenshaw_curtis,
    gauss_legendre,
    midpoint,
    monte_carlo,
    tensor,
)
from geomdl.nn.continuum._rate import NeuralLayer, NeuralRate
from geomdl.nn.continuum._steady import SteadyState, relu_rests, steady_state

__all__ = [
    "AbstractKernel",
    "ConvolutionKernel",
    "DenseKernel",
    "LowRankKernel",
    "NeuralField",
    "NeuralLayer",
    "NeuralRate",
    "Profile",
    "Quadrature",
    "SteadyState",
    "bang_bang",
    "clenshaw_curtis",
    "distance_bound",
    "gauss_legendre",
    "legendre",
    "lyapunov",
    "midpoint",
    "mirror_energy",
    "monte_carlo",
    "norm_bound",
    "random_low_rank",
    "reach_value",
    "reach_value_on_cells",
    "relu_rests",
    "steady_state",
    "supremum_bound",
    "tensor",
]
