"""Where a training run lives: one device, or several that share every batch."""

import equinox as eqx
import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Int, PyTree

from geomdl._errors import require

#: The name of the axis of a mesh over which batches are cut.
BATCH = "batch"


class Placement(eqx.Module):
    """On which devices arrays lie: parameters and data on all of them, a share of every batch on each.

    The compiler sees from this what each device computes, and adds up their gradients once per step.

    **Arguments:**

    - `mesh`: of devices, with one axis; `None` leaves everything to JAX.
    """

    mesh: Mesh | None = eqx.field(static=True, default=None)

    @classmethod
    def over(cls, devices: int | Mesh | None) -> "Placement":
        """Over so many devices, or a mesh."""
        if devices is None or isinstance(devices, Mesh):
            require(
                devices is None or len(devices.axis_names) == 1,
                f"`devices` must be a number, or a mesh with one axis, got one with {devices}.",
            )
            return cls(devices)
        there = jax.devices()
        require(devices >= 1, f"`devices` must be at least 1, got {devices}.")
        require(
            devices <= len(there),
            f"`devices` is {devices}, but JAX sees {len(there)} ({there[0].platform}): take fewer, or for a test on a "
            f"CPU set XLA_FLAGS=--xla_force_host_platform_device_count={devices} before JAX starts.",
        )
        return cls(Mesh(np.asarray(there[:devices]), (BATCH,)))

    def check(self, batch_size: int) -> None:
        """Every device must get as many examples."""
        size = 1 if self.mesh is None else self.mesh.size
        require(
            batch_size % size == 0,
            f"`batch_size` is {batch_size}, which {size} devices cannot share evenly: take a multiple of {size}.",
        )

    def everywhere(self, tree: PyTree) -> PyTree:
        """The arrays of a tree on every device."""
        return tree if self.mesh is None else self._put(tree, PartitionSpec())

    def shared(self, batches: Int[Array, "steps batch"]) -> Int[Array, "steps batch"]:
        """Rows of examples, each device with its share of every row."""
        return batches if self.mesh is None else self._put(batches, PartitionSpec(None, self.mesh.axis_names[0]))

    def _put(self, tree: PyTree, spec: PartitionSpec) -> PyTree:
        arrays, rest = eqx.partition(tree, eqx.is_array)
        assert self.mesh is not None
        return eqx.combine(jax.device_put(arrays, NamedSharding(self.mesh, spec)), rest)
