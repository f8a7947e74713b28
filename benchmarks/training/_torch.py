"""The contenders on PyTorch: eager, and torch.compile."""

import sys
import time
import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import torch

from benchmarks._benchmark import Config
from benchmarks.training._problem import LEARNING_RATE, WARM_STEPS, Candidate, LeftOut, Problem


class Network(torch.nn.Module):
    """The idiom: a list of `Linear`, a Python loop, the whole batch. Its value is the loss."""

    def __init__(self, problem: Problem):
        super().__init__()
        width = problem.biases.shape[1]
        self.step = problem.step
        self.layers = torch.nn.ModuleList(torch.nn.Linear(width, width) for _ in problem.biases)
        with torch.no_grad():
            for layer, weight, bias in zip(self.layers, problem.weights, problem.biases, strict=True):
                layer.weight.copy_(torch.from_numpy(weight))
                layer.bias.copy_(torch.from_numpy(bias))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Mean square of the last state minus the target."""
        for layer in self.layers:
            x = x + self.step * torch.tanh(layer(x))
        return torch.nn.functional.mse_loss(x, y)


def pytorch(problem: Problem, config: Config, *, compiled: bool) -> Candidate:
    """The gradient by `backward`; the step with Adam in its fastest form (`fused`)."""
    if config.device == "gpu" and not torch.cuda.is_available():
        raise LeftOut("left out: this torch has no GPU")
    _pin(config.threads)
    device = "cuda" if config.device == "gpu" else "cpu"
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    network = Network(problem).to(device)
    x, y = (torch.from_numpy(array).to(device) for array in (problem.inputs, problem.targets))
    loss_of = torch.compile(network) if compiled else network

    def gradient() -> torch.Tensor:
        network.zero_grad(set_to_none=True)
        loss = loss_of(x, y)
        loss.backward()
        wait()
        return loss

    def answer(loss: torch.Tensor) -> dict[str, np.ndarray]:
        stack = lambda slopes: torch.stack(list(slopes)).cpu().numpy()
        return {
            "loss": loss.detach().cpu().numpy(),
            "weight": stack(layer.weight.grad for layer in network.layers),
            "bias": stack(layer.bias.grad for layer in network.layers),
        }

    def step() -> Callable[[], np.ndarray]:
        optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE, fused=True)

        def train() -> np.ndarray:
            optimiser.zero_grad(set_to_none=True)
            loss = loss_of(x, y)
            loss.backward()
            optimiser.step()
            wait()
            return loss.detach().cpu().numpy()

        for _ in range(WARM_STEPS):
            train()
        return train

    if not compiled:
        return Candidate(gradient, answer, step)
    _start_compiler()
    sys.setrecursionlimit(100_000)  # the compiler walks a network of 1,000 layers recursively
    start = time.perf_counter()
    gradient()
    return Candidate(gradient, answer, step, compile_seconds=time.perf_counter() - start)


def _pin(threads: int) -> None:
    torch.set_num_threads(threads)
    if torch.get_num_interop_threads() != 1:  # may be set only once in a process
        torch.set_num_interop_threads(1)


@cache
def _start_compiler() -> None:
    """Compile something tiny, so that importing the compiler is not counted as compiling the network."""
    warnings.filterwarnings("ignore", message="dynamo_pgo force disabled")  # as `pin` wants it
    torch.compile(torch.nn.Linear(2, 2))(torch.ones(2, 2)).sum().backward()
