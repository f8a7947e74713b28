"""The one error for input that a user can mend."""


class InputError(ValueError):
    """Bad input: names the argument or file, says what is wrong and what to do.

    A `ValueError`, so that ordinary code catches it; a class of its own, so that the command line can print
    its one sentence without hiding a programming error behind the same treatment.
    """


class ConvergenceError(RuntimeError):
    """An iteration that did not find what it sought; says what to try. The command line ends with code 1."""


def require(condition: bool, message: str) -> None:
    """Raise `InputError(message)` unless `condition` holds."""
    if not condition:
        raise InputError(message)
