"""Iterations end where their error, as their rate predicts it, is small enough."""

import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import field
from geomdl.field.box._iteration import by_rate, norms

NONE, UNKNOWN = jnp.zeros(2), jnp.ones(())


def contraction(rate, fixed):
    """Errors shrink by `rate` in every round; the first component is a hundred times larger."""
    improve = lambda x: (fixed + rate * (x - fixed), 2 * x)
    return improve, fixed


FIXED = jnp.asarray((1 + 2j) * np.random.default_rng(0).standard_normal((2, 3, 5)) * [[[100]], [[1]]])


@pytest.mark.parametrize(("rate", "rounds"), [(0.01, 5), (-0.01, 5), (0.1, 9), (0.5, 29), (0.9, 191)])
def test_the_error_and_the_number_of_rounds_are_those_of_the_rate(rate, rounds):
    """From zero, the error after k rounds is |rate|^k of the solution: `rounds` is the first that is below 2e-9."""
    improve, fixed = contraction(rate, FIXED)
    found = by_rate(improve, jnp.zeros_like(fixed), NONE, UNKNOWN, tolerance=2e-9, max_iterations=200)
    assert found.converged
    assert found.iterations == rounds == np.ceil(np.log(2e-9) / np.log(abs(rate)))
    assert np.all(norms(found.value - fixed) <= 2e-9 * norms(fixed) * (1 + 1e-6))
    last = (found.value - fixed) / rate + fixed  # the iterate before
    np.testing.assert_allclose(found.bent, 2 * last, rtol=1e-6)


def test_the_size_is_the_mean_over_the_grid():
    f = np.random.default_rng(1).standard_normal((2, 64))
    f -= f.mean(axis=1, keepdims=True)  # a real transform holds the mean once, all else as one of a pair
    waves = jnp.fft.rfft(jnp.asarray(f)).at[:, -1].set(0)
    expected = np.sqrt(32) * np.linalg.norm(np.fft.irfft(waves, n=64), axis=1)
    np.testing.assert_allclose(norms(waves), expected, rtol=1e-12)


def test_round_off_is_reached_and_known():
    improve, fixed = contraction(0.03, FIXED)
    found = by_rate(improve, jnp.zeros_like(fixed), NONE, UNKNOWN, tolerance=1e-19, max_iterations=40)
    assert found.converged
    assert found.iterations <= 14  # 0.03^13 < 1e-19; increments are round-off from the eleventh on
    np.testing.assert_allclose(found.value, fixed, rtol=1e-15)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-5, 1e-8])
def test_errors_that_go_by_turns_do_not_pass_for_small(tolerance):
    """From the first component to the second, where little of them is left, and back, where almost all is."""
    fixed = jnp.stack([FIXED[1], FIXED[1]])
    forth, back = 1e-3, 0.9
    improve = lambda x: (fixed + jnp.stack([back * (x[1] - fixed[1]), forth * (x[0] - fixed[0])]), x)
    guess = jnp.stack([jnp.zeros_like(fixed[0]), fixed[1]])
    found = by_rate(improve, guess, NONE, UNKNOWN, tolerance=tolerance, max_iterations=40)
    assert found.converged
    assert np.all(norms(found.value - fixed) <= tolerance * norms(fixed))


def test_the_rate_of_the_last_step_saves_a_round():
    """And where it is too good to be true, what is seen counts; so does a rate that is seen for the next step."""
    improve, fixed = contraction(0.01, FIXED)
    run = lambda known, tolerance: by_rate(
        improve, jnp.zeros_like(fixed), NONE, jnp.asarray(known), tolerance=tolerance, max_iterations=40
    )
    unknown, remembered, wrong = run(1.0, 1e-3), run(1e-4, 1e-3), run(1e-12, 5e-5)
    assert (unknown.iterations, remembered.iterations, wrong.iterations) == (3, 2, 3)
    assert np.all(norms(wrong.value - fixed) <= 5e-5 * norms(fixed))
    np.testing.assert_allclose([unknown.rate, wrong.rate], 1e-4, rtol=0.02)  # of an iterate 1 percent short
    assert 1e-4 < remembered.rate < 1e-3  # it was not seen: a little less certain


