"""The Euler fluid on su(n): fields as matrices, exact solutions, and the limit of large n."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import sph_harm_y

import geomdl as gm
from geomdl.problems import ZeitlinSphere, ZeitlinTorus, euler_sphere, euler_torus


def degrees(L):
    """l and m of every entry of an array of coefficients."""
    return np.arange(L + 1)[:, None], np.r_[0 : L + 1, -L:0][None]


def random_sphere(L, seed=1, only=None):
    l, m = degrees(L)
    keep = (abs(m) <= l) & ((l == only) if only else (l > 0))
    return jnp.asarray(np.where(keep, np.random.default_rng(seed).normal(size=(L + 1, 2 * L + 1)), 0))


def random_torus(n, seed=1):
    field = np.random.default_rng(seed).normal(size=(n, n))
    return jnp.asarray(field - field.mean())


def turned(a, angle):
    """The coefficients of a field that was turned about the axis towards the east."""
    L = len(a) - 1
    m = np.arange(1, L + 1)
    cosine, sine = np.cos(m * angle), np.sin(m * angle)
    a = np.asarray(a)
    b = a.copy()
    b[:, m] = a[:, m] * cosine - a[:, -m] * sine
    b[:, -m] = a[:, m] * sine + a[:, -m] * cosine
    return b


def spin(n):
    k = np.arange(n - 1)
    raising = np.diag(np.sqrt((k + 1) * (n - 1 - k)), 1)
    return (raising + raising.T) / 2, (raising - raising.T) / 2j, np.diag((n - 1) / 2 - np.arange(n))


@eqx.filter_jit
def velocity(problem):
    return problem.system.vf(0.0, problem.y0, None)


def commutator(a, b):
    return a @ b - b @ a


@pytest.mark.parametrize("n", [2, 5, 16])
def test_sphere_fields_become_matrices_and_come_back(n):
    fluid, a = ZeitlinSphere(n), random_sphere(n - 1)
    matrix = fluid.vorticity_to_matrix(a)
    np.testing.assert_array_equal(matrix, -matrix.conj().T)
    np.testing.assert_allclose(jnp.trace(matrix), 0, atol=1e-13)
    np.testing.assert_allclose(fluid.state_to_vorticity(fluid.vorticity_to_state(a)), a, atol=1e-13)
    np.testing.assert_allclose(fluid.matrix_to_vorticity(matrix, 1), a[:2, [0, 1, -1]], atol=1e-13)
    for order, generator in zip((1, -1, 0), spin(n), strict=True):
        coordinate = jnp.zeros((2, 3)).at[1, order].set(np.sqrt(4 * np.pi / 3)).at[0, 0].set(3.0)
        np.testing.assert_allclose(fluid.vorticity_to_matrix(coordinate), 1j * fluid.planck * generator, atol=1e-13)
    np.testing.assert_allclose(sum(s @ s for s in spin(n)) * fluid.planck**2, np.eye(n), atol=1e-13)


@pytest.mark.parametrize("n", [2, 7, pytest.param(32, marks=pytest.mark.slow)])
def test_the_laplacian_of_the_sphere(n):
    """Against the double commutators that define it, and the eigenvalues -l (l + 1)."""
    fluid, a = ZeitlinSphere(n), random_sphere(n - 1)
    l, _ = degrees(n - 1)
    state = fluid.vorticity_to_state(a)
    stream = fluid.state_to_matrix(fluid.inverse_laplacian(state))
    np.testing.assert_allclose(
        fluid.matrix_to_vorticity(stream), np.asarray(a) / np.where(l > 0, -l * (l + 1), 1), atol=1e-13
    )
    laplacian = -sum(commutator(s, commutator(s, np.asarray(stream))) for s in spin(n))
    np.testing.assert_allclose(laplacian, fluid.state_to_matrix(state), atol=1e-12)


@pytest.mark.parametrize("n", [3, pytest.param(5, marks=pytest.mark.slow)])
def test_torus_fields_become_matrices_and_come_back(n):
    """By the clock and the shift, with the structure constants of the sine bracket."""
    fluid, field = ZeitlinTorus(n), random_torus(n)
    np.testing.assert_allclose(fluid.state_to_vorticity(fluid.vorticity_to_state(field + 1)), field, atol=1e-14)
    zeta = np.exp(2j * np.pi / n)
    clock, shift = np.diag(zeta ** (2 * np.arange(n))), np.roll(np.eye(n), 1, axis=1)
    power = np.linalg.matrix_power
    mode = lambda k: zeta ** (k[0] * k[1]) * power(clock, k[0] % n) @ power(shift, k[1] % n)
    waves = np.fft.fftfreq(n, 1 / n).round().astype(int)
    amplitudes = np.fft.fft2(field, norm="forward")
    expected = 1j * sum(amplitudes[k] * mode(k) for k in ((p, q) for p in waves for q in waves))
    np.testing.assert_allclose(fluid.vorticity_to_matrix(field), expected, atol=1e-14)
    k, l = (1, -1), (0, 1)
    bracket = commutator(mode(k), mode(l)) / (1j * fluid.planck)
    total = mode((1, 0))
    np.testing.assert_allclose(bracket, -n / (2 * np.pi) * np.sin(2 * np.pi / n) * total, atol=1e-13)
    stream = fluid.state_to_vorticity(fluid.inverse_laplacian(fluid.vorticity_to_state(field)))
    squares = waves[:, None] ** 2 + waves**2
    squares[0, 0] = 1
    np.testing.assert_allclose(stream, np.fft.ifft2(np.fft.fft2(field) / -squares).real, atol=1e-14)


def test_the_equation_of_the_sphere():
    """m' = ad* m is W' = [P, W] / hbar, also in a frame that rotates; energy and enstrophy are those of the fields."""
    n, rotation = 8, 0.7
    a = random_sphere(n - 1)
    l, _ = degrees(n - 1)
    problem = euler_sphere(n, a, rotation)
    fluid = problem.system.hamiltonian.fluid
    absolute = np.array(a)
    absolute[1, 0] += 2 * rotation * np.sqrt(4 * np.pi / 3)
    vorticity = np.asarray(fluid.vorticity_to_matrix(jnp.asarray(absolute)))
    squares = np.where(l > 0, l * (l + 1.0), 1)
    stream = np.asarray(fluid.vorticity_to_matrix(-a / squares))
    moving = fluid.state_to_matrix(velocity(problem))
    np.testing.assert_allclose(fluid.state_to_matrix(problem.y0), vorticity, atol=1e-13)
    np.testing.assert_allclose(moving, commutator(stream, vorticity) / fluid.planck, atol=1e-12)
    invariants = {name: f(0.0, problem.y0, None) for name, f in problem.invariants.items()}
    np.testing.assert_allclose(invariants["energy"], np.sum(a**2 / squares) / 2, rtol=1e-13)
    np.testing.assert_allclose(invariants["enstrophy"], np.sum(absolute**2), rtol=1e-13)
    momentum = np.sqrt(4 * np.pi / 3) * absolute[1, [1, -1, 0]]
    np.testing.assert_allclose(invariants["angular_momentum"], momentum, rtol=1e-13)


def test_the_equation_of_the_torus():
    """Against sums over sine brackets, written out."""
    n = 5
    field = random_torus(n)
    problem = euler_torus(n, field + 2)
    fluid = problem.system.hamiltonian.fluid
    waves = np.fft.fftfreq(n, 1 / n).round().astype(int)
    amplitudes = np.fft.fft2(field, norm="forward")
    rate = np.zeros((n, n), complex)
    for k in np.ndindex(n, n):
        for l in np.ndindex(n, n):
            p, q = (waves[l[0]], waves[l[1]])
            if p or q:
                sine = np.sin(2 * np.pi / n * (k[0] * q - k[1] * p))
                other = amplitudes[(k[0] - p) % n, (k[1] - q) % n]
                rate[k] += n / (2 * np.pi) * sine * amplitudes[l] * other / (p**2 + q**2)
    found = fluid.state_to_vorticity(velocity(problem))
    np.testing.assert_allclose(np.fft.fft2(found, norm="forward"), rate, atol=1e-13)
    squares = waves[:, None] ** 2 + waves**2
    squares[0, 0] = 1
    energy = 2 * np.pi**2 * np.sum(abs(amplitudes) ** 2 / squares)
    np.testing.assert_allclose(problem.invariants["energy"](0.0, problem.y0, None), energy, rtol=1e-13)
    enstrophy = problem.invariants["enstrophy"](0.0, problem.y0, None)
    np.testing.assert_allclose(enstrophy, 4 * np.pi**2 * np.mean(field**2), rtol=1e-13)


@pytest.mark.parametrize("degree", [1, 2, 5])
def test_harmonics_of_one_degree_are_steady(degree):
    problem = euler_sphere(8, random_sphere(7, only=degree))
    assert jnp.abs(velocity(problem)).max() < 1e-14 * jnp.abs(problem.y0).max()


def test_waves_of_one_length_are_steady():
    i, j = np.indices((9, 9)) * 2 * np.pi / 9
    rate = lambda field: jnp.abs(velocity(euler_torus(9, field))).max()
    wave = np.cos(2 * i + j + 0.3)
    assert rate(wave) < 1e-15
    assert rate(wave + 0.7 * np.sin(i - 2 * j)) < 1e-15
    assert rate(wave + 0.7 * np.sin(i - j)) > 1e-3


@pytest.mark.parametrize(
    ("rotation", "spun"),
    [*(pytest.param(*case, marks=pytest.mark.slow) for case in ((0.8, 0.0), (0.0, 0.8))), (0.5, 0.4)],
)
def test_rossby_haurwitz_waves(rotation, spun):
    r"""A pattern of one degree on a rotating sphere, and on a fluid that itself turns, is only carried along.

    With f = 2 A z and a fluid that turns with B, the pattern turns with B - 2 (A + B) / (l (l + 1)).
    """
    n, degree, end = 8, 3, 1.7
    a = random_sphere(degree, only=degree).at[1, 0].set(2 * spun * np.sqrt(4 * np.pi / 3))
    problem = euler_sphere(n, a, rotation)
    fluid = problem.system.hamiltonian.fluid
    run = gm.integrate(problem.system, gm.Isospectral(3), problem.y0, dt=end / 48, num_steps=48)
    found = fluid.matrix_to_vorticity(fluid.state_to_matrix(run.ys[-1]), degree)
    angle = (spun - 2 * (rotation + spun) / (degree * (degree + 1))) * end
    expected = turned(a.at[1, 0].add(2 * rotation * np.sqrt(4 * np.pi / 3)), angle)
    np.testing.assert_allclose(found, expected, atol=1e-8)
    assert abs(expected - a).max() > 0.1


def test_a_rotating_frame_is_only_a_frame():
    n, rotation, t = 8, 0.6, 0.4
    a = random_sphere(n - 1)
    inside = euler_sphere(n, a, rotation)
    fluid = inside.system.hamiltonian.fluid
    absolute = fluid.state_to_vorticity(inside.y0)
    outside = euler_sphere(n, absolute)
    end = lambda problem: gm.integrate(problem.system, gm.Isospectral(3), problem.y0, dt=t / 10, num_steps=10).ys[-1]
    here, there = (fluid.state_to_vorticity(end(problem)) for problem in (inside, outside))
    np.testing.assert_allclose(turned(here, rotation * t), there, atol=1e-9)
    assert np.abs(there - absolute).max() > 0.1


SPHERE = euler_sphere(8, random_sphere(4))
TURNING = euler_sphere(8, random_sphere(4), rotation=0.7)
TORUS = euler_torus(7)


@pytest.mark.parametrize(
    "problem",
    [SPHERE, *(pytest.param(problem, marks=pytest.mark.slow) for problem in (TURNING, TORUS))],
    ids=["sphere", "rotating sphere", "torus"],
)
def test_what_is_constant_along_a_run(problem):
    """To round-off but for the energy; of the angular momentum in a rotating frame only what does not turn there."""
    run = gm.integrate(problem.system, gm.IsospectralMidpoint(), problem.y0, dt=0.02, num_steps=400, save_every=100)
    values = lambda t, m: (
        problem.system.structure.casimirs(m) | {name: f(t, m, None) for name, f in problem.constants.items()}
    )
    found = jax.vmap(values)(run.ts, run.ys)
    assert found.keys() >= {"spectrum", "enstrophy"}
    if problem is TURNING:
        momenta = found.pop("angular_momentum")
        np.testing.assert_allclose(momenta[:, :2], momenta[:1, :2].repeat(5, axis=0), atol=3e-3)
        found["axial"] = momenta[:, 2]
    for name, value in found.items():
        start = np.broadcast_to(value[:1], value.shape)
        np.testing.assert_allclose(value, start, rtol=1e-12, atol=1e-12 * np.abs(start).max(), err_msg=name)
    energies = jax.vmap(lambda m: problem.system.hamiltonian(0.0, m, None))(run.ys)
    assert jnp.abs(energies / energies[0] - 1).max() < 1e-3
    assert jnp.abs(run.ys[-1] - run.ys[0]).max() > 0.3 * jnp.abs(run.ys[0]).max()


def test_brackets_of_harmonics_in_the_limit():
    """{Y_31, Y_2-1} of the sphere by quadrature; commutators come to it like 1/n²."""
    nodes, weights = np.polynomial.legendre.leggauss(12)
    theta, phi = np.arccos(nodes)[:, None], np.arange(16)[None] * np.pi / 8

    def harmonic(l, m, theta, phi):
        value = sph_harm_y(l, abs(m), theta, phi) * (-1) ** m * (np.sqrt(2) if m else 1)
        return value.real if m >= 0 else value.imag

    def slopes(l, m):
        """By differences: along phi, and along z."""
        eps = 1e-5
        z = np.cos(theta)
        along = lambda theta, phi: harmonic(l, m, theta, phi)
        east = (along(theta, phi + eps) - along(theta, phi - eps)) / (2 * eps)
        up = (along(np.arccos(z + eps), phi) - along(np.arccos(z - eps), phi)) / (2 * eps)
        return east, up

    (f_phi, f_z), (g_phi, g_z) = slopes(3, 1), slopes(2, -1)
    bracket = f_phi * g_z - f_z * g_phi
    project = lambda l, m: np.sum(weights[:, None] * bracket * harmonic(l, m, theta, phi)) * np.pi / 8
    exact = {(l, m): project(l, m) for l in range(1, 5) for m in range(-l, l + 1)}

    def error(n):
        fluid = ZeitlinSphere(n)
        unit = lambda l, m: fluid.vorticity_to_matrix(jnp.zeros((4, 7)).at[l, m].set(1.0))
        # i F, i G: their commutator is -[F, G] = -i hbar {f, g}, and i times that field is sought.
        found = fluid.matrix_to_vorticity(-commutator(unit(3, 1), unit(2, -1)) / fluid.planck, 4)
        return max(abs(found[index] - value) for index, value in exact.items())

    assert max(map(abs, exact.values())) > 0.1
    errors = [error(n) for n in (8, 16, 32)]
    np.testing.assert_allclose(np.log2(errors[:-1]) - np.log2(errors[1:]), 2, atol=0.2)


def test_euler_equations_on_the_torus_in_the_limit():
    """The rate of a smooth vorticity, against the advection of its Fourier series; the difference is like 1/n²."""

    def error(n):
        i, j = np.indices((n, n)) * 2 * np.pi / n
        field = np.cos(i) + np.sin(2 * j + 0.4) + 0.5 * np.cos(i + j + 1)
        stream_x = np.sin(i) + 0.25 * np.sin(i + j + 1)
        stream_y = -0.5 * np.cos(2 * j + 0.4) + 0.25 * np.sin(i + j + 1)
        along_x = -np.sin(i) - 0.5 * np.sin(i + j + 1)
        along_y = 2 * np.cos(2 * j + 0.4) - 0.5 * np.sin(i + j + 1)
        return np.abs(rate(n, jnp.asarray(field)) - (stream_y * along_x - stream_x * along_y)).max()

    @partial(jax.jit, static_argnums=0)
    def rate(n, field):
        problem = euler_torus(n, field)
        return problem.system.hamiltonian.fluid.state_to_vorticity(velocity(problem))

    assert error(21) < 0.5
    np.testing.assert_allclose(error(21) / error(43), (43 / 21) ** 2, rtol=0.1)


def test_values_on_a_grid():
    theta, phi = np.linspace(0.0, np.pi, 7), np.linspace(-3, 6, 5)
    l, m = degrees(6)
    a = random_sphere(6).at[0, 0].set(0.3)
    sizes = np.where(m == 0, 1, np.sqrt(2)) * (-1.0) ** abs(m)
    expected = 0
    for place in zip(*np.nonzero(abs(m) <= l), strict=True):
        degree, order = l[place[0], 0], m[0, place[1]]
        value = sph_harm_y(degree, abs(order), theta[:, None], phi) * sizes[0, place[1]]
        expected = expected + a[place] * (value.real if order >= 0 else value.imag)
    fluid = ZeitlinSphere(9)
    found = fluid.on_grid(fluid.vorticity_to_state(a), jnp.asarray(theta), jnp.asarray(phi))
    np.testing.assert_allclose(found, expected - 0.3 / np.sqrt(4 * np.pi), atol=1e-12)


@pytest.mark.parametrize(
    "problem", [pytest.param(TURNING, marks=pytest.mark.slow), TORUS], ids=["rotating sphere", "torus"]
)
def test_derivatives_of_the_energy(problem):
    """The differential is known: one inverse Laplacian; further derivatives, batches and copies go through it."""
    energy = lambda m: problem.system.hamiltonian(0.0, m, None)
    fluid, m = problem.system.hamiltonian.fluid, problem.y0
    gradient = jax.grad(energy)

    @jax.jit
    def values(m):
        copies = jnp.stack([m, 2 * m])
        each = jax.vmap(energy)(copies), jax.vmap(gradient)(copies)
        return energy(m), gradient(m), jax.hessian(energy)(m), each, (energy(copies), gradient(copies))

    value, slope, hessian, each, (total, slopes) = values(m)
    offset = 0 if problem is TORUS else problem.system.hamiltonian.background
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-12)
    np.testing.assert_allclose(slope, hessian @ (m - offset), atol=1e-12)
    np.testing.assert_allclose(value, (m - offset) @ slope / 2, rtol=1e-12)
    np.testing.assert_allclose(total, jnp.sum(each[0]), rtol=1e-13)
    np.testing.assert_allclose(slopes, each[1], atol=1e-13)
    operations = lambda f: len(jax.make_jaxpr(f)(m).jaxpr.eqns)
    assert operations(gradient) < 1.5 * operations(fluid.inverse_laplacian)
    direct = lambda m: jnp.sum(m * fluid.inverse_laplacian(m))
    assert operations(jax.grad(direct)) > 1.8 * operations(fluid.inverse_laplacian)


@pytest.mark.slow
def test_the_wind_of_rotation_can_be_differentiated():
    """And the initial vorticity."""

    @jax.jit
    def number(rotation, a):
        problem = euler_sphere(5, a, rotation)
        return jnp.sum(velocity(problem)[::3])

    a, rotation = random_sphere(3), jnp.asarray(0.4)
    slope, slopes = jax.grad(number, argnums=(0, 1))(rotation, a)
    np.testing.assert_allclose(slope, (number(rotation + 1e-5, a) - number(rotation - 1e-5, a)) / 2e-5, rtol=1e-7)
    change = number(rotation, a * (1 + 1e-5)) - number(rotation, a * (1 - 1e-5))
    np.testing.assert_allclose(jnp.sum(slopes * a), change / 2e-5, rtol=1e-7)


def test_refusals():
    fluid = ZeitlinSphere(5)
    for make, words in (
        (lambda: euler_sphere(1), "`n` is 1"),
        (lambda: ZeitlinSphere(1), "`size` is 1"),
        (lambda: ZeitlinTorus(4), "`size` is 4; give an odd number"),
        (lambda: euler_torus(8), "give an odd number"),
        (lambda: euler_torus(5, np.zeros((4, 5))), "`vorticity`"),
        (lambda: ZeitlinTorus(5).vorticity_to_matrix(jnp.zeros((3, 3))), r"`vorticity` must have the shape \(5, 5\)"),
        (lambda: euler_sphere(5, np.zeros((3, 4))), r"`vorticity` must have the shape \(L \+ 1, 2 L \+ 1\)"),
        (lambda: fluid.vorticity_to_matrix(jnp.zeros((6, 11))), "1 <= L < 5"),
        (lambda: fluid.matrix_to_vorticity(jnp.zeros((5, 5), complex), 5), "`degree` must be from 1 to 4, got 5"),
    ):
        with pytest.raises(gm.InputError, match=words):
            make()


@pytest.mark.slow
def test_the_spectrum_over_ten_thousand_steps():
    problem = euler_sphere(32)
    run = gm.integrate(problem.system, gm.IsospectralMidpoint(), problem.y0, dt=0.02, num_steps=10_000, save_every=1000)
    spectra = jax.vmap(lambda m: problem.system.structure.casimirs(m)["spectrum"])(run.ys)
    assert jnp.abs(spectra - spectra[:1]).max() < 1e-11 * jnp.abs(spectra[0]).max()
    energies = jax.vmap(lambda m: problem.system.hamiltonian(0.0, m, None))(run.ys)
    assert jnp.abs(energies / energies[0] - 1).max() < 3e-4
    momenta = jax.vmap(lambda m: problem.constants["angular_momentum"](0.0, m, None))(run.ys)
    assert jnp.abs(momenta - momenta[:1]).max() < 1e-11
    assert jnp.abs(run.ys[-1] - run.ys[0]).max() > 0.3 * jnp.abs(run.ys[0]).max()
