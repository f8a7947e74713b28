"""The error of a measurement that could not be made."""


class CertificateError(RuntimeError):
    """A certificate cannot be given: a solve that did not converge, a run that blew up, nothing left to measure.

    Raised instead of a number, because a number computed from such a run would say nothing about the method.
    Input that was wrong from the start is an `InputError`.
    """
