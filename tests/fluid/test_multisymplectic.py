"""The controlled density as a multisymplectic field: its form, Preissman's boxes, and their local law."""

from functools import lru_cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError, field
from geomdl.fluid import (
    BoxNewton,
    Congestion,
    Grid,
    MeanFieldControl,
    Potential,
    fokker_planck_residual,
    from_multisymplectic,
    linear_quadratic,
    multisymplectic_form,
    multisymplectic_residual,
    solve,
    to_multisymplectic,
)

NU, HORIZON = 0.3, 0.5


def crowding(rho):
    """What the density costs; the energy of the form is minus this."""
    return 2 * rho**2 + rho**3 / 3


def energy(rho):
    return -crowding(rho)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", [(), (7,), (5, 4)])
def test_round_trips(shape, dtype):
    random = np.random.default_rng(0)
    given = [jnp.asarray(random.uniform(0.5, 2.0, shape), dtype) for _ in range(4)]
    there = to_multisymplectic(*given, NU)
    back = from_multisymplectic(*there, NU)
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    for got, want in zip((*back, *to_multisymplectic(*back, NU)), (*given, *there), strict=True):
        assert got.dtype == want.dtype == jnp.dtype(dtype)
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)
    assert jnp.min(jnp.abs(there[2] - given[0] * given[3])) > 0.1


def test_the_steered_gaussian_solves_the_form():
    """In closed form, without a running cost; another nu, its other sign, and another energy are noticed."""
    _, o = linear_quadratic(
        Grid(4, -4.0, 4.0), pull=0.0, spread=0.0, final_pull=4.0, final_spread=0.0, mean=-1.0, variance=0.3, nu=NU
    )
    w = lambda t: 1 + 4 * (1.0 - t)
    phi = lambda t, x: -2 / w(t) * x[0] ** 2 - NU * jnp.log(w(t))
    np.testing.assert_allclose(jax.grad(lambda x: phi(0.3, x))(jnp.ones(1)), o.velocity(0.3, jnp.ones(1)), rtol=1e-12)

    @jax.jit
    @partial(jax.vmap, in_axes=(0, 0, None, None))
    def left(nu, strength, t, x):
        return multisymplectic_residual(o.density, phi, lambda rho: strength * rho**2, nu, t, x)

    nus, strengths = jnp.asarray([NU, -NU, 1.5 * NU, NU]), jnp.asarray([0.0, 0.0, 0.0, 0.1])
    for t, x in [(0.2, -0.9), (0.5, 0.4), (0.9, -0.2)]:
        found = left(nus, strengths, jnp.asarray(t), jnp.asarray([x]))
        np.testing.assert_allclose(found[0], 0, atol=1e-11)
        assert jnp.min(jnp.abs(found[1:3, :2])) > 1e-3  # both equations hold nu
        assert jnp.abs(found[3, 1]) > 1e-2


def test_rows_are_the_two_equations():
    """For functions that solve nothing."""
    rho = lambda t, x: 1.2 + 0.3 * jnp.sin(x[0] - 2 * t) + 0.1 * t * x[0] ** 2
    phi = lambda t, x: jnp.cos(2 * x[0]) * jnp.exp(-t) + t**2 * x[0]
    felt = lambda t, x: jax.grad(crowding)(rho(t, x))

    @jax.jit
    @jax.vmap
    def both(t, x):
        return multisymplectic_residual(rho, phi, energy, NU, t, x), jnp.stack(
            fokker_planck_residual(rho, phi, NU, felt, t, x)
        )

    found, (mass, value) = (out.T for out in both(jnp.asarray([0.2, 0.7, 1.1]), jnp.asarray([[0.4], [-0.5], [1.3]])))
    assert jnp.min(jnp.abs(jnp.stack([mass, value]))) > 0.05
    np.testing.assert_allclose(found, jnp.stack([mass, -value, 0 * mass, 0 * mass]), rtol=1e-11, atol=1e-12)