def noisy(rate):
    """A contraction that ends in round-off, never twice the same."""
    noise = lambda x: 3e-16 * FIXED * jnp.cos(1e18 * jnp.real(x - FIXED)).astype(FIXED.dtype)
    return lambda x: (FIXED + rate * (x - FIXED) + noise(x), x)


def test_in_round_off_the_rate_is_the_last_one_seen():
    """Twelve rounds of 0.03 are 5e-19, one more is less than asked for, however much the increments jump about."""
    found = by_rate(noisy(0.03), jnp.zeros_like(FIXED), NONE, UNKNOWN, tolerance=1e-19, max_iterations=40)
    assert found.converged
    assert found.iterations in (12, 13)
    assert np.all(norms(found.value - FIXED) <= 1e-15 * norms(FIXED))


def test_where_there_is_nothing_but_round_off_the_iteration_ends():
    found = by_rate(noisy(0.9), FIXED * (1 + 1e-15), NONE, UNKNOWN, tolerance=1e-19, max_iterations=40)
    assert found.converged
    assert found.iterations <= 8


@pytest.mark.parametrize("rate", [1.0 + 1e-9, 1.1, -1.0, jnp.nan])
def test_what_does_not_shrink_does_not_converge(rate):
    improve, fixed = contraction(rate, FIXED)
    found = by_rate(improve, jnp.zeros_like(fixed), NONE, UNKNOWN, tolerance=1e-9, max_iterations=20)
    assert not found.converged
    assert found.iterations == 20


def test_nothing_is_found_at_once():
    improve, fixed = contraction(0.1, jnp.zeros_like(FIXED))
    found = by_rate(improve, fixed, NONE, UNKNOWN, tolerance=1e-9, max_iterations=20)
    assert found.converged
    assert found.iterations == 1
    assert jnp.all(found.value == 0)


def test_components_smaller_than_their_scale_need_fewer_digits():
    improve, fixed = contraction(0.1, FIXED)
    run = lambda scale: (
        by_rate(improve, jnp.zeros_like(fixed), scale, UNKNOWN, tolerance=2e-9, max_iterations=20).iterations
    )
    assert run(norms(fixed) * 1000) == run(NONE) - 3


@pytest.mark.parametrize("tolerance", [1e-5, 1e-9])
@pytest.mark.parametrize(
    "name",
    [
        name if name == "nls" else pytest.param(name, marks=pytest.mark.slow)
        for name in field.NAMES
        if isinstance(field.load(name).solver.root, field.Fourier)
    ],
)
def test_steps_are_as_exact_as_asked_for(name, tolerance):
    """What each of six steps adds to the distance from the run to round-off, for every component that is iterated."""
    problem = field.load(name, n=(45, 27) if field.load(name).system.equation.dimension == 2 else 135)
    march = lambda y0, steps, root: gm.integrate(
        problem.system, field.PreissmanBox(root), y0, dt=problem.dt, num_steps=steps, save_every=1
    )
    reference = march(problem.y0, 6, field.Fourier())
    exact = reference.ys.z
    loose = march(problem.y0, 6, field.Fourier(tolerance=tolerance))
    beyond = problem.system.equation.nonlinear(jnp.asarray(0.0), *problem.system.one_point(problem.y0.z), None)
    mean = lambda f: np.sqrt(np.mean(np.square(f), axis=tuple(range(2, f.ndim))))[:, list(beyond)]
    missed = mean(np.asarray(loose.ys.z) - np.asarray(exact))
    new = np.diff(missed, axis=0) / np.maximum(mean(np.asarray(exact))[1:], 1e-300)
    assert np.all(new <= 5 * tolerance), new.max() / tolerance  # what the docstring says
    if beyond:
        assert int(loose.stats["num_iterations"]) < 0.8 * int(reference.stats["num_iterations"])
