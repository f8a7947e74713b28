"""The nonlinear Schrödinger equation."""

from typing import Any

import jax
import jax.numpy as jnp

from geomdl._errors import require
from geomdl.field._equation import Multisymplectic


def nls(strength: Any = 1.0) -> Multisymplectic:
    r"""$i \psi_t + \psi_{xx} + 2 \sigma |\psi|^2 \psi = 0$: focusing for $\sigma > 0$, defocusing for $\sigma < 0$.

    z = (q, p, v, w) with $\psi = q + ip$, $v = q_x$, $w = p_x$ and $S = (v^2 + w^2)/2 + \sigma (q^2 + p^2)^2/2$. A
    state is given by `psi`, or by `q` and `p`.

    **Arguments:** `strength`: $\sigma$.
    """

    def density(t, x, z, args):
        return (z.v**2 + z.w**2) / 2 + jnp.asarray(strength, z.q.dtype) * (z.q**2 + z.p**2) ** 2 / 2

    return Multisymplectic(
        pairs_t=[("p", "q", 1)],
        pairs_x=[("q", "v", 1), ("p", "w", 1)],
        S=density,
        names=("q", "p", "v", "w"),
        given=("q", "p"),
        inputs=("psi",),
        convert=_parts,
        conserved={"mass": lambda z: z.q**2 + z.p**2},
        derived=lambda fields: {"psi": jax.lax.complex(fields["q"], fields["p"])},
    )


def _parts(space: Any, fields: dict) -> dict:
    if "psi" not in fields:
        return fields
    psi = fields["psi"]
    clash = {"q", "p"} & fields.keys()
    require(not clash, "A state is given by `psi`, or by `q` and `p`, not by both.")
    return {"q": jnp.real(psi), "p": jnp.imag(psi)} | {name: f for name, f in fields.items() if name != "psi"}
