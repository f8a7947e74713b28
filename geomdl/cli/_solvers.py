"""The solvers by name, for the command line."""

from types import MappingProxyType

from geomdl import solver as methods
from geomdl._errors import require
from geomdl.cli._fluid import is_fluid
from geomdl.problems import Problem
from geomdl.solver import AbstractGeometricSolver
from geomdl.structure import Canonical, LiePoisson
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
        "isospectral-midpoint": methods.IsospectralMidpoint(),
        "isospectral": methods.Isospectral(),
        "lobatto": methods.LobattoPair(),
        "extended-phase-space": methods.ExtendedPhaseSpace(),
        "average-vector-field": methods.AverageVectorField(),
        "gonzalez": methods.GonzalezGradient(),
        "itoh-abe": methods.ItohAbe(symmetrised=True),
        "hbvm": methods.HBVM(),
    }
)
#: Those of which one may choose the number of stages.
FAMILIES: MappingProxyType[str, type] = MappingProxyType(
    {"gauss-legendre": methods.GaussLegendre, "lobatto": methods.LobattoPair, "isospectral": methods.Isospectral}
)


def choose_solver(name: str | None, stages: int | None, problem: Problem) -> tuple[str, AbstractGeometricSolver]:
    """The solver of this name with so many stages; without a name one that suits the problem."""
    if name is None:
        name = _family(problem) if stages is not None else _suitable(problem)
    _check(name, problem)
    if stages is None:
        return name, SOLVERS[name]
    known = f"{', '.join(list(FAMILIES)[:-1])} and {list(FAMILIES)[-1]}"
    require(name in FAMILIES, f"`--stages` goes with {known}, not with {name}.")
    return name, FAMILIES[name](stages=stages)


def _suitable(problem: Problem) -> str:
    if not isinstance(problem.system.structure, Canonical):
        return "isospectral-midpoint" if is_fluid(problem) else "hamilton-jacobi-4"
    return "blanes-moan-4" if isinstance(problem.system.hamiltonian, Separable) else "gauss-legendre-8"


def _family(problem: Problem) -> str:
    return "isospectral" if is_fluid(problem) else "gauss-legendre"


def _check(name: str, problem: Problem) -> None:
    """Refuse, in the words of the command line, what the solver would refuse in those of the library."""
    solver, structure, title = SOLVERS[name], problem.system.structure, problem.name.replace("_", "-")
    if isinstance(structure, Canonical):
        require(
            isinstance(problem.system.hamiltonian, Separable) or not isinstance(solver, methods.AbstractSplitting),
            f"{name} needs H = T(p) + V(q), which that of {title} is not: take gauss-legendre-8, implicit-midpoint or "
            "hamilton-jacobi-4.",
        )
    else:
        halves = methods.AbstractSplitting | methods.LobattoPair | methods.ExtendedPhaseSpace
        require(
            not isinstance(solver, halves),
            f"{name} needs positions and momenta, which {title} has not: take hamilton-jacobi-4.",
        )
    require(
        (isinstance(structure, LiePoisson) and structure.algebra.quadratic)
        or not isinstance(solver, methods.IsospectralMidpoint | methods.Isospectral),
        f"{name} needs a problem on so(n) or su(n), which {title} is not: take hamilton-jacobi-4.",
    )
