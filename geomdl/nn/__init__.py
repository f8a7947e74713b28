"""Networks whose layers are run, and trained, by the Pontryagin sweep."""

from geomdl.nn._dense import DenseField, DenseLayer, affine
from geomdl.nn._resnet import AbstractResNet, MomentumResNet, ResNet

__all__ = ["AbstractResNet", "DenseField", "DenseLayer", "MomentumResNet", "ResNet", "affine"]
