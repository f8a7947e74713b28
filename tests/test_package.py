"""The package as a whole: what it refuses to run with, what importing it does, and how it is laid out."""

import ast
import importlib
import importlib.metadata
import os
import pkgutil
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

import geomdl
from geomdl._guard import check_installation

ROOT = Path(geomdl.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

#: What each room may import besides itself and the ground modules `geomdl._*`.
BELOW = {
    "algebra": set(),
    "structure": {"algebra"},
    "system": {"algebra", "structure"},
    "problems": {"algebra", "structure", "system"},
    "certify": {"algebra", "structure", "system"},
    "solver": {"algebra", "structure", "system"},
    "run": {"structure", "system", "solver"},
    "field": {"system", "solver"},
    "data": set(),
    "control": {"run"},
    "fluid": {"data", "run", "control", "field", "solver", "system", "structure", "algebra"},
    "nn": {"run", "control"},
    "train": {"run", "control", "fluid", "nn", "data"},
    "plot": {"run", "control", "fluid", "nn", "data", "train"},
    "cli": {
        "certify",
        "control",
        "data",
        "field",
        "fluid",
        "nn",
        "plot",
        "problems",
        "run",
        "solver",
        "structure",
        "system",
        "train",
    },
}


def no_distribution(name):
    raise importlib.metadata.PackageNotFoundError(name)


@pytest.mark.parametrize("bad", ["jax", "jaxlib"])
def test_a_jax_that_computes_wrong_numbers_is_refused(bad, monkeypatch):
    monkeypatch.setattr(importlib.metadata, "distribution", no_distribution)
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.10.2" if name == bad else "0.10.1")
    with pytest.raises(
        ImportError, match=rf"^{bad} 0\.10\.2 returns wrong numbers[^\n]*install another release[^\n]*$"
    ):
        check_installation()
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.10.1")
    check_installation()


def test_a_second_library_in_the_same_folder_is_refused(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.10.1")
    asked = []
    monkeypatch.setattr(importlib.metadata, "distribution", asked.append)
    with pytest.raises(ImportError, match=r"^The NURBS library `geomdl` is installed[^\n]*pip uninstall geomdl[^\n]*$"):
        check_installation()
    assert asked == ["geomdl"]


def test_importing_starts_no_backend_and_changes_no_setting():
    """With a platform that does not exist, only a backend that is started can notice."""
    code = """
import jax
before = dict(jax.config.values)
import geomdl
changed = [name for name, value in before.items() if jax.config.values[name] != value]
assert not changed, changed
assert jax.config.jax_enable_x64 is False
try:
    jax.devices()
except RuntimeError:
    print("untouched")
"""
    environment = os.environ | {"JAX_PLATFORMS": "nonsense", "PYTHONPATH": str(ROOT.parent)}
    environment.pop("JAX_ENABLE_X64", None)
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "untouched"


def imported(path):
    """The modules of the package that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "geomdl")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            if node.module == "geomdl":
                yield from (f"geomdl.{alias.name}" for alias in node.names)
            elif node.module and node.module.startswith("geomdl."):
                yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_downward_only(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts == ("__init__",):
        return  # the package itself gathers everything
    ground = len(parts) == 1
    assert not ground or parts[0].startswith("_"), f"{path}: a module at the top is a ground module"
    assert ground or parts[0] in BELOW, f"{path}: add the room {parts[0]!r} and what lies below it to this test"
    for name in imported(path):
        room = name.split(".")[1] if "." in name else ""
        if parts[0] == "data":
            allowed = room == "data" or name == "geomdl._errors"
        else:
            allowed = room.startswith("_") or (not ground and room in BELOW[parts[0]] | {parts[0]})
        assert allowed, f"{'.'.join(parts)} imports {name}, which does not lie below it"


@pytest.mark.parametrize(
    ("folder", "above"),
    [("control/layer", "geomdl.control.layer"), ("control", "geomdl.control.update")],
    ids=["layers know no sweep", "sweeps know no update"],
)
def test_imports_run_downward_inside_a_room(folder, above):
    """Nothing below the updates imports them, and layer solvers import nothing of `control` but each other."""
    for path in (ROOT / folder).glob("_[a-z]*.py"):
        for name in imported(path):
            if folder == "control":
                assert not name.startswith(above), f"{path.name} imports {name}"
            else:
                assert not name.startswith("geomdl.control") or name.startswith(above), f"{path.name} imports {name}"


def test_rooms_keep_their_secrets():
    """A room is entered by its door: private modules of another room are imported nowhere."""
    for path in MODULES:
        own = path.relative_to(ROOT).parts[0]
        for name in imported(path):
            parts = name.split(".")
            private = len(parts) > 2 and parts[2].startswith("_")
            assert not private or parts[1] == own, f"{path.relative_to(ROOT)} imports {name}"


def test_files_are_short():
    lines = {path: len(path.read_text().splitlines()) for path in MODULES}
    assert not {path.name: count for path, count in lines.items() if count > 400}
    assert statistics.median(lines.values()) < 200


def packages():
    names = [name for _, name, is_package in pkgutil.iter_modules([str(ROOT)], "geomdl.") if is_package]
    return ["geomdl", *names]


@pytest.mark.parametrize("package", packages())
def test_every_public_name_is_explained(package):
    """It exists, once, and a class, function or module says what it is."""
    module = importlib.import_module(package)
    assert module.__doc__
    functions = (name for name, value in vars(module).items() if getattr(value, "__module__", None) == package)
    names = getattr(module, "__all__", list(functions))
    assert names
    assert len(set(names)) == len(names)
    for name in names:
        value = getattr(module, name)
        if isinstance(value, str | int | float | tuple):
            continue
        assert value.__doc__, f"{package}.{name} has no docstring"
        inherited = isinstance(value, type) and any(value.__doc__ == base.__doc__ for base in value.__mro__[1:])
        assert not inherited, f"{package}.{name} has the docstring of its base class"


def test_cases_that_run_nightly_exist():
    tests = Path(__file__).parent
    lines = (tests / "nightly.txt").read_text().splitlines()
    for file, test in (line.split("[")[0].split("::") for line in lines if not line.startswith("#")):
        assert f"def {test}(" in (tests / file).read_text(), test
