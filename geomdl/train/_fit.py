"""Training: epochs of shuffled minibatches, validation, checkpoints, and an honest end."""

import hashlib
import time
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np
import optax
from jax.sharding import Mesh
from jaxtyping import PRNGKeyArray, PyTree

from geomdl._errors import require
from geomdl.control import AbstractUpdate
from geomdl.data import Dataset
from geomdl.train._devices import Placement
from geomdl.train._diagnose import TrainingDivergedError
from geomdl.train._epoch import Trainer
from geomdl.train._log import Epoch, Log
from geomdl.train._loss import cross_entropy
from geomdl.train._meter import Meter
from geomdl.train._method import Layerwise, Loss, Whole, check_layerwise
from geomdl.train._run_folder import RunFolder
from geomdl.train._step import State, evaluate, initial_state, network_dtype


def fit(
    net: PyTree,
    data: Dataset,
    *,
    validation: Dataset | None = None,
    optimizer: optax.GradientTransformation | None = None,
    update: AbstractUpdate | None = None,
    devices: int | Mesh | None = None,
    shard_layers: bool = False,
    epochs: int = 20,
    batch_size: int = 128,
    key: PRNGKeyArray,
    loss: Loss = cross_entropy,
    out: str | Path | None = None,
    resume: bool = False,
    settings: dict[str, Any] | None = None,
    progress: bool = True,
    throw: bool = True,
) -> tuple[PyTree, Log]:
    """Train a network, by gradients or by Pontryagin's principle.

    All of the network is trained: the layers by the costate sweep inside `control.flow`, or by an update of `control`;
    whatever surrounds them by ordinary differentiation. Each epoch visits the examples in a fresh random order, in
    whole batches (a remainder smaller than a batch waits for the next order). The order depends on `key` and the epoch
    alone.

    **Arguments:**

    - `net`: any Equinox module that maps a batch of features to a batch of logits.
    - `data`: what to train on; the features are cast to the floating-point type of the network.
    - `validation`: what to judge by after each epoch; nothing is selected by it.
    - `optimizer`: any optax transformation that needs the gradient alone; `optax.adam(1e-3)` if `None`. A new object
      compiles the steps anew: keep it from run to run.
    - `update`: what improves the layers of a `ResNet` instead, such as `control.ExtendedMSA()`; lift, readout and step
      lengths are left to `optimizer`.
    - `devices`: how many devices share every batch, or a `jax.sharding.Mesh` with one axis. `None` is the default
      device of JAX; in a program of several processes (`jax.distributed`) all devices of all of them. A run may be
      resumed on another number of devices.
    - `shard_layers`: whether each device holds a share of every layer, and of what the optimiser remembers of it,
      instead of all; checkpoints are then written share by share, by orbax.
    - `epochs`, `batch_size`: how often each example is seen, and how many make one step.
    - `key`: of the random orders.
    - `loss`: `loss(logits, labels)`, a scalar.
    - `out`: a folder for `checkpoint.geomdl` (after every epoch, atomically) and `metrics.jsonl`. `None` writes none.
      Several processes must all see it.
    - `resume`: continue the run in `out`, to parameters bit-identical with those of an uninterrupted run; `epochs` may
      be larger than before, nothing else may differ. Network, data, key, batch size and what the optimiser remembers
      are compared with those of before; functions cannot be, such as the loss and the learning rate of an optimiser.
    - `settings`: what else must agree on resuming, such as the learning rate: numbers and words by name.
    - `progress`: show a bar with loss, accuracy, examples per second and time left.
    - `throw`: raise when the loss or its gradient is no longer finite, instead of only saying so in the log.

    **Returns:** `(net, log)`: the trained network and the epochs. If the run diverged, the network is that of the last
    good epoch and `log.outcome` says at which step and layer.

    **Errors:** `InputError` for bad arguments, an `out` that holds another run, or a resumption with other settings;
    `TrainingDivergedError` for a loss that is not finite. Both leave what was on disk as it was.
    """
    _check(net, data, validation, update, optimizer, key, epochs, batch_size, out, resume)
    optimizer = optax.adam(1e-3) if optimizer is None else optimizer
    placement = Placement.over(devices, shard_layers)
    placement.check(batch_size)
    method = Whole(optimizer) if update is None else Layerwise(update, optimizer)
    state = placement.state(initial_state(net, method))
    log, folder = Log(), None
    if out is not None:
        folder = RunFolder(Path(out), _fingerprint(state, data, batch_size, key, settings or {}), placement)
        state, log = folder.resume(state) if resume else folder.begin(state)

    trainer = Trainer(data, network_dtype(net), batch_size, key, method, loss, placement)
    state, done = placement.state(state), len(log.epochs)
    good, shown = state, progress and placement.leads
    with Meter(epochs * trainer.steps_per_epoch, done * trainer.steps_per_epoch, shown) as meter:
        for epoch in range(done + 1, epochs + 1):
            begin = time.perf_counter()
            try:
                state, mean_loss, accuracy, rate = trainer.run_epoch(state, epoch, meter)
            except TrainingDivergedError as failure:
                log.outcome = str(failure)
                if folder is not None:
                    kept = "last good checkpoint" if log.epochs else "checkpoint of the untrained network"
                    log.outcome += f" The {kept} is {folder.checkpoint}."
                if throw:
                    raise TrainingDivergedError(log.outcome) from failure
                return placement.home(good.net), log
            judged = (None, None) if validation is None else evaluate(state.net, validation, loss)[:2]
            step, seconds = epoch * trainer.steps_per_epoch, time.perf_counter() - begin
            record = Epoch(epoch, step, mean_loss, accuracy, judged[0], judged[1], rate, seconds)
            log.epochs.append(record)
            good = state
            if folder is not None:
                folder.save(state, log)
            meter.epoch(record, epochs)
    return placement.home(state.net), log


