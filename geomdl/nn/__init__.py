"""Networks whose layers are run, and trained, by the Pontryagin sweep."""

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
from geomdl.nn._resnet import AbstractResNet, MomentumResNet, ResNet

__all__ = [
    "AbstractResNet",
    "AffineField",
    "AntisymmetricField",
    "CanonicalField",
    "DenseField",
    "DenseLayer",
    "HamiltonianNet",
    "MomentumResNet",
    "PotentialField",
    "ResNet",
    "SeparableField",
    "SeparableLayer",
    "ShallowField",
    "ShallowLayer",
    "TwoLayer",
    "TwoLayerField",
    "affine",
]
