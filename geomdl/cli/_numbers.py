"""Numbers that are given as text."""

from typing import Any

from geomdl._errors import InputError, require


def one_or_two(name: str, text: str) -> Any:
    """An integer, or two with a comma."""
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"`--{name}` must be an integer, or two with a comma, got `{text}`.") from None
    require(len(numbers) in (1, 2), f"`--{name}` must be one integer or two, got `{text}`.")
    return numbers[0] if len(numbers) == 1 else tuple(numbers)
