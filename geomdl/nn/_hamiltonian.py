"""Hamiltonian networks."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray, PyTree

from geomdl._errors import require
from geomdl.control import (
    AbstractLayerSolver,
    AbstractPartitioned,
    Euler,
    ImplicitMidpoint,
    Leapfrog,
    SymplecticEuler,
)
from geomdl.nn._base import AbstractDenseNet, StepRule
from geomdl.nn._dense import DenseLayer
from geomdl.nn._hamiltonian_fields import (
    Activation,
    AntisymmetricField,
    CanonicalField,
    PotentialField,
    SeparableField,
    SeparableLayer,
    TwoLayer,
    TwoLayerField,
)
from geomdl.run import AbstractAdjoint


class Form(NamedTuple):
    """A field, given its activation; a stack of its layers, given depth, width and key; the solver that suits it."""

    field: Callable[[Activation], Callable]
    stack: Callable[..., PyTree]
    solver: type[AbstractLayerSolver]


FORMS = {
    "separable": Form(SeparableField, SeparableLayer.stack, SymplecticEuler),
    "second-order": Form(PotentialField, DenseLayer.stack, Leapfrog),
    "canonical": Form(CanonicalField, DenseLayer.stack, ImplicitMidpoint),
    "two-layer": Form(TwoLayerField, TwoLayer.stack, SymplecticEuler),
    "antisymmetric": Form(lambda activation: AntisymmetricField(activation=activation), DenseLayer.stack, Euler),
}


class HamiltonianNet(AbstractDenseNet):
    r"""A network whose layers are steps of a Hamiltonian system.

    In the first three forms the derivative from any layer to any later one is symplectic, so that its largest singular
    value is at least one: gradients do not vanish, however deep the network. A state that is a pair starts from rest.

    - `"separable"`: $\dot y = A_2^T \sigma(A_2 v + b_2)$, $\dot v = -A_1^T \sigma(A_1 y + b_1)$; `SymplecticEuler` or
      `StormerVerlet`.
    - `"second-order"`: $\ddot y = -A^T \sigma(A y + b)$; `Leapfrog`.
    - `"canonical"`: $\dot x = J K^T \sigma(K x + b)$ on an even width; `ImplicitMidpoint`.
    - `"two-layer"`: $\dot y = \sigma(A v + b_1)$, $\dot v = -\sigma(A^T y + b_2)$; solvers as for `"separable"`. The
      derivative keeps volume, and is symplectic in another sense only if all layers have the same A.
    - `"antisymmetric"`: $\dot x = \sigma((K - K^T) x + b)$; any solver. Eigenvalues are imaginary; no form is kept.

    **Arguments:** as for `ResNet`, and

    - `form`: one of the five.
    - `solver`: `None` for the first one of the form.

    **Errors:** `InputError` for a form that there is not, an odd width of `"canonical"`, or a solver that the form has
    not.
    **Source:** Haber & Ruthotto, *Inverse Problems* 34 (2018), for the last two; Galimberti, Furieri, Xu &
    Ferrari-Trecate, *IEEE Trans. Automat. Control* 68 (2023), for the gradients; Chang et al., AAAI (2018).
    """

    form: str = eqx.field(static=True)

    def __init__(
        self,
        in_size: int,
        out_size: int,
        width: int = 64,
        depth: int = 20,
        *,
        key: PRNGKeyArray,
        form: str = "separable",
        horizon: float | int = 1.0,
        activation: Activation = jnp.tanh,
        steps: StepRule = "fixed",
        solver: AbstractLayerSolver | None = None,
        adjoint: AbstractAdjoint | None = None,
    ):
        require(form in FORMS, f"`form` must be one of {', '.join(FORMS)}, got {form!r}.")
        require(form != "canonical" or width % 2 == 0, f"`width` must be even for the canonical form, got {width}.")
        field, stack, usual = FORMS[form]
        solver = usual() if solver is None else solver
        require(
            isinstance(solver, Leapfrog) == (form == "second-order")
            and isinstance(solver, AbstractPartitioned) == (form in ("separable", "two-layer")),
            f"`solver={type(solver).__name__}()` does not fit the form {form!r}: take {usual.__name__}().",
        )
        self.form = form
        self._build(in_size, out_size, width, depth, key, horizon, field(activation), stack, steps, solver, adjoint)
