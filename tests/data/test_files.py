"""Paths that lead to nothing readable."""

import pytest

from geomdl._errors import InputError
from geomdl.data import read


def test_paths_that_lead_nowhere(tmp_path):
    for name in ("set.csv", "set.npz", "train-images-idx3-ubyte", "folder"):
        with pytest.raises(InputError, match=f"{name}: there is no such file or folder"):
            read(tmp_path / name)
    (tmp_path / "set.xls").touch()
    with pytest.raises(InputError, match=r"set.xls: the kind of file is unknown; give .csv, .npz, MNIST's IDX"):
        read(tmp_path / "set.xls")
    (tmp_path / "set.csv").mkdir()
    with pytest.raises(InputError, match=r"set.csv: the folder has no train-images file"):
        read(tmp_path / "set.csv")
