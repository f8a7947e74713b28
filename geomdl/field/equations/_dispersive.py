"""Dispersive waves in one direction and two: Korteweg-de Vries and its relatives."""

from typing import Any

from jaxtyping import Array

from geomdl.field._equation import Multisymplectic


def _mass(z: Any) -> Array:
    return z.u


def kdv() -> Multisymplectic:
    r"""Korteweg and de Vries' equation $u_t + 6 u u_x + u_{xxx} = 0$.

    $z = (\phi, u, v, w)$ with $\phi_x = u$, $v = u_x$, $w = (3 u^2 + u_{xx})/2$ and $S = v^2/2 - u w + u^3$. A state is
    given by `u`. **Source:** Zhao & Qin, *J. Phys. A* 33 (2000), 3613-3626.
    """

    def complete(space: Any, fields: dict, t: Any, args: Any) -> dict:
        u = fields["u"]
        v = space.derivative(u)
        return {"phi": space.antiderivative(u), "v": v, "w": (3 * u**2 + space.derivative(v)) / 2}

    return Multisymplectic(
        pairs_t=[("u", "phi", 1 / 2)],
        pairs_x=[("w", "phi", 1), ("u", "v", 1)],
        S=lambda t, x, z, args: z.v**2 / 2 - z.u * z.w + z.u**3,
        names=("phi", "u", "v", "w"),
        given=("u",),
        complete=complete,
        potentials=("phi",),
        conserved={"mass": _mass},
    )


def zakharov_kuznetsov() -> Multisymplectic:
    r"""Zakharov and Kuznetsov's equation $u_t + u u_x + u_{xxx} + u_{xyy} = 0$, in two dimensions.

    $z = (\phi, u, v, s, w)$ with $\phi_x = u$, $v = u_x$, $s = u_y$, $w = (u^2/2 + u_{xx} + u_{yy})/2$ and
    $S = v^2/2 + s^2/2 - u w + u^3/6$. A state is given by `u`.
    """

    def complete(space: Any, fields: dict, t: Any, args: Any) -> dict:
        u = fields["u"]
        v, s = space.derivative(u, 0), space.derivative(u, 1)
        w = (u**2 / 2 + space.derivative(v, 0) + space.derivative(s, 1)) / 2
        return {"phi": space.antiderivative(u), "v": v, "s": s, "w": w}

    return Multisymplectic(
        pairs_t=[("u", "phi", 1 / 2)],
        pairs_x=[("w", "phi", 1), ("u", "v", 1)],
        pairs_y=[("u", "s", 1)],
        S=lambda t, x, z, args: z.v**2 / 2 + z.s**2 / 2 - z.u * z.w + z.u**3 / 6,
        names=("phi", "u", "v", "s", "w"),
        given=("u",),
        complete=complete,
        potentials=("phi",),
        conserved={"mass": _mass},
    )


def boussinesq() -> Multisymplectic:
    r"""The good Boussinesq equation $u_{tt} = (u - u^2 - u_{xx})_{xx}$.

    $z = (\phi, u, v, p, q)$ with $\phi_x = u$, $v = \phi_t$, $q = -u_x$, $p = u_{xx} - u + u^2$ and
    $S = v^2/2 - q^2/2 + p u + u^2/2 - u^3/3$. A state is given by `u` and `v`, with $v_x = u_t$, or by `phi` and `v`.
    """

    def convert(space: Any, fields: dict) -> dict:
        return fields if "u" not in fields or "phi" in fields else fields | {"phi": space.antiderivative(fields["u"])}

    def complete(space: Any, fields: dict, t: Any, args: Any) -> dict:
        u = space.derivative(fields["phi"])
        slope = space.derivative(u)
        return {"u": u, "q": -slope, "p": space.derivative(slope) - u + u**2}

    return Multisymplectic(
        pairs_t=[("phi", "v", 1)],
        pairs_x=[("phi", "p", 1), ("u", "q", 1)],
        S=lambda t, x, z, args: z.v**2 / 2 - z.q**2 / 2 + z.p * z.u + z.u**2 / 2 - z.u**3 / 3,
        names=("phi", "u", "v", "p", "q"),
        given=("phi", "v"),
        complete=complete,
        inputs=("u",),
        convert=convert,
        potentials=("phi",),
        conserved={"mass": _mass},
    )


def camassa_holm() -> Multisymplectic:
    r"""Camassa and Holm's equation $u_t - u_{xxt} + 3 u u_x = 2 u_x u_{xx} + u u_{xxx}$.

    $z = (u, \phi, w, v, n)$ with $\phi_x = u$, $n = u_x$, $w_x = u_t/2$, $v = w_x + u n$ and
    $S = -w u - u^3/2 - u n^2/2 + n v$. A state is given by `u`.
    **Source:** Cohen, Owren & Raynaud, *J. Comput. Phys.* 227 (2008), 5492-5512.
    """

    def complete(space: Any, fields: dict, t: Any, args: Any) -> dict:
        u = fields["u"]
        n = space.derivative(u)
        w = space.helmholtz((space.derivative(u * n) - 3 * u**2 / 2 - n**2 / 2) / 2)
        return {"phi": space.antiderivative(u), "n": n, "w": w, "v": space.derivative(w) + u * n}

    return _regularised(lambda t, x, z, args: -z.w * z.u - z.u**3 / 2 - z.u * z.n**2 / 2 + z.n * z.v, complete)


def bbm() -> Multisymplectic:
    r"""Benjamin, Bona and Mahony's equation $u_t - u_{xxt} + u u_x = 0$.

    The form with a term $u_x$ is that of u + 1. $z = (u, \phi, w, v, n)$ with $\phi_x = u$, $n = u_x$,
    $w_x = v = u_t/2$ and $S = -w u - u^3/6 + n v$. A state is given by `u`.
    """

    def complete(space: Any, fields: dict, t: Any, args: Any) -> dict:
        u = fields["u"]
        w = space.helmholtz(-(u**2) / 4)
        return {"phi": space.antiderivative(u), "n": space.derivative(u), "w": w, "v": space.derivative(w)}

    return _regularised(lambda t, x, z, args: -z.w * z.u - z.u**3 / 6 + z.n * z.v, complete)


def _regularised(density: Any, complete: Any) -> Multisymplectic:
    """With the dispersion of $u_t - u_{xxt}$."""
    return Multisymplectic(
        pairs_t=[("phi", "u", 1 / 2), ("n", "u", -1 / 2)],
        pairs_x=[("v", "u", -1), ("w", "phi", 1)],
        S=density,
        names=("u", "phi", "w", "v", "n"),
        given=("u",),
        complete=complete,
        potentials=("phi",),
        conserved={"mass": _mass},
    )
