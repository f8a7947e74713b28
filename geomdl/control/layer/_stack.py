"""Stacks of layers: pytrees whose arrays share a leading axis."""

import equinox as eqx
import jax
from jaxtyping import PyTree

from geomdl._errors import require


def count_layers(layers: PyTree) -> int:
    """The common length of the leading axis of all arrays in `layers`."""
    paths = [(jax.tree_util.keystr(path), leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(layers)]
    sizes = {path: leaf.shape[:1] for path, leaf in paths if eqx.is_array(leaf)}
    require(bool(sizes), "`layers` holds no array: stack the layers' parameters along a leading axis.")
    for path, size in sizes.items():
        require(
            size != (),
            f"`layers{path}` is a scalar: every array needs a leading axis of length L, the depth.",
        )
        first_path, first = next(iter(sizes.items()))
        require(
            size == first,
            f"`layers{path}` has {size[0]} layers but `layers{first_path}` has {first[0]}: "
            "every array needs the same leading axis.",
        )
    (num_layers,) = next(iter(sizes.values()))
    require(num_layers >= 1, "`layers` has depth 0: at least one layer is needed.")
    return num_layers
