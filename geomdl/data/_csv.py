"""CSV: one example a line, numbers and a label between commas."""

import csv
import io
import math
from collections.abc import Iterator
from itertools import chain

import numpy as np

from geomdl._errors import InputError, require
from geomdl.data._classes import labelled
from geomdl.data._dataset import Dataset


def parse_csv(data: bytes, name: str) -> Dataset:
    """The data set in a CSV file.

    The first line is a header if none of its cells is a number, or one is called `label`, `class` or `target`
    (then the others may be numbers, as pandas numbers columns). The label stands in the column called
    `label`, `class`, `target` or `y`, in small letters or capitals, else in the last. Labels may be whole
    numbers from 0 or any strings; every other cell must be a finite number. Blank lines are skipped.

    **Arguments:**

    - `data`: the whole file, in UTF-8.
    - `name`: of the file, for messages.

    **Returns:**

    A `Dataset` with float64 features.

    **Errors:**

    `InputError`, with line and column (both counted from 1), for what breaks these rules.
    """
    lines = _lines(data, name)
    first_line, first = next(lines, (0, []))
    require(len(first) > 0, f"{name}: the file has no lines; give one example a line.")
    width = len(first)
    require(
        width > 1,
        f"{name}: line {first_line} has one column; separate the features and the label by commas.",
    )
    header = _is_header(first)
    label = _label_column(first, name) if header else width - 1
    features, labels = [], []
    for line, cells in lines if header else chain([(first_line, first)], lines):
        require(
            len(cells) == width,
            f"{name}: line {line} has {len(cells)} columns and line {first_line} has {width}; give all lines the same.",
        )
        labels.append(cells.pop(label).strip())
        require(labels[-1] != "", f"{name}: line {line}, column {label + 1} has no label; fill it in.")
        features.append(_numbers(cells, line, label, name))
    table = np.array(features).reshape(len(features), width - 1)
    return labelled(table, _label_array(labels), name)


def _lines(data: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """The number of each line that is not blank, and its cells."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: the file is not text in UTF-8; save it as CSV in UTF-8.") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise InputError(f"{name}: line {reader.line_num} is no CSV ({error}); correct it.") from error


def _is_header(cells: list[str]) -> bool:
    named = {"label", "class", "target"} & {cell.strip().lower() for cell in cells}
    return bool(named) or all(_number(cell) is None for cell in cells)


def _label_column(header: list[str], name: str) -> int:
    titles = [cell.strip().lower() for cell in header]
    require(
        "" not in titles,
        f"{name}: a column in the header has no name; name it, or remove it if it numbers the rows.",
    )
    found = [i for i, title in enumerate(titles) if title in ("label", "class", "target", "y")]
    require(
        len(found) <= 1,
        f"{name}: the columns {', '.join(titles[i] for i in found)} could each be the label; keep one.",
    )
    return found[0] if found else len(header) - 1


def _numbers(cells: list[str], line: int, label: int, name: str) -> np.ndarray:
    numbers = [_number(cell) for cell in cells]
    for i, number in enumerate(numbers):
        if number is None or not math.isfinite(number):
            raise InputError(
                f"{name}: line {line}, column {i + 1 + (i >= label)} is '{cells[i].strip()}', not a finite "
                "number; correct it or remove the line."
            )
    return np.array(numbers, dtype=np.float64)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _label_array(labels: list[str]) -> np.ndarray:
    numbers = [_number(label) for label in labels]
    return np.array(labels if None in numbers else numbers, dtype=str if None in numbers else np.float64)