def test_the_tools_of_fields_take_the_form():
    """On a grid with spectral derivatives: the flux of mass, the velocity, mass, and the Hamiltonian of control."""
    system = field.FieldSystem(multisymplectic_form(energy, NU), field.PeriodicGrid(31, 2 * np.pi), symbol="spectral")
    x = system.grid.x
    y = system.initial(rho=1.5 + 0.5 * jnp.cos(x), phi=jnp.sin(x) + 0.3 * jnp.cos(2 * x))
    rho, rho_x = 1.5 + 0.5 * jnp.cos(x), -0.5 * jnp.sin(x)
    u, u_x = jnp.cos(x) - 0.6 * jnp.sin(2 * x), -jnp.sin(x) - 1.2 * jnp.cos(2 * x)
    found, kept = jax.jit(lambda y: (system.physical(y), field.invariants(system, y)))(y)
    np.testing.assert_allclose(found["u"], u, atol=1e-12)
    np.testing.assert_allclose(found["a"], rho * u - NU * rho_x, atol=1e-12)
    total = lambda f: jnp.mean(f) * 2 * jnp.pi
    np.testing.assert_allclose(kept["mass"], total(rho), rtol=1e-13)
    np.testing.assert_allclose(kept["energy"], total(rho * u**2 / 2 + NU * rho * u_x - crowding(rho)), rtol=1e-12)


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match=r"`nu` must be positive, got 0.0: .* `field.barotropic_fluid`"):
        multisymplectic_form(energy, 0.0)
    with pytest.raises(InputError, match="`nu` must be a single number"):
        to_multisymplectic(*jnp.ones((4, 3)), jnp.ones(3))
    with pytest.raises(InputError, match="one dimension of space"):
        field.preissman_residual(field.wave_2d(), jnp.ones((2, 2, 4)), jnp.arange(2.0), jnp.arange(2.0))


def test_a_box_by_hand():
    """Of unequal boxes, with walls and without."""
    random = np.random.default_rng(1)
    ts, xs = np.asarray([0.0, 0.2, 0.5]), np.asarray([0.0, 0.3, 0.7, 0.8])
    z = random.uniform(0.5, 1.5, (3, 4, 4))
    equation = multisymplectic_form(energy, NU)
    left = lambda *at, periodic=False: jax.jit(partial(field.preissman_residual, equation, periodic=periodic))(*at)
    found = left(z, ts, xs)
    assert found.shape == (2, 3, 4)
    n, j, dt, dx = 1, 2, 0.3, 0.1
    in_time = (z[n + 1, j] + z[n + 1, j + 1] - z[n, j] - z[n, j + 1]) / (2 * dt)
    in_space = (z[n, j + 1] + z[n + 1, j + 1] - z[n, j] - z[n + 1, j]) / (2 * dx)
    _, rho, a, b = z[n : n + 2, j : j + 2].mean(axis=(0, 1))
    want = [
        in_time[1] + in_space[2],
        -in_time[0] + in_space[3] + (4 * rho + rho**2) - b**2 / (2 * NU**2),
        -in_space[0] - b / NU,
        -in_space[1] - a / NU - rho * b / NU**2,
    ]
    np.testing.assert_allclose(found[n, j], want, rtol=1e-12)
    around = left(z, ts, xs, periodic=True)
    np.testing.assert_array_equal(around[:, :3], found)
    longer = np.concatenate([z, z[:, :1]], axis=1), ts, np.append(xs, 1.1)
    np.testing.assert_allclose(around[:, 3], left(*longer)[:, 3], rtol=1e-12)


class Boxes(NamedTuple):
    """Preissman's boxes on a ring: density and potential at their centres, the value, and all at their corners.

    `tangents`: how what is at the corners moves with two directions of the first density.
    """

    rho: jax.Array
    phi: jax.Array
    value: jax.Array
    z: jax.Array
    tangents: jax.Array


def ring(n):
    rho0 = lambda x: 1 + 0.5 * jnp.cos(jnp.pi * x[0]) + 0.1 * jnp.sin(2 * jnp.pi * x[0])
    goal = Potential(lambda x: 0.6 * jnp.sin(jnp.pi * x[0]))
    return MeanFieldControl(Congestion(1.0, crowding), goal, NU, rho0, HORIZON, Grid(n, 0.0, 2.0, periodic=True))


