"""Every solver of the library: its order, what it preserves, and how fine a grid it is measured on.

`test_registry.py` measures all of it, and fails for a solver that is not here.
"""

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp

import geomdl as gm
from geomdl import solver as s


@dataclass(frozen=True)
class Method:
    """One entry.

    - `steps`: the numbers of steps over which the order is measured, on the breathing and on the second problem.
    - `symplectic`, `symmetric`, `separable`: what is claimed of it; `separable` says what it needs.
    - `energy`: whether it keeps the energy to round-off.
    - `slow`: compiles long; but for its order measured nightly.
    - `other`: the numbers of steps on the second problem, if not twice `steps`.
    """

    solver: s.AbstractGeometricSolver
    order: int
    steps: tuple = (8, 16, 32)
    symplectic: bool = True
    symmetric: bool = True
    separable: bool = True
    energy: bool = False
    slow: bool = False
    other: tuple = ()

    @property
    def name(self):
        """Short, and the same in every process."""
        text = eqx.tree_pformat(self.solver, width=1000, short_arrays=True)
        for long, short in (
            ("root=FixedPoint()", ""),
            ("truncation=", "order="),
            ("chart=None, ", ""),
            (", )", ")"),
            ("(, ", "("),
            ("()", ""),
        ):
            text = text.replace(long, short)
        return text if len(text) < 60 else f"{text[:40]}...)-{self.order}"


def implicit(solver, order, steps, **claims):
    return Method(solver, order, steps, separable=False, **claims)


def conservative(solver, order, steps, **claims):
    return implicit(solver, order, steps, symplectic=False, energy=True, **claims)


METHODS = [
    Method(s.SymplecticEuler("kick"), 1, (64, 128, 256), symmetric=False),
    Method(s.SymplecticEuler("drift"), 1, (64, 128, 256), symmetric=False),
    Method(s.StormerVerlet(), 2, (32, 64, 128)),
    Method(s.Yoshida4(), 4, (24, 48, 96)),
    Method(s.Suzuki4(), 4),
    Method(s.McLachlan4(), 4),
    Method(s.BlanesMoan4(), 4),
    Method(s.NearIntegrable1064(), 4),
    Method(s.Yoshida6(), 6, (24, 36, 48)),
    Method(s.BlanesMoan6(), 6, (6, 9, 12)),
    Method(s.Yoshida8(), 8, (24, 30, 36)),
    Method(s.KahanLi8(), 8, (8, 11, 14)),
    Method(s.Splitting((0.1931833275037836, 0.5, 0.6136333449924328, 0.5, 0.1931833275037836)), 2, (16, 32, 64)),
    Method(s.Composition(s.StormerVerlet(), s.KAHAN_LI_6, 6), 6),
    Method(s.Composition(s.StormerVerlet(), s.SUZUKI_UMENO_8, 8), 8, (10, 13, 16)),
    implicit(s.Composition(s.ImplicitMidpoint(), s.SUZUKI_4, 4), 4, (8, 16, 32)),
    implicit(s.ImplicitMidpoint(), 2, (32, 64, 128)),
    implicit(s.GaussLegendre(1), 2, (32, 64, 128)),
    implicit(s.GaussLegendre(2), 4, (10, 20, 40)),
    implicit(s.GaussLegendre(2, root=s.Newton()), 4, (10, 20, 40)),
    implicit(s.GaussLegendre(3), 6, (6, 9, 12), other=(24, 30, 36)),
    implicit(s.GaussLegendre(4), 8, (4, 6, 8), other=(24, 28, 32)),
    implicit(s.LobattoPair(2), 2, (32, 64, 128)),
    implicit(s.LobattoPair(3), 4, (10, 20, 40)),
    implicit(s.LobattoPair(4), 6, (8, 12, 16), slow=True),
    implicit(s.ExtendedPhaseSpace(), 2, (32, 64, 128)),
    conservative(s.AverageVectorField(), 2, (32, 64, 128)),
    conservative(s.GonzalezGradient(), 2, (32, 64, 128)),
    conservative(s.ItohAbe(), 1, (64, 128, 256), symmetric=False, other=(2048, 4096, 8192)),
    conservative(s.ItohAbe(symmetrised=True), 2, (32, 64, 128)),
    conservative(s.HBVM(4, 2), 4, (10, 20, 40)),
    conservative(s.HBVM(6, 3), 6, (6, 9, 12), slow=True),
    implicit(s.HamiltonJacobi(2), 2, (32, 64, 128)),
    implicit(s.HamiltonJacobi(4), 4, (12, 24, 48)),
    implicit(s.HamiltonJacobi(6), 6, (10, 14, 20), slow=True),
    implicit(s.HamiltonJacobi(8), 8, (9, 12, 15), other=(30, 36, 42), slow=True),
    *(implicit(s.GeneratingFunction("II", order), order, n, other=other, symmetric=False, slow=order > 2)
      for order, n, other in ((1, (64, 128, 256), ()), (2, (32, 64, 128), ()), (3, (32, 64, 128), (2048, 4096, 8192)),
                              (4, (24, 36, 54), (100, 150, 225)))),
    *(implicit(s.GeneratingFunction("III", order), order, n, other=other, symmetric=False, slow=order > 2)
      for order, n, other in ((1, (64, 128, 256), ()), (2, (32, 64, 128), ()), (3, (32, 64, 128), (2048, 4096, 8192)),
                              (4, (24, 36, 54), (100, 150, 225)))),
    *(implicit(s.GeneratingFunction("I", order), order, n, symmetric=order % 2 == 0, slow=True)
      for order, n in ((1, (64, 128, 256)), (2, (32, 64, 128)), (3, (32, 64, 128)), (4, (16, 24, 36)))),
]  # fmt: skip

