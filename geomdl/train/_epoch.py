"""One epoch: every example once, in a fresh order, watched for numbers that are no longer finite."""

import time
from collections.abc import Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PRNGKeyArray

from geomdl import _tree as tree
from geomdl.data import Dataset
from geomdl.train._devices import Placement
from geomdl.train._diagnose import TrainingDivergedError, first_non_finite
from geomdl.train._meter import Meter
from geomdl.train._method import AbstractMethod, Loss
from geomdl.train._step import State, StepReport, train_steps

#: Steps per compiled call, at most: enough to hide the host, few enough for a lively progress bar.
STEPS_PER_CALL = 64


class Trainer:
    """Runs epochs over one data set.

    **Arguments:**

    - `data`: the training part; cast to `dtype` and put on the device once.
    - `batch_size`, `key`: of the random orders; epoch `e` depends on `key` and `e` alone.
    - `method`: of a training step.
    - `loss`: as for `fit`.
    - `placement`: on which devices.
    """

    def __init__(
        self,
        data: Dataset,
        dtype: jnp.dtype,
        batch_size: int,
        key: PRNGKeyArray,
        method: AbstractMethod,
        loss: Loss,
        placement: Placement,
    ):
        self.features, self.labels = placement.everywhere((jnp.asarray(data.features, dtype), jnp.asarray(data.labels)))
        self.placement = placement
        self.batch_size, self.key = batch_size, key
        self.method, self.loss = method, loss
        self.steps_per_epoch = len(data) // batch_size

    def run_epoch(self, state: State, epoch: int, meter: Meter) -> tuple[State, float, float, float]:
        """Train for an epoch.

        **Returns:** the state, mean loss, accuracy, and examples per second of training proper.

        **Errors:** `TrainingDivergedError` names the step and, where it can, the layer.
        """
        spent, reports = 0.0, []
        step = (epoch - 1) * self.steps_per_epoch
        for batches in self._batches(epoch):
            clock, before = time.perf_counter(), state
            state, report = self._steps(state, batches, step)
            if not bool(jnp.all(report.finite)):
                raise TrainingDivergedError(self._post_mortem(before, batches, report, step))
            elapsed = time.perf_counter() - clock
            step += len(report.loss)
            spent += elapsed
            reports.append(report)
            accuracy = float(report.correct.sum()) / batches.size
            meter.advance(len(report.loss), float(report.loss[-1]), accuracy, batches.size / elapsed)
        if not bool(tree.is_finite(eqx.filter(state, eqx.is_inexact_array))):
            raise TrainingDivergedError(f"The parameters are not finite after step {step}: lower the learning rate.")
        whole: StepReport = jax.tree.map(lambda *parts: np.concatenate(parts), *reports)
        examples = self.steps_per_epoch * self.batch_size
        return state, float(whole.loss.mean()), float(whole.correct.sum()) / examples, examples / spent

    def _batches(self, epoch: int) -> Iterator[Int[Array, "steps batch"]]:
        """The epoch's order, as a few arrays of nearly equal length."""
        order = jax.random.permutation(jax.random.fold_in(self.key, epoch), len(self.labels))
        order = order[: self.steps_per_epoch * self.batch_size].reshape(self.steps_per_epoch, self.batch_size)
        yield from map(self.placement.shared, jnp.array_split(order, -(-self.steps_per_epoch // STEPS_PER_CALL)))

    def _steps(self, state: State, batches: Int[Array, "steps batch"], step: int) -> tuple[State, StepReport]:
        try:
            state, report = train_steps(state, self.features, self.labels, batches, self.method, self.loss)
            # The compiler decides where results lie; as a rule where they lay before.
            return jax.block_until_ready((self.placement.state(state), self.placement.everywhere(report)))
        except eqx.EquinoxRuntimeError as error:  # raised by a layer: a solve that failed, or a reversal gone astray
            where = f"between steps {step + 1} and {step + len(batches)}"
            if "stepped back to another state" in str(error):
                sentence = f"The reversed flow went astray {where}: take CheckpointedAdjoint() instead of reversing."
            elif "did not converge in some layer" in str(error):
                sentence = (
                    f"A layer's implicit solve did not converge {where}: shorten the layers' steps (more layers or a "
                    "smaller horizon), or lower the learning rate."
                )
            else:
                sentence = f"A run-time check of the network failed {where}; its own error stands above this one."
            raise TrainingDivergedError(sentence) from error

    def _post_mortem(self, state: State, batches: Int[Array, "steps batch"], report: StepReport, step: int) -> str:
        """Run again up to the step that failed, and look inside."""
        bad = int(jnp.argmin(report.finite))
        for row in range(bad):
            state, _ = self._steps(state, batches[row : row + 1], step + row)
        rows = batches[bad]
        where = first_non_finite(state.net, self.features[rows], self.labels[rows], self.loss)
        return f"The loss or its gradient is not finite at step {step + bad + 1}, {where}: lower the learning rate."
