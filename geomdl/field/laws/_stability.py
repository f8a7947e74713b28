"""How long a step of Euler's box may be: the linearised scheme, wave by wave, and the criteria that follow from it."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from geomdl._errors import InputError, require
from geomdl.field._fields import Fields
from geomdl.field._layout import places
from geomdl.field._system import FieldSystem
from geomdl.field.box._euler import EulerBox

#: Waves that are looked at, at most; between them the limit varies little.
WAVES = 500


def amplification(
    box: Any, system: FieldSystem, y: Fields, *, dt: float, theta: Any = None, t: Any = 0.0, args: Any = None
) -> np.ndarray:
    r"""The spectral radius of one step of the linearised box, with the coefficients of each point frozen.

    In one dimension. With $K(\theta) = K_+ (e^{i\theta} - 1)/dx + K_- (1 - e^{-i\theta})/dx$ and $A = S''(z_j)$ the
    rows of $M_+$ are taken at the old time, the others at the new one. Above 1 a wave grows: by an instability of the
    scheme or of the equation itself. Computed by NumPy; not for use under `jit`.

    **Arguments:** `theta`: phases k dx, shape (modes,); `None` is those of the grid, from 0 to π.

    **Returns:** shape (points, modes).
    """
    _check_box(box)
    require(len(system.grid.shape) == 1, "`amplification` is for one dimension of space.")
    order = box.split(system, y, args)
    n = system.grid.shape[0]
    theta = 2 * np.pi * np.arange(n // 2 + 1) / n if theta is None else np.asarray(theta, float)
    second = np.asarray(system.equation.hessian(jnp.asarray(t, y.z.dtype), places(system, y), y.z, args))
    second = np.moveaxis(second, -1, 0)[:, None]
    M, K = order.M_plus, order.K_plus[0]
    wave = np.exp(1j * theta)[:, None, None]
    inner = (K * (wave - 1) - K.T * (1 - 1 / wave)) / system.grid.spacing[0] - second
    early = np.zeros((len(M), 1))
    early[list(order.early_rows)] = 1
    before = (M - M.T) / dt - early * inner
    after = (M - M.T) / dt + (1 - early) * inner
    rows = np.ones((len(M), 1))
    rows[[row for row, _ in order.auxiliary]] = 0
    step = np.linalg.solve(after, before * rows)
    return np.abs(np.linalg.eigvals(step)).max(axis=-1)


def stability_limit(
    box: Any, system: FieldSystem, y: Fields, *, margin: float = 0.9, t: Any = 0.0, args: Any = None
) -> float:
    r"""The longest step at which Euler's box is stable about a state, with frozen coefficients, times `margin`.

    For wave equations, $u_{tt} = u_{xx} - V'(u)$: $dt \le 2/\sqrt{4/dx^2 + \max V''}$. For fluids, with velocity u and
    speed of sound c, $c^2 = \rho e''$, and $s = \sin(\theta/2)$ for every wave:

    - central (`barotropic_fluid_central`): $dt \le 2w/|w^2 - a^2|$ with $a = u \sin\theta/dx$,
      $w^2 = (4 s^2/dx^2)(c^2 + 4 \kappa s^2/dx^2)$, and $dt |u| < dx$ for the iteration;
    - one-sided (`barotropic_fluid`, `quantum_fluid`): $||b| - 1| \le 2 r_c s \le |b| + 1$ with
      $|b|^2 = 1 - 4 r_u (1 - r_u) s^2$, $r_u = u\,dt/dx$, $r_c = (dt/dx) \sqrt{c^2 + 4 \kappa s^2/dx^2}$, and
      $dt |u| < dx/2$.

    Derived for these schemes and tested against `amplification`. Computed by NumPy; not for use under `jit`.

    **Errors:** `InputError` for other equations, for which `amplification` can be looked at, and for a fluid that is
    not hyperbolic.
    """
    _check_box(box)
    require(len(system.grid.shape) == 1, "`stability_limit` is for one dimension of space.")
    second = np.asarray(system.equation.hessian(jnp.asarray(t, y.z.dtype), places(system, y), y.z, args))
    names, dx = system.equation.names, float(system.grid.spacing[0])
    if is_wave(system, second):
        bend = max(float(second[names.index("u"), names.index("u")].max()), 0.0)
        return margin * 2 / np.sqrt(4 / dx**2 + bend)
    if not {"phi", "rho", "m"} <= set(names):
        raise InputError(
            "No criterion is known for this equation: look at `field.amplification`, and at what the equation itself "
            "makes grow."
        )
    velocity, sound, kappa = _background(system, y, t, args)
    waves = np.linspace(0, np.pi, min(system.grid.shape[0], WAVES) + 1)[1:]
    limit = central_limit if "n" in names else one_sided_limit
    order = box.split(system, y, args)
    rho, m, phi = (names.index(name) for name in ("rho", "m", "phi"))
    # The adjoint and the mirror image have the criterion of the opposite velocity.
    turned = (order.M_plus[rho, phi] == 0) != (order.K_plus[0][phi, m] == 0)
    flow = -velocity if turned else velocity
    return margin * min(float(limit(dx, flow, sound, kappa, theta).min()) for theta in waves)


def _check_box(box: Any) -> None:
    require(
        isinstance(box, EulerBox),
        f"`box` must be an `EulerBox`, got `{type(box).__name__}`: `PreissmanBox` has no limit of this kind; for "
        "waves that of `SymmetricEulerBox` is that of its `box`.",
    )


def central_limit(dx: float, velocity: Any, sound: Any, kappa: float, theta: Any) -> Any:
    """The longest stable step of the central scheme for one wave; see `stability_limit`."""
    s = np.abs(np.sin(theta / 2))
    a = np.abs(velocity * np.sin(theta)) / dx
    w = 2 * s / dx * np.sqrt(sound**2 + 4 * kappa * s**2 / dx**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        longest = np.where(w == a, np.inf, 2 * w / np.abs(w**2 - a**2))
        return np.minimum(longest, dx / np.abs(velocity))


def one_sided_limit(dx: float, velocity: Any, sound: Any, kappa: float, theta: Any) -> Any:
    r"""The longest step of the one-sided scheme below which all are stable, for one wave; see `stability_limit`.

    Squared, the criterion is linear in dt: $(w^2 - v^2)\,dt \le 2 (w - vs)$ and $(v^2 - w^2)\,dt \le 2 (w + vs)$ with
    $v = 2us/dx$ and w as in the central scheme.
    """
    s = np.abs(np.sin(theta / 2))
    v = 2 * velocity * s / dx
    w = 2 * s / dx * np.sqrt(sound**2 + 4 * kappa * s**2 / dx**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        slow = 2 * (w - v * s) / (w**2 - v**2)
        fast = np.where(w < np.abs(v * s), 0, 2 * (w + v * s) / (v**2 - w**2))
        longest = np.where(w > np.abs(v), slow, np.where(w < np.abs(v), fast, np.inf))
        return np.minimum(longest, dx / (2 * np.abs(velocity)))


def one_sided_stable(dt: Any, dx: float, velocity: Any, sound: Any, kappa: Any, s: Any) -> np.ndarray:
    """The criterion of the one-sided scheme for s = |sin(theta/2)|."""
    flow = velocity * dt / dx
    b = np.sqrt(np.maximum(1 - 4 * flow * (1 - flow) * s**2, 0))
    waves = 2 * s * dt / dx * np.sqrt(sound**2 + 4 * kappa * s**2 / dx**2)
    return (np.abs(b - 1) <= waves) & (waves <= b + 1)


def is_wave(system: FieldSystem, second: np.ndarray) -> bool:
    """Whether it is $u_{tt} = u_{xx} - V'(u)$ in the components u, v, w."""
    equation = system.equation
    if equation.names != ("u", "v", "w") or second.shape[:2] != (3, 3):
        return False
    like = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 0]]), np.array([[0, 0, 1], [0, 0, 0], [-1, 0, 0]])
    matrices = np.array_equal(equation.M, like[0]) and np.array_equal(equation.K[0], like[1])
    rest = second.copy()
    rest[0, 0] = 0
    return matrices and bool(np.allclose(rest, np.diag([0.0, 1.0, -1.0])[..., None]))


def _background(system: FieldSystem, y: Fields, t: Any, args: Any) -> tuple[np.ndarray, np.ndarray, float]:
    """Velocity and speed of sound at every point, and kappa; of a fluid at rest S tells the latter two."""
    equation, names = system.equation, system.equation.names
    index = names.index
    fields = system.physical(y)
    rho = fields["rho"]
    at_rest = jnp.stack([row if name == "rho" else jnp.zeros_like(row) for name, row in zip(names, y.z, strict=True)])
    second = np.asarray(equation.hessian(jnp.asarray(t, y.z.dtype), places(system, y), at_rest, args))
    stiffness = np.asarray(rho) * second[index("rho"), index("rho")]
    kappa = float(np.mean(-np.asarray(rho) / second[index("q"), index("q")])) if "q" in names else 0.0
    require(
        bool(np.all(stiffness >= 0)) and kappa >= 0,
        "The fluid is not hyperbolic: its energy must be convex, and kappa positive. It is not to be marched.",
    )
    return np.asarray(fields["u"]), np.sqrt(stiffness), kappa
