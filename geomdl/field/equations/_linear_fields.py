"""Dirac's and Maxwell's equations in one dimension."""

from typing import Any

import jax.numpy as jnp

from geomdl.field._equation import Multisymplectic


def dirac(mass: Any = 1.0, coupling: Any = 0.0) -> Multisymplectic:
    r"""$i \psi_t = -i \sigma_1 \psi_x + (m - 2 g R) \sigma_3 \psi$ with $R = |\psi_1|^2 - |\psi_2|^2$.

    Dirac's equation with Soler's self-interaction; z = (q1, p1, q2, p2) with $\psi_j = q_j + i p_j$ and
    $S = m R/2 - g R^2/2$.

    **Arguments:** `mass`: m; `coupling`: g.
    """

    def density(t, x, z, args):
        m, g = jnp.asarray(mass, z.q1.dtype), jnp.asarray(coupling, z.q1.dtype)
        R = z.q1**2 + z.p1**2 - z.q2**2 - z.p2**2
        return m * R / 2 - g * R**2 / 2

    return Multisymplectic(
        # In this order Euler's box is explicit but for S, and its differences meet as in leapfrog.
        pairs_t=[("q1", "p1", 1), ("p2", "q2", -1)],
        pairs_x=[("q2", "p1", 1), ("p2", "q1", -1)],
        S=density,
        names=("q1", "p1", "q2", "p2"),
        conserved={"charge": lambda z: z.q1**2 + z.p1**2 + z.q2**2 + z.p2**2},
    )


def maxwell(permittivity: Any = 1.0, permeability: Any = 1.0) -> Multisymplectic:
    r"""Maxwell's equations of a plane wave, $D_t + H_x = 0$, $B_t + E_x = 0$ with $D = \epsilon E$, $B = \mu H$.

    z = (A, D, H) with the vector potential $A_t = -E$, $A_x = B$ and $S = D^2/(2\epsilon) - \mu H^2/2$. A state is
    given by `E` and `B`, or by `A` and `D`.
    """
    scale = lambda factor, f: jnp.asarray(factor, f.dtype) * f

    def convert(space: Any, fields: dict) -> dict:
        rest = {name: value for name, value in fields.items() if name not in ("E", "B")}
        electric = {"D": scale(permittivity, fields["E"])} if "E" in fields else {}
        magnetic = {"A": space.antiderivative(fields["B"])} if "B" in fields else {}
        return electric | magnetic | rest

    return Multisymplectic(
        pairs_t=[("A", "D", -1)],
        pairs_x=[("A", "H", -1)],
        S=lambda t, x, z, args: z.D**2 / (2 * jnp.asarray(permittivity, z.D.dtype)) - scale(permeability, z.H**2) / 2,
        names=("A", "D", "H"),
        given=("A", "D"),
        inputs=("E", "B"),
        convert=convert,
        derived=lambda fields: {
            "E": fields["D"] / jnp.asarray(permittivity, fields["D"].dtype),
            "B": scale(permeability, fields["H"]),
        },
        potentials=("A",),
        conserved={"electric_displacement": lambda z: z.D},
    )
