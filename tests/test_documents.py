"""What the documents show runs as written, and what they say of the project is so."""

import os
import re
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def run_fresh(code, folder):
    """Run code as a user would, in a process of its own with JAX's defaults."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:geomdl", "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


#: What the examples must come to, besides running: the code that tells, by what it defines or writes.
OUTCOMES = {
    "section.png": "import pathlib; assert pathlib.Path('section.png').stat().st_size > 50_000",
    "spirals.png": "import pathlib; assert pathlib.Path('spirals.png').stat().st_size > 10_000\n"
    "assert log.epochs[-1].validation_accuracy >= 0.99",
    "slope = ": "assert abs(slope - 29.65154) < 1e-3",
    "by_update = ": "assert by_update.epochs[-1].accuracy > 0.9",
    "torques, costs = ": "assert jnp.max(jnp.abs(swing.sweep(torques, hanging).gradient)) < 1e-2 < costs[-1] < 2\n"
    "assert set(net.layers.weight.ravel().tolist()) == {-1.0, 0.0, 1.0} and log.epochs[-1].accuracy > 0.9",
    "spread = ": "assert all(g.shape == (20,) and jnp.linalg.norm(g) > 1e-3 for g in spread.gradient.layer)",
    "error = ": "assert error < 2e-8",
    "state = gm.fluid": "rule = lambda nu: [gm.fluid.min_layers(n, 1.0, 1.0, state, nu) for n in (64, 128)]\n"
    "assert (rule(0.0), rule(0.05)) == ([137, 273], [502, 1903])",
    "wide = net.at": "import jax.numpy as jnp; x = jnp.asarray(gm.data.moons(50).features)\n"
    "assert jnp.max(jnp.abs(wide(x) - net(x))) < 2e-3 and log.epochs[-1].accuracy > 0.8",
    "task = gm.fluid": "assert gm.train.evaluate(net, gm.data.rings(500, seed=1))[1] > 0.9 and errors.shape == (6,)",
    "crowd = ": "assert moved.order in (1, 2) and moved.mass_error < 1e-5 and moved.min_density > 0\n"
    "assert 2.0 < moved.value < 4.0 and jnp.max(moved.rho[-1]) < jnp.max(moved.rho[0])",
    "deep_gradient = ": "assert 0.12 < megabytes(None) < 0.14\n"
    "assert 150 < megabytes(gm.CheckpointedAdjoint(segments=1)) < 250\n"
    "assert 0.01 < jnp.linalg.norm(deep_gradient.layers.weight) < 0.03",
    "by_amplitude = ": "assert local < 1e-13 and 1e-6 < jnp.max(jnp.abs(energy)) < 0.1 and u.shape == (101, 315)\n"
    "at = lambda a: waves.physical(focus(a).ys)['u'][-1, 157]\n"
    "assert abs(by_amplitude - (at(2.0 + 1e-5) - at(2.0 - 1e-5)) / 2e-5) < 1e-5",
    "by_inertia = ": "assert abs(length) < 1e-13 and jnp.max(jnp.abs(m - m0)) > 0.3\n"
    "gap = turned(jnp.array([1.0, 2.0 + 1e-5, 3.0])).ys[-1, 0] - turned(jnp.array([1.0, 2.0 - 1e-5, 3.0])).ys[-1, 0]\n"
    "assert abs(by_inertia[1] - gap / 2e-5) < 1e-5\n"
    "assert gm.certify.poisson(gm.HamiltonJacobi(order=4), system, m0, dt=0.1) < 1e-14",
}


def test_the_examples_of_the_readme_run(tmp_path):
    """Each with names of its own and JAX's defaults, in two processes: to start one and to compile takes the time."""
    examples = ["\n".join([block, *(check for mark, check in OUTCOMES.items() if mark in block)]) for block in BLOCKS]

    def run(chosen):
        code = f"""
import jax
for example in {chosen!r}:
    jax.config.update("jax_enable_x64", False)
    exec(compile(example, "an example of the README", "exec"), {{"__name__": "__main__"}})
"""
        return run_fresh(code, tmp_path)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, (examples[0::2], examples[1::2])))


def test_every_outcome_is_checked():
    assert all(sum(mark in block for block in BLOCKS) == 1 for mark in OUTCOMES)


def test_public_face_runs_as_written(tmp_path):
    code = (ROOT / "tests" / "public_face.py").read_text()
    checks = """
assert s.states.shape == s.costates.shape == (21, 16, 4)
assert jax.tree.structure(s.gradient) == jax.tree.structure(layers)
assert x1.shape == x0.shape
assert log.epochs[-1].validation_accuracy > 0.93
assert net(jnp.asarray(test_data.features[0])).shape == (10,)
assert first.ts.shape == (101,) and first.result == diffrax.RESULTS.successful
assert abs(first.ys[0][-1] - sol.ys[0][0]) < 1e-3 and abs(sol.ys[0][0] - third.ys[0][0]) < 0.1
"""
    run_fresh(code + checks, tmp_path)


def test_ci_runs_the_test_command_of_the_readme():
    command = 'python -m pip install ".[dev]" && python -m pytest -n auto --dist loadfile'
    assert command in README
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith(command)
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_readme_lists_every_method():
    import geomdl

    for name in geomdl.control.__all__:
        solver = getattr(geomdl.control, name)
        if isinstance(solver, type) and issubclass(solver, geomdl.control.AbstractLayerSolver):
            assert name.startswith("Abstract") or f"`{name}" in README, name
    for name in geomdl.solver.__all__:
        solver = getattr(geomdl.solver, name)
        if isinstance(solver, type) and issubclass(solver, geomdl.solver.AbstractGeometricSolver):
            assert name.startswith("Abstract") or f"`{name}" in README, name
            assert name.startswith("Abstract") or name in geomdl.__all__, name
    for name in ("DirectAdjoint", "CheckpointedAdjoint", "ReversibleAdjoint"):
        assert f"`{name}" in README


def test_bad_releases_of_jax_are_excluded_and_every_bound_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)["project"]
    assert project["name"] == "geomdl-jax"
    for requirement in project["dependencies"]:
        if requirement.startswith("jax>") or requirement.startswith("jaxlib"):
            assert "!=0.10.2" in requirement
            assert "!=0.11.1" in requirement
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if re.match(r'\s+"[a-z-]+(\[\w+\])?[<>=!]', line):
            assert "#" in line or "#" in lines[number - 1] or "#" in lines[number - 2], f"no reason given: {line}"


def test_top_level_is_as_agreed():
    listed = {"pyproject.toml", "README.md", "LICENSE", "geomdl", "benchmarks", "tests", "notebooks", ".github", ".ci"}
    listed |= {".gitignore", ".pre-commit-config.yaml"}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode != 0:  # an unpacked archive has no history to ask
        return
    assert {line.split("/")[0] for line in tracked.stdout.splitlines()} == listed
