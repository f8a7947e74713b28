"""How one step looks: geometric integrators, each also a solver of diffrax."""

from geomdl.solver._base import AbstractGeometricSolver
from geomdl.solver._coefficients import (
    KAHAN_LI_6,
    KAHAN_LI_8,
    SUZUKI_4,
    SUZUKI_UMENO_8,
    YOSHIDA_4,
    YOSHIDA_6,
    YOSHIDA_8,
)
from geomdl.solver._collective import Collective
from geomdl.solver._composition import Composition
from geomdl.solver._conformal import ConformalSplitting
from geomdl.solver._constrained import Rattle, Shake
from geomdl.solver._discrete_gradient import GonzalezGradient, ItohAbe
from geomdl.solver._energy import HBVM, AverageVectorField
from geomdl.solver._extended import ExtendedPhaseSpace, Tao
from geomdl.solver._gauss import GaussLegendre, ImplicitMidpoint
from geomdl.solver._generating import GeneratingFunction
from geomdl.solver._hamilton_jacobi import HamiltonJacobi
from geomdl.solver._implicit import AbstractImplicit
from geomdl.solver._isospectral import Isospectral, IsospectralMidpoint
from geomdl.solver._lie_group import RKMK, CommutatorFree4, CrouchGrossman3, LieEuler
from geomdl.solver._lobatto import LobattoPair
from geomdl.solver._loop import AbstractLoop, Pull, StepLoop, repeat
from geomdl.solver._named import (
    BlanesMoan4,
    BlanesMoan6,
    KahanLi8,
    McLachlan4,
    NearIntegrable1064,
    Suzuki4,
    Yoshida4,
    Yoshida6,
    Yoshida8,
)
from geomdl.solver._root import AbstractRoot, FixedPoint, Newton
from geomdl.solver._splitting import AbstractSplitting
from geomdl.solver._splittings import Splitting, StormerVerlet, SymplecticEuler
from geomdl.solver._step import NO_STEP, Carry, Grid, Step, Tally
from geomdl.solver._strang import Strang

__all__ = [
    "HBVM",
    "KAHAN_LI_6",
    "KAHAN_LI_8",
    "NO_STEP",
    "RKMK",
    "SUZUKI_4",
    "SUZUKI_UMENO_8",
    "YOSHIDA_4",
    "YOSHIDA_6",
    "YOSHIDA_8",
    "AbstractGeometricSolver",
    "AbstractImplicit",
    "AbstractLoop",
    "AbstractRoot",
    "AbstractSplitting",
    "AverageVectorField",
    "BlanesMoan4",
    "BlanesMoan6",
    "Carry",
    "Collective",
    "CommutatorFree4",
    "Composition",
    "ConformalSplitting",
    "CrouchGrossman3",
    "ExtendedPhaseSpace",
    "FixedPoint",
    "GaussLegendre",
    "GeneratingFunction",
    "GonzalezGradient",
    "Grid",
    "HamiltonJacobi",
    "ImplicitMidpoint",
    "Isospectral",
    "IsospectralMidpoint",
    "ItohAbe",
    "KahanLi8",
    "LieEuler",
    "LobattoPair",
    "McLachlan4",
    "NearIntegrable1064",
    "Newton",
    "Pull",
    "Rattle",
    "Shake",
    "Splitting",
    "Step",
    "StepLoop",
    "StormerVerlet",
    "Strang",
    "Suzuki4",
    "SymplecticEuler",
    "Tally",
    "Tao",
    "Yoshida4",
    "Yoshida6",
    "Yoshida8",
    "repeat",
]