def _check(net, data, validation, update, optimizer, key, epochs, batch_size, out, resume) -> None:
    require(
        isinstance(data, Dataset) and isinstance(validation, Dataset | None),
        "`data` and `validation` must be of gm.data.Dataset: of what gm.data.load returns, take .train and .test.",
    )
    require(
        optimizer is None or isinstance(optimizer, optax.GradientTransformation),
        f"`optimizer` must be a transformation of optax, got {optimizer}; an update of `control` goes to `update=`.",
    )
    require(isinstance(key, jax.Array), f"`key` must be made by jax.random.key(seed), got {key!r}.")
    if update is not None:
        require(
            isinstance(update, AbstractUpdate),
            f"`update` must be an update of `control`, such as ExtendedMSA(), got {update}; a transformation of optax "
            "goes to `optimizer=`.",
        )
        check_layerwise(net)
    require(epochs >= 1, f"`epochs` must be at least 1, got {epochs}.")
    require(batch_size >= 1, f"`batch_size` must be at least 1, got {batch_size}.")
    require(
        batch_size <= len(data),
        f"`batch_size` is {batch_size} but the data holds only {len(data)} examples: take a batch no larger than that.",
    )
    require(not (resume and out is None), "`resume` needs `out`, the folder of the run to continue.")
    data.check_trainable()
    for name, part in (("data", data), ("validation", validation)):
        if part is None:
            continue
        shape = jax.eval_shape(net, jax.ShapeDtypeStruct((1, part.num_features), network_dtype(net)))
        require(
            shape.shape == (1, data.num_classes),
            f"`net` maps the {part.num_features} features of `{name}` to an output of shape {shape.shape}: "
            f"it needs one logit for each of the {data.num_classes} classes, shape (1, {data.num_classes}).",
        )


def _fingerprint(state: State, data: Dataset, batch_size: int, key: PRNGKeyArray, settings: dict) -> dict[str, Any]:
    """Everything that must agree for a run to be the same one."""
    digest = hashlib.sha256(np.ascontiguousarray(data.features).tobytes() + data.labels.tobytes()).hexdigest()
    return {
        "network": eqx.tree_pformat(state.net),
        "optimizer state": eqx.tree_pformat(state.memory),
        "data": digest,
        "batch_size": batch_size,
        "key": np.asarray(jax.random.key_data(key)).tolist(),
        **settings,
    }
