"""Deep networks as discrete optimal control: the Pontryagin sweep.

Convention of the whole library, the minimum principle: `H(t, x, p, u) = p . f(t, x, u) + R(t, x, u)`, `x' = H_p`,
`p' = -H_x`, `p(T) = +dPhi/dx(x(T))`, `u = argmin H`. The costate p is then the cotangent of the cost.
"""

from geomdl.control._choose import choose_adjoint
from geomdl.control._field import hamiltonian, per_example, simplex_steps
from geomdl.control._flow import flow
from geomdl.control._implicit_midpoint import ImplicitMidpoint
from geomdl.control._leapfrog import Leapfrog
from geomdl.control._memory import MemoryEstimate, memory_estimate
from geomdl.control._partitioned import AbstractPartitioned, StormerVerlet, SymplecticEuler
from geomdl.control._problem import count_layers
from geomdl.control._runge_kutta import RK4, AbstractRungeKutta, Euler, RungeKutta
from geomdl.control._solver import AbstractLayerSolver
from geomdl.control._sweep import Sweep, sweep

__all__ = [
    "RK4",
    "AbstractLayerSolver",
    "AbstractPartitioned",
    "AbstractRungeKutta",
    "Euler",
    "ImplicitMidpoint",
    "Leapfrog",
    "MemoryEstimate",
    "RungeKutta",
    "StormerVerlet",
    "Sweep",
    "SymplecticEuler",
    "choose_adjoint",
    "count_layers",
    "flow",
    "hamiltonian",
    "memory_estimate",
    "per_example",
    "simplex_steps",
    "sweep",
]