@lru_cache
def preissman(n, layers):
    r"""Newton's method on all of them: with centres for unknowns, as means of neighbours can be inverted for odd n,
    and the difference quotient of symbol $\tfrac{2i}{dx}\tan(k\,dx/2)$, eliminating a and b."""
    problem = ring(n)
    dx, dt = problem.domain.spacing[0], HORIZON / layers
    symbol = 2j / dx * np.tan(np.pi * np.fft.fftfreq(n))
    D = jnp.asarray(np.fft.ifft(symbol[:, None] * np.fft.fft(np.eye(n), axis=0), axis=0).real)
    to_corners = jnp.asarray(np.linalg.inv((np.eye(n) + np.roll(np.eye(n), 1, axis=1)) / 2))
    goal = 0.6 * jnp.sin(jnp.pi * problem.domain.points()[0])
    slope = lambda f: f @ D.T
    middle = lambda f: (f[1:] + f[:-1]) / 2
    flow = lambda unknown: tuple(jnp.moveaxis(unknown.reshape(layers + 1, 2, n), 1, 0))

    def missed(unknown):
        rho, phi = flow(unknown)
        r, p = middle(rho), middle(phi)
        mass = jnp.diff(rho, axis=0) / dt + slope(r * slope(p) - NU * slope(r))
        value = jnp.diff(phi, axis=0) / dt + slope(p) ** 2 / 2 + NU * slope(slope(p)) - (4 * r + r**2)
        return jnp.concatenate([(rho[0] - problem.rho0)[None], mass, value, (phi[-1] + goal)[None]]).ravel()

    def corners(unknown):
        """With a and b that have the right means over each layer."""
        rho, phi = flow(unknown)
        parts = lambda r, p: (r * slope(p) - NU * slope(r), -NU * slope(p))
        auxiliary = [
            jnp.stack(list(_continued(first, means)))
            for first, means in zip(parts(rho[0], phi[0]), parts(middle(rho), middle(phi)), strict=True)
        ]
        return jnp.stack([f @ to_corners.T for f in (phi, rho, *auxiliary)], axis=-1)

    @jax.jit
    def solved(unknown):
        better = lambda _, at: at - jnp.linalg.solve(jax.jacfwd(missed)(at), missed(at))
        unknown = jax.lax.fori_loop(0, 5, better, unknown)
        x = jnp.pi * problem.domain.points()[0]
        moved = jnp.zeros((2, unknown.size)).at[:, :n].set(jnp.stack([jnp.cos(x), jnp.sin(2 * x + 1)]))
        tangents = jnp.linalg.solve(jax.jacfwd(missed)(unknown), moved.T).T
        rho, phi = flow(unknown)
        r, p = middle(rho), middle(phi)
        value = dt * dx * jnp.sum(r * slope(p) ** 2 / 2 + crowding(r)) + dx * jnp.sum(goal * rho[-1])
        moved = jax.vmap(lambda v: jax.jvp(corners, (unknown,), (v,))[1])(tangents)
        return Boxes(rho, phi, value, corners(unknown), moved), jnp.max(jnp.abs(missed(unknown)))

    rest = jnp.broadcast_to(jnp.stack([problem.rho0, -goal]), (layers + 1, 2, n))
    found, left = solved(rest.ravel())
    assert left < 1e-10
    return found


def _continued(first, means):
    yield first
    for each in means:
        first = 2 * each - first
        yield first


def gaps(n, layers):
    """Between the two schemes: of density, potential and value."""
    boxes, found = preissman(n, layers), solve(ring(n), layers, solver=BoxNewton())
    assert jnp.min(boxes.rho) > 0.1
    assert jnp.max(jnp.abs(boxes.rho[-1] - boxes.rho[0])) > 0.3
    return np.asarray([jnp.max(jnp.abs(getattr(boxes, name) - getattr(found, name))) for name in Boxes._fields[:3]])


def test_preissmans_boxes_find_the_optimum_too():
    assert np.all(gaps(11, 6) < [0.015, 0.03, 0.004])


@pytest.mark.slow
def test_both_schemes_differ_by_the_second_order():
    few, many = gaps(11, 6), gaps(33, 18)
    np.testing.assert_allclose(np.log(few / many) / np.log(3), 2, atol=0.1)
    assert np.all(many < 3e-3)


