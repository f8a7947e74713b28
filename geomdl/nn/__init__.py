"""Networks whose layers are run, and trained, by the Pontryagin sweep."""

from geomdl.nn import continuum
from geomdl.nn._base import AbstractDenseNet, AbstractResNet
from geomdl.nn._contractive import ContractiveField, ContractiveNet, circle_radius
from geomdl.nn._dense import AffineField, DenseField, DenseLayer, ShallowField, ShallowLayer, affine
from geomdl.nn._hamiltonian import HamiltonianNet
from geomdl.nn._hamiltonian_fields import (
    AntisymmetricField,
    CanonicalField,
    PotentialField,
    SeparableField,
    SeparableLayer,
    TwoLayer,
    TwoLayerField,
)
from geomdl.nn._resnet import MomentumResNet, ResNet
from geomdl.nn.continuum import NeuralField

__all__ = [
    "AbstractDenseNet",
    "AbstractResNet",
    "AffineField",
    "AntisymmetricField",
    "CanonicalField",
    "ContractiveField",
    "ContractiveNet",
    "DenseField",
    "DenseLayer",
    "HamiltonianNet",
    "MomentumResNet",
    "NeuralField",
    "PotentialField",
    "ResNet",
    "SeparableField",
    "SeparableLayer",
    "ShallowField",
    "ShallowLayer",
    "TwoLayer",
    "TwoLayerField",
    "affine",
    "circle_radius",
    "continuum",
]
