"""Small solvers with known properties, right and wrong, and the problems they are tried on."""

from functools import cache
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from geomdl import _tree as tree
from geomdl.structure import AbstractStructure
from geomdl.system import HamiltonianSystem, Separable


class Step(NamedTuple):
    state: object
    converged: object = None


def _axpy(h, x, y):
    return jax.tree.map(lambda a, b: b + h * a, x, y)


class Verlet(eqx.Module):
    """Kick `first`, drift, kick `1 - first`: Störmer-Verlet at 1/2; any other number is symplectic, of order 1."""

    first: float = 0.5

    def advance(self, system, t, h, y, args):
        drift, kick = system.hamiltonian.parts
        y = kick.flow(t, self.first * h, y, args)
        y = drift.flow(t, h, y, args)
        return Step(kick.flow(t + h, (1 - self.first) * h, y, args))


class StaleVerlet(eqx.Module):
    """Verlet whose second kick still uses the old force: neither symplectic nor of order 2."""

    def advance(self, system, t, h, y, args):
        drift, kick = system.hamiltonian.parts
        force = kick.increment(t, 0.5 * h, y[0], args)
        q, p = drift.flow(t, h, (y[0], tree.add(y[1], force)), args)
        return Step((q, tree.add(p, force)))


class Euler(eqx.Module):
    def advance(self, system, t, h, y, args):
        return Step(_axpy(h, system.vf(t, y, args), y))


class RK4(eqx.Module):
    weight: float = 2.0  # of the second stage

    def advance(self, system, t, h, y, args):
        k1 = system.vf(t, y, args)
        k2 = system.vf(t + h / 2, _axpy(h / 2, k1, y), args)
        k3 = system.vf(t + h / 2, _axpy(h / 2, k2, y), args)
        k4 = system.vf(t + h, _axpy(h, k3, y), args)
        mean = lambda a, b, c, d: (a + self.weight * b + 2 * c + d) / (4 + self.weight)
        return Step(_axpy(h, jax.tree.map(mean, k1, k2, k3, k4), y))


class Midpoint(eqx.Module):
    """The implicit midpoint rule by fixed-point iteration."""

    iterations: int = eqx.field(static=True, default=40)

    def advance(self, system, t, h, y, args):
        def sweep(_, carry):
            y1, _ = carry
            middle = jax.tree.map(lambda a, b: (a + b) / 2, y, y1)
            new = _axpy(h, system.vf(t + h / 2, middle, args), y)
            return new, tree.max_abs(tree.subtract(new, y1), h.dtype)

        y1, change = jax.lax.fori_loop(0, self.iterations, sweep, (y, jnp.full_like(h, jnp.inf)))
        return Step(y1, change <= 20 * jnp.finfo(h.dtype).eps * (1 + tree.max_abs(y1, h.dtype)))


class Hurried(eqx.Module):
    """A solver whose clock runs fast by `rate`: it stays on the orbit, at the wrong place."""

    solver: eqx.Module
    rate: float = 1e-3

    def advance(self, system, t, h, y, args):
        return self.solver.advance(system, t, (1 + self.rate) * h, y, args)


class Rotation(AbstractStructure):
    """so(3)*: m' = m x dH(m)."""

    def check(self, y):
        pass

    def sharp(self, y, covector):
        return jnp.cross(y, covector)

    def casimirs(self, y):
        return {"length": jnp.sum(y**2), "both": jnp.stack([jnp.sum(y**2), jnp.sum(y**2) ** 2])}


class RotationSplitting(eqx.Module):
    """The free rigid body, one axis after the other, each exactly: a Poisson map."""

    def advance(self, system, t, h, y, args):
        for axis in (0, 1, 2, 1, 0):
            share = h if axis == 2 else h / 2
            i, j = (axis + 1) % 3, (axis + 2) % 3
            angle = share * y[axis] / INERTIA[axis]
            c, s = jnp.cos(angle), jnp.sin(angle)
            y = y.at[i].set(c * y[i] + s * y[j]).at[j].set(c * y[j] - s * y[i])
        return Step(y)


INERTIA = (1.0, 2.0, 3.0)


@cache  # the same functions again: nothing is compiled anew
def pendulum():
    return HamiltonianSystem(Separable(lambda t, p, args: 0.5 * jnp.sum(p**2), lambda t, q, args: -jnp.sum(jnp.cos(q))))


@cache
def henon_heiles():
    def potential(t, q, args):
        return 0.5 * jnp.sum(q["x"] ** 2 + q["y"] ** 2) + jnp.sum(q["x"] ** 2 * q["y"] - q["y"] ** 3 / 3)

    return HamiltonianSystem(Separable(lambda t, p, args: 0.5 * jnp.sum(p["x"] ** 2 + p["y"] ** 2), potential))


@cache
def oscillator():
    return HamiltonianSystem(Separable(lambda t, p, args: 0.5 * jnp.sum(p**2), lambda t, q, args: 0.5 * jnp.sum(q**2)))


@cache
def kepler():
    return HamiltonianSystem(
        Separable(lambda t, p, args: 0.5 * jnp.sum(p**2), lambda t, q, args: -1 / jnp.sqrt(jnp.sum(q**2)))
    )


@cache
def rigid_body():
    energy = lambda t, m, args: 0.5 * jnp.sum(m**2 / jnp.asarray(np.array(INERTIA), m.dtype))
    return HamiltonianSystem(energy, Rotation())


SWING = (jnp.asarray(1.2), jnp.asarray(0.4))
HENON = ({"x": jnp.asarray(0.2), "y": jnp.asarray([0.1])}, {"x": jnp.asarray(0.3), "y": jnp.asarray([-0.2])})
ELLIPSE = (jnp.asarray([0.5, 0.0]), jnp.asarray([0.0, 3.0**0.5]))  # eccentricity 1/2, period 2 pi
BODY = jnp.asarray([0.7, 0.9, -0.5])
