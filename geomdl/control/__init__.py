"""Deep networks as discrete optimal control: the Pontryagin sweep.

Convention of the whole library, the minimum principle: `H(t, x, p, u) = p . f(t, x, u) + R(t, x, u)`, `x' = H_p`,
`p' = -H_x`, `p(T) = +dPhi/dx(x(T))`, `u = argmin H`. The costate p is then the cotangent of the cost.
"""

from geomdl.control._choose import choose_adjoint
from geomdl.control._depth import depth_penalty, prolong
from geomdl.control._feedback import feedback, linear_feedback
from geomdl.control._field import hamiltonian, per_example, simplex_steps
from geomdl.control._flow import flow
from geomdl.control._hjb import Value, solve_hjb
from geomdl.control._laws import mmd
from geomdl.control._memory import MemoryEstimate, memory_estimate
from geomdl.control._parareal import Parareal, parareal_sweep
from geomdl.control._stability import STABLE, UNSTABLE, StableDepth, stable_depth
from geomdl.control._sweep import Sweep, sweep
from geomdl.control.layer._base import AbstractLayerSolver
from geomdl.control.layer._diffrax import DiffraxSDE
from geomdl.control.layer._implicit_midpoint import ImplicitMidpoint
from geomdl.control.layer._leapfrog import Leapfrog
from geomdl.control.layer._partitioned import AbstractPartitioned, StormerVerlet, SymplecticEuler
from geomdl.control.layer._runge_kutta import RK4, AbstractRungeKutta, Euler, RungeKutta
from geomdl.control.layer._stack import count_layers
from geomdl.control.layer._stochastic import EulerMaruyama, Heun, Noisy, with_noise
from geomdl.control.update._adversarial import Adversarial
from geomdl.control.update._base import AbstractUpdate, ControlProblem, Rows, minimise
from geomdl.control.update._ddp import DDP
from geomdl.control.update._gradient import Gradient, Projected
from geomdl.control.update._sets import BangBang, DiscreteMSA, discretise
from geomdl.control.update._successive import MSA, ExtendedMSA

__all__ = [
    "DDP",
    "MSA",
    "RK4",
    "STABLE",
    "UNSTABLE",
    "AbstractLayerSolver",
    "AbstractPartitioned",
    "AbstractRungeKutta",
    "AbstractUpdate",
    "Adversarial",
    "BangBang",
    "ControlProblem",
    "DiffraxSDE",
    "DiscreteMSA",
    "Euler",
    "EulerMaruyama",
    "ExtendedMSA",
    "Gradient",
    "Heun",
    "ImplicitMidpoint",
    "Leapfrog",
    "MemoryEstimate",
    "Noisy",
    "Parareal",
    "Projected",
    "Rows",
    "RungeKutta",
    "StableDepth",
    "StormerVerlet",
    "Sweep",
    "SymplecticEuler",
    "Value",
    "choose_adjoint",
    "count_layers",
    "depth_penalty",
    "discretise",
    "feedback",
    "flow",
    "hamiltonian",
    "linear_feedback",
    "memory_estimate",
    "minimise",
    "mmd",
    "parareal_sweep",
    "per_example",
    "prolong",
    "simplex_steps",
    "solve_hjb",
    "stable_depth",
    "sweep",
    "with_noise",
]
