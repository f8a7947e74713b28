r"""When a controlled density is a wave function, and a wave that stays as it is."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from geomdl._errors import require
from geomdl.fluid._costs import AbstractCost, evaluate
from geomdl.fluid._grid import Grid
from geomdl.fluid._problem import MeanFieldControl

#: Below this part of the largest entry, an entry of the second derivative of a cost counts as 0.
NOTHING = 1e-10


class Fisher(AbstractCost):
    r"""$s \int |\nabla\rho|^2/\rho\,dx$: with $s = -\hbar^2/8$ and $\nu = 0$ it is the quantum pressure of a wave.

    On faces, with the mean of the densities beside each. **Arguments:** `strength`: s.
    """

    strength: Array | float

    def __call__(self, t: Any, rho: Array, grid: Grid) -> Array:
        """Face by face."""
        total = jnp.zeros((), rho.dtype)
        for slope, weight in zip(grid.gradient(rho), grid.average(rho), strict=True):
            total = total + grid.volume * jnp.sum(slope**2 / weight)
        return jnp.asarray(self.strength, rho.dtype) * total


def check_nls_conditions(problem: MeanFieldControl) -> tuple[str, ...]:
    r"""Which conditions a problem fails under which its optimum is a wave function; none if it is one.

    With all of them, $\psi = \sqrt\rho\,e^{i\theta/\hbar}$ obeys
    $i\hbar\psi_t = -\tfrac{\hbar^2}2\Delta\psi - (\delta F/\delta\rho)\,\psi$, and $\theta(T) = -\delta G/\delta\rho$:
    with $\hbar = 2\nu = \sigma^2$ and $\theta = \phi$ for the osmotic effort, or without noise and with
    `Fisher(-hbar**2 / 8)` among the running costs. The plain effort $|u|^2/2$ with noise gives $\kappa = -\nu^2$, the
    other sign. Isotropic constant noise and a quadratic effort hold by construction of `MeanFieldControl`. On a
    periodic domain $\theta$ must be a function, or turn by multiples of $2\pi\hbar$ around it.

    **Returns:** a sentence for each condition that fails. Not under `jit`: it looks at numbers.
    """
    failures = []
    if problem.field is not None:
        failures.append("the drift must be any vector field: this problem has an open loop (`field`)")
    if problem.classes is not None:
        failures.append("the examples must be of one class: one drift for several is no gradient")
    fisher = _fisher(problem.running)
    if problem.nu > 0 and not problem.osmotic:
        failures.append(
            "the effort must be osmotic, |u|^2/2 - nu u . grad log rho (`osmotic=True`): with |u|^2/2 and noise the "
            "quantum pressure has the wrong sign, kappa = -nu^2"
        )
    if problem.nu > 0 and fisher != 0:
        failures.append("with noise the running cost must hold no `Fisher` information: the effort brings it")
    if problem.nu == 0 and not fisher < 0:
        failures.append("without noise the running cost must hold `Fisher(-hbar**2 / 8)`")
    if problem.running is not None and not _is_local(problem, fisher):
        failures.append("the running cost must be local, the integral of U(rho) + V(x) rho: it couples distant points")
    if bool(jnp.any(problem.rho0 <= 0)):
        failures.append("the first density must be positive everywhere: a phase has no value at 0")
    return tuple(failures)


def _parts(cost: Any) -> list[Any]:
    parts = getattr(cost, "parts", None)
    return [cost] if parts is None else [one for part in parts for one in _parts(part)]


def _fisher(cost: Any) -> float:
    return float(sum(float(np.asarray(part.strength)) for part in _parts(cost) if isinstance(part, Fisher)))


def _is_local(problem: MeanFieldControl, fisher: float) -> bool:
    """Whether the second derivative is diagonal, by what it makes of single cells."""
    grid, rho = problem.domain, problem.total(problem.rho0)
    rho = rho + 1e-3 * jnp.max(rho)  # where it is not known to be 0
    cost = lambda r: evaluate(problem.running, "running", 0.0, r, grid) - evaluate(Fisher(fisher), "", 0.0, r, grid)
    bend = jax.linearize(jax.grad(cost), rho)[1]
    for cell in np.linspace(0, rho.size - 1, 5).astype(int):
        row = bend(jnp.zeros(rho.size, rho.dtype).at[cell].set(1).reshape(rho.shape)).reshape(-1)
        others = jnp.abs(row.at[cell].set(0))
        scale = jnp.abs(row[cell]) + jnp.max(jnp.abs(jax.grad(cost)(rho))) / jnp.max(rho)
        if bool(jnp.max(others) > NOTHING * scale):
            return False
    return True


class BrightSoliton(eqx.Module):
    r"""The wave that attracts itself: $i\hbar\psi_t = -\tfrac{\hbar^2}2\psi_{xx} + g|\psi|^2\psi$ with g < 0.

    $\psi = A\,\mathrm{sech}(B(x - ct))\,\exp\big(i(cx - (c^2/2 - |g|A^2/2)t)/\hbar\big)$ with
    $B = A\sqrt{|g|}/\hbar$. In control the attraction is congestion, $F = \tfrac{|g|}2\int\rho^2$. Its mass is
    $2A\hbar/\sqrt{|g|}$.

    **Arguments:** `g`, `hbar`, `speed`: c; `amplitude`: A, `None` for the one of mass 1.
    """

    g: Float[Array, ""]
    hbar: Float[Array, ""]
    speed: Float[Array, ""]
    amplitude: Float[Array, ""]

    def __init__(self, g: Any = -4.0, hbar: Any = 1.0, speed: Any = 0.5, amplitude: Any = None):
        require(isinstance(g, jax.core.Tracer) or bool(g < 0), f"`g` must be negative, got {g}.")
        require(isinstance(hbar, jax.core.Tracer) or bool(hbar > 0), f"`hbar` must be positive, got {hbar}.")
        self.g, self.hbar, self.speed = (jnp.asarray(value, float) for value in (g, hbar, speed))
        self.amplitude = jnp.sqrt(-self.g) / (2 * self.hbar) if amplitude is None else jnp.asarray(amplitude, float)

    @property
    def steepness(self) -> Float[Array, ""]:
        """B."""
        return self.amplitude * jnp.sqrt(-self.g) / self.hbar

    def rho(self, t: Any, x: Float[Array, " 1"]) -> Float[Array, ""]:
        """The density."""
        return (self.amplitude / jnp.cosh(self.steepness * (x[0] - self.speed * t))) ** 2

    def theta(self, t: Any, x: Float[Array, " 1"]) -> Float[Array, ""]:
        """The potential of the velocity, which is c everywhere."""
        return self.speed * x[0] - (self.speed**2 + self.g * self.amplitude**2) / 2 * t

    def __call__(self, t: Any, x: Float[Array, " 1"]) -> Complex[Array, ""]:
        """psi."""
        angle, root = self.theta(t, x) / self.hbar, jnp.sqrt(self.rho(t, x))
        return jax.lax.complex(root * jnp.cos(angle), root * jnp.sin(angle))
