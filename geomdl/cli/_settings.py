"""The parameters of a problem, as `--set` gives them."""

import inspect
from contextlib import suppress
from fractions import Fraction
from typing import Any

from geomdl import problems
from geomdl._errors import InputError, require


def parse(settings: tuple[str, ...]) -> dict[str, Any]:
    """The parameters of `--set`: whole numbers, decimal numbers, fractions; several of them, or rows of several."""
    found: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        key = key.strip().replace("-", "_")
        require(bool(key) and bool(equals), f"`--set` takes KEY=VALUE, got {setting!r}.")
        require(key not in found, f"`--set {key}` is given twice.")
        try:
            rows = [_numbers(row) for row in text.strip().rstrip(";").split(";")]
        except (ValueError, ZeroDivisionError) as error:
            raise InputError(
                f"`--set {key}` must be a number, several between commas, or rows of them between semicolons, got "
                f"{text!r}."
            ) from error
        found[key] = tuple(rows) if ";" in text else rows[0]
    return found


def _numbers(text: str) -> Any:
    numbers = [_number(part) for part in text.strip().strip("()").rstrip(",").split(",")]
    return tuple(numbers) if "," in text else numbers[0]


def _number(text: str) -> int | float:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return float(Fraction(text.replace(" ", "")))


def defaults(name: str) -> dict[str, Any]:
    """The parameters of a problem that nobody sets."""
    return {key: option.default for key, option in inspect.signature(getattr(problems, name)).parameters.items()}