#: Solvers that need another kind of system, and where their claims are measured.
ELSEWHERE = {
    "Rattle": "test_constrained.py",
    "Shake": "test_constrained.py",
    "Tao": "test_extended.py",
    "ConformalSplitting": "test_conformal.py",
    "Isospectral": "test_isospectral.py",
    "IsospectralMidpoint": "test_isospectral.py",
    "Strang": "test_lie_poisson_splitting.py",
    "Collective": "test_lie_poisson_splitting.py",
    "LieEuler": "test_lie_group.py",
    "RKMK": "test_lie_group.py",
    "CrouchGrossman3": "test_lie_group.py",
    "CommutatorFree4": "test_lie_group.py",
}

#: One of each way to make a step; what does not depend on the coefficients is tested on these.
FAMILIES = [
    m
    for m in METHODS
    if m.solver
    in (s.SymplecticEuler("drift"), s.StormerVerlet(), s.BlanesMoan4(), s.GaussLegendre(2), s.HamiltonJacobi(2))
]

# Problems. The first depends on time in both parts, the second is not separable, the third stands in for it where a
# method needs T + V.


def breathing_potential(t, q, args):
    """Hénon and Heiles' potential, breathing."""
    x, y = q
    return args["depth"] * (1 + 0.2 * jnp.sin(2 * t)) * (0.5 * (x**2 + y**2) + x**2 * y - y**3 / 3)


def breathing_kinetic(t, p, args):
    return (1 + 0.3 * jnp.cos(t)) * 0.5 * jnp.sum(p**2)


BREATHING = gm.HamiltonianSystem(gm.Separable(breathing_kinetic, breathing_potential))
ARGS = {"depth": 1.1}
START = (jnp.array([0.1, 0.2]), jnp.array([0.3, -0.25]))

TWISTED = gm.problems.nonseparable()
PENDULUM = gm.problems.pendulum()


def second_problem(method):
    """An autonomous problem for a method, with its known answer: `(system, y0, t1, y1)`."""
    problem = PENDULUM if method.separable else TWISTED
    t1 = 3.0
    return problem.system, problem.y0, t1, problem.solution(t1)
