"""The solvers by name, for the command line."""

from types import MappingProxyType

from geomdl import solver as methods
from geomdl._errors import require
from geomdl.problems import Problem
from geomdl.solver import AbstractGeometricSolver
from geomdl.system import Separable

SOLVERS: MappingProxyType[str, AbstractGeometricSolver] = MappingProxyType(
    {
        "symplectic-euler": methods.SymplecticEuler(),
        "stormer-verlet": methods.StormerVerlet(),
        "yoshida-4": methods.Yoshida4(),
        "yoshida-6": methods.Yoshida6(),
        "yoshida-8": methods.Yoshida8(),
        "suzuki-4": methods.Suzuki4(),
        "mclachlan-4": methods.McLachlan4(),
        "blanes-moan-4": methods.BlanesMoan4(),
        "blanes-moan-6": methods.BlanesMoan6(),
        "kahan-li-8": methods.KahanLi8(),
        "implicit-midpoint": methods.ImplicitMidpoint(),
        "gauss-legendre": methods.GaussLegendre(),
        **{f"gauss-legendre-{order}": methods.GaussLegendre(stages=order // 2) for order in (2, 4, 6, 8, 10, 12, 16)},
        **{f"hamilton-jacobi-{order}": methods.HamiltonJacobi(order) for order in (2, 4, 6, 8)},
        "lobatto": methods.LobattoPair(),
        "extended-phase-space": methods.ExtendedPhaseSpace(),
        "average-vector-field": methods.AverageVectorField(),
        "gonzalez": methods.GonzalezGradient(),
        "itoh-abe": methods.ItohAbe(symmetrised=True),
        "hbvm": methods.HBVM(),
    }
)


def choose_solver(name: str | None, stages: int | None, problem: Problem) -> tuple[str, AbstractGeometricSolver]:
    """The solver of this name with so many stages; without a name one that suits the problem."""
    separable = isinstance(problem.system.hamiltonian, Separable)
    if name is None:
        name = "gauss-legendre" if stages is not None else "blanes-moan-4" if separable else "gauss-legendre-8"
    solver = SOLVERS[name]
    require(
        separable or not isinstance(solver, methods.AbstractSplitting),
        f"{name} needs H = T(p) + V(q), which that of {problem.name.replace('_', '-')} is not: take gauss-legendre-8, "
        "implicit-midpoint or hamilton-jacobi-4.",
    )
    if stages is None:
        return name, solver
    families = {"gauss-legendre": methods.GaussLegendre, "lobatto": methods.LobattoPair}
    require(name in families, f"`--stages` goes with {' and '.join(families)}, not with {name}.")
    return name, families[name](stages=stages)