def test_their_equations_hold_in_every_box():
    n, layers = 11, 6
    z, grid = preissman(n, layers).z, ring(n).domain
    ts, xs = jnp.linspace(0, HORIZON, layers + 1), grid.points()[0] - grid.spacing[0] / 2

    @jax.jit
    def left(sign, nu):
        form = multisymplectic_form(lambda rho: sign * energy(rho), nu)
        return field.preissman_residual(form, z, ts, xs, periodic=True)

    assert left(1.0, NU).shape == (layers, n, 4)
    np.testing.assert_allclose(left(1.0, NU), 0, atol=1e-10)
    assert jnp.max(jnp.abs(left(-1.0, NU))) > 1  # a crowd that likes itself
    assert jnp.max(jnp.abs(left(1.0, 1.1 * NU))) > 0.05


def test_they_conserve_symplecticity_locally():
    """Of two solutions of the linearised two-point problem; not so with one sign of K turned."""
    n, layers = 11, 6
    (u, v), dx, dt = np.asarray(preissman(n, layers).tangents), 2.0 / n, HORIZON / layers
    equation = multisymplectic_form(energy, NU)
    after = lambda f: np.roll(f, -1, axis=1)

    def relative(M, K):
        (cu, cv), (mu, mv) = (((f + after(f)) / 2 for f in (u, v)), ((f[1:] + f[:-1]) / 2 for f in (u, v)))
        in_time = np.diff(np.einsum("tjc,cd,tjd->tj", cu, M, cv), axis=0) / dt
        flux = np.einsum("tjc,cd,tjd->tj", mu, K, mv)
        in_space = (after(flux) - flux) / dx
        assert min(np.max(np.abs(in_time)), np.max(np.abs(in_space))) > 1e-2
        return np.max(np.abs(in_time + in_space)) / max(np.max(np.abs(in_time)), np.max(np.abs(in_space)))

    K = equation.K[0]
    assert relative(equation.M, K) < 1e-11
    for a, b in ((0, 2), (1, 3)):
        turned = K.copy()
        turned[[a, b], [b, a]] *= -1
        assert relative(equation.M, turned) > 0.1
    assert relative(-equation.M, K) > 0.1


@pytest.mark.slow
def test_between_walls_the_other_scheme_solves_them_to_second_order():
    """With slopes by central differences, in the middles of cells, and none beyond the walls."""
    left = []
    for n, layers in ((12, 8), (36, 24)):
        grid = Grid(n, 0.0, 2.0)
        problem = MeanFieldControl(
            Congestion(1.0, crowding), Potential(lambda x: 0.6 * jnp.cos(jnp.pi * x[0] / 2)), NU,
            lambda x: 1 + 0.5 * jnp.cos(jnp.pi * x[0]), HORIZON, grid,
        )  # fmt: skip
        found = solve(problem, layers, solver=BoxNewton())
        faces = lambda f, grid=grid: jnp.pad(jax.vmap(lambda row: grid.gradient(row)[0])(f), ((0, 0), (1, 1)))
        slope = lambda f, faces=faces: (faces(f)[:, 1:] + faces(f)[:, :-1]) / 2
        z = jnp.stack(to_multisymplectic(found.rho, found.phi, slope(found.rho), slope(found.phi), NU), axis=-1)
        r = field.preissman_residual(multisymplectic_form(energy, NU), z, found.ts, grid.points()[0])
        terms = jnp.max(jnp.abs(jnp.diff(z, axis=0)), axis=(0, 1)) * layers / HORIZON  # of the equations of rho and phi
        assert jnp.min(terms[:2]) > 1
        left.append(jnp.stack([jnp.sqrt(jnp.mean(r**2, axis=(0, 1))), jnp.max(jnp.abs(r), axis=(0, 1))]))
    orders = np.log(np.asarray(left[0] / left[1])) / np.log(3)
    np.testing.assert_allclose(orders[0], 2, atol=0.15)
    assert np.all(orders[1] > 1.4)
    assert jnp.max(left[1][0]) < 5e-3
