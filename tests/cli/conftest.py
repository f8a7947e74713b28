"""Every test of the command line runs in a folder of its own."""

import pytest


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def unpictured(monkeypatch):
    """Pictures take most of the time of a tiny run."""
    monkeypatch.setattr("geomdl.cli._simulate.draw_trajectory", lambda *_: None)
