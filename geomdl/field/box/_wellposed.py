"""On which grids and from which states a step of a box scheme has one solution."""

from typing import Any

import numpy as np

from geomdl._errors import require


def check_odd(system: Any) -> None:
    """The mean of neighbours has an inverse only on an odd number of points."""
    require(
        system.grid.periodic,
        "`Fourier` and `NewtonKrylov` are for periodic grids: use `PreissmanBox(root=CyclicReduction())`.",
    )
    if system.symbol != "tan" and not system.equation.potentials:
        return
    for n in system.grid.shape:
        require(
            n % 2 == 1,
            f"A box scheme on a periodic grid needs an odd number of points, and {n} is even: the highest wave "
            f"vanishes in the mean of neighbours. Take {next_odd(n)}, the next one whose transforms are fast.",
        )


def check_corners(system: Any) -> None:
    """On an even number of points, the alternating wave at the corners is in K alone."""
    (n,) = system.grid.shape
    if not system.grid.periodic or n % 2:
        return
    K = system.equation.K[0]
    require(
        int(np.linalg.matrix_rank(K)) == len(K),
        f"A box scheme for this equation needs an odd number of points, and {n} is even: its K is singular, and so is "
        f"every step, for the wave of alternating signs. Take {next_odd(n)}, the next one whose transforms are fast.",
    )


def next_odd(n: int) -> int:
    """The smallest 3^a 5^b 7^c that is at least n."""
    best = None
    seven = 1
    while seven < 7 * n:
        five = seven
        while five < 5 * n:
            three = five
            while three < n:
                three *= 3
            best = three if best is None or three < best else best
            five *= 5
        seven *= 7
    return max(best or 1, 3)
