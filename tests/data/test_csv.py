"""CSV files."""

import numpy as np
import pytest

from geomdl._errors import InputError
from geomdl.data import read


def write_csv(folder, text):
    (folder / "set.csv").write_text(text)
    return folder / "set.csv"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1,2,5\n3,4,7\n", "57"),
        ("1,2,5.0\n\n3,4,7.0", "57"),
        ("a,b,c\n1,2,5\n3,4,7\n", "57"),
        ("\ufeffwidth,height,species\r\n1,2,cat\r\n3,4,dog\r\n", ("cat", "dog")),
        ('"a","b","c"\n"1"," 2 ","cat"\n3,4, dog\n', ("cat", "dog")),
        ("a,Label,b\n1,cat,2\n3,dog,4\n", ("cat", "dog")),
        ("CLASS,a,b\n0,1,2\n1,3,4\n", "01"),
        ("\ufefflabel,a,b\n0,1,2\n1,3,4\n", "01"),
        ("y,a,b\n0,1,2\n1,3,4\n", "01"),
        ("0,1,target\n1,2,8\n3,4,9\n", "89"),  # pandas numbers its columns
        ("1,2,x\n3,4,y\n", "xy"),
        ("1,2,cat\n3,4,5\n", ("5", "cat")),
    ],
)
def test_csv(tmp_path, text, names):
    data = read(write_csv(tmp_path, text))
    np.testing.assert_array_equal(data.features, [[1, 2], [3, 4]])
    assert data.class_names == tuple(names)
    assert [data.class_names[c] for c in sorted(data.labels)] == list(names)


def test_a_class_called_y_is_no_header(tmp_path):
    data = read(write_csv(tmp_path, "1,2,y\n3,4,n\n"))
    assert len(data) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "set.csv: the file is empty"),
        ("\n \n", "the file has no lines"),
        ("a,b,label\n", "there are no rows"),
        ("a;b;c\n1;2;0\n", "line 1 has one column; separate .* by commas"),
        ("a,b,c\n1,2,0\n1,oops,1\n", "line 3, column 2 is 'oops', not a finite number"),
        ("class,a,b\n0,1,2\n1,3,oops\n", "line 3, column 3 is 'oops'"),
        ("1,,0\n", "line 1, column 2 is ''"),
        ("1,2,0\n1,nan,1\n", "line 2, column 2 is 'nan', not a finite number"),
        ("1,2,0\n1,-inf,1\n", "line 2, column 2 is '-inf'"),
        ("1,2,0\n1,1e999,1\n", "line 2, column 2 is '1e999'"),
        ("1,2,0\n\n1,2\n", "line 3 has 2 columns and line 1 has 3"),
        ("1,2,0\n1,2,1,4\n", "line 2 has 4 columns"),
        ("1,2,0\n1,2,\n", "line 2, column 3 has no label"),
        (",a,label\n0,2,0\n1,2,1\n", "a column in the header has no name"),
        ("a,class,target\n1,0,0\n2,1,1\n", "the columns class, target could each be the label"),
        ("1,2,0\n1,2,0\n", "all 2 examples are of the one class '0'"),
        ("1,2,-1\n1,2,1\n", "the first is -1.0 in row 0"),
        ("1,2,0\n1,2,0.5\n", "the first is 0.5 in row 1"),
        ("1,2,0\n1,2,nan\n", "the first is nan in row 1"),
        ('1,2,0\n1,"2,1\n', "is no CSV"),
    ],
)
def test_bad_csv(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as caught:
        read(write_csv(tmp_path, text))
    assert "set.csv" in str(caught.value)


def test_csv_that_is_no_text(tmp_path):
    (tmp_path / "set.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match=r"set.csv: the file is not text in UTF-8"):
        read(tmp_path / "set.csv")
