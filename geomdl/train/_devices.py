"""Where a training run lives: one device, or several, of one process or of many, that share every batch."""

import os
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Int, PyTree

from geomdl._errors import require

#: The name of the axis of a mesh over which batches are cut.
BATCH = "batch"


class Placement(eqx.Module):
    """On which devices arrays lie: data on all of them, a share of every batch on each.

    The compiler sees from this what each device computes, and adds up their gradients once per step. Every process
    makes the same calls.

    **Arguments:**

    - `mesh`: of devices, with one axis; `None` leaves everything to JAX.
    - `cut`: whether each device holds a share of the parameters and of what the optimiser remembers, instead of all.
      Arrays are cut along an axis after their first, so that every layer of a stack is cut: a device collects one
      layer at a time.
    """

    mesh: Mesh | None = eqx.field(static=True, default=None)
    cut: bool = eqx.field(static=True, default=False)

    @classmethod
    def over(cls, devices: int | Mesh | None, shard_layers: bool = False) -> "Placement":
        """Over so many devices, or a mesh; over all devices of all processes where there are several."""
        if devices is None and jax.process_count() == 1:
            require(not shard_layers, "`shard_layers` needs `devices`, over which the layers are cut.")
            return cls()
        if isinstance(devices, Mesh):
            require(
                len(devices.axis_names) == 1,
                f"`devices` must be a number, or a mesh with one axis, got one with {devices}.",
            )
            return cls._checked(devices, shard_layers)
        there = jax.devices()
        number = len(there) if devices is None else devices
        require(number >= 1, f"`devices` must be at least 1, got {devices}.")
        require(
            number <= len(there),
            f"`devices` is {devices}, but JAX sees {len(there)} ({there[0].platform}): take fewer, or for a test on a "
            f"CPU set XLA_FLAGS=--xla_force_host_platform_device_count={devices} before JAX starts.",
        )
        require(
            number == len(there) or jax.process_count() == 1,
            f"`devices` is {devices}, but {jax.process_count()} processes have {len(there)} together, and none may be "
            "left out: leave `devices` to its default.",
        )
        return cls._checked(Mesh(np.asarray(there[:number]), (BATCH,)), shard_layers)

    @classmethod
    def _checked(cls, mesh: Mesh, shard_layers: bool) -> "Placement":
        # Collectives wait inside the threads of XLA's one pool, several for each device at a time: where all threads
        # wait, nothing is left to send what they wait for (jaxlib 0.10: two devices, two threads, four runs of five).
        here = len(mesh.local_devices)
        threads = int(os.environ.get("NPROC") or os.cpu_count() or 1)
        require(
            not shard_layers or here == 1 or mesh.local_devices[0].platform != "cpu" or threads >= 2 * here,
            f"`shard_layers` over {here} host devices of one CPU needs {2 * here} threads of XLA's, which has "
            f"{threads} and could wait for ever: set NPROC={2 * here} before JAX starts, or take a process for each "
            "device.",
        )
        return cls(mesh, shard_layers)

    @property
    def size(self) -> int:
        """The number of devices."""
        return 1 if self.mesh is None else self.mesh.size

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes and reports."""
        return jax.process_index() == 0

    def check(self, batch_size: int) -> None:
        """Every device must get as many examples."""
        require(
            batch_size % self.size == 0,
            f"`batch_size` is {batch_size}, which {self.size} devices cannot share evenly: take a multiple of "
            f"{self.size}.",
        )

    def everywhere(self, tree: PyTree) -> PyTree:
        """The arrays of a tree, whole on every device."""
        return self._put(tree, lambda leaf: PartitionSpec())

    def state(self, tree: PyTree) -> PyTree:
        """Parameters and what is remembered of them: whole on every device, or a share on each."""
        if not self.cut:
            return self.everywhere(tree)
        stacks = [leaf for leaf in jax.tree.leaves(eqx.filter(tree, eqx.is_array)) if leaf.ndim >= 3]
        require(
            not stacks or any(self._share(leaf) != PartitionSpec() for leaf in stacks),
            f"`shard_layers` can cut no layer over {self.size} devices, as their number divides no axis: take a width "
            f"that is a multiple of {self.size}.",
        )
        return self._put(tree, self._share)

    def shared(self, batches: Int[Array, "steps batch"]) -> Int[Array, "steps batch"]:
        """Rows of examples, each device with its share of every row."""
        return self._put(batches, lambda leaf: PartitionSpec(None, self._axis))

    def home(self, tree: PyTree) -> PyTree:
        """A result for the user: where it is, or with several processes whole in each of them."""
        if jax.process_count() == 1:
            return tree
        arrays, rest = eqx.partition(self.everywhere(tree), eqx.is_array)
        return eqx.combine(jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)), arrays), rest)

    @property
    def _axis(self) -> str:
        assert self.mesh is not None
        return self.mesh.axis_names[0]

    def _share(self, leaf: Array) -> PartitionSpec:
        for axis in range(1, leaf.ndim):
            if leaf.shape[axis] % self.size == 0:
                return PartitionSpec(*(None,) * axis, self._axis)
        return PartitionSpec()

    def _put(self, tree: PyTree, spec: Callable[[Array], PartitionSpec]) -> PyTree:
        if self.mesh is None:
            return tree
        arrays, rest = eqx.partition(tree, eqx.is_array)
        mesh = self.mesh
        shardings = jax.tree.map(lambda leaf: NamedSharding(mesh, spec(leaf)), arrays)
        if jax.process_count() > 1:  # jax 0.10.1 makes a broken array of one that is this process's own
            arrays = jax.tree.map(lambda leaf: np.asarray(leaf) if leaf.is_fully_addressable else leaf, arrays)
        return eqx.combine(jax.device_put(arrays, shardings), rest)


def wait(what: str) -> None:
    """Until every process is here."""
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(what)


def beside(net: PyTree, tree: PyTree) -> PyTree:
    """A tree whole on every device that a network lies on."""
    for leaf in jax.tree.leaves(net):
        sharding = leaf.sharding if isinstance(leaf, jax.Array) else None
        if isinstance(sharding, NamedSharding) and isinstance(sharding.mesh, Mesh):
            return Placement(sharding.mesh).everywhere(tree)
    return tree
