"""The dual of a Lie algebra."""

import equinox as eqx
from jaxtyping import Array, PyTree

from geomdl._errors import require
from geomdl.algebra import AbstractLieAlgebra
from geomdl.structure._base import AbstractStructure

CHARTS = ("exp", "cayley")


class LiePoisson(AbstractStructure):
    r"""The Lie-Poisson structure on $\mathfrak g^*$: $\dot m = \operatorname{ad}^*_{dH(m)} m$ (left-invariant systems).

    The state is an array of coordinates of shape (..., dim); more axes are more copies of $\mathfrak g^*$, such as the
    spins of a chain. On so(3) it is $\dot m = m \times dH(m)$. Right-invariant systems have the opposite sign.

    The realisation, in the chart of the exponential: $\text{source}(x, \xi) = (\operatorname{dexp}^{-1}_\xi)^* x$. In
    the chart of the Cayley transform, on quadratic matrix algebras, with x as the matrix for which $\langle x, \xi
    \rangle = \operatorname{tr}(x \xi)$: $\text{source}(x, \xi) = (1 + \xi/2)\, x\, (1 - \xi/2)$; on su(n) x stands
    there with that multiple of 1 added that makes the trace of the product 0. Either way a step is $m_1 =
    \operatorname{Ad}^*_g m_0$, with $g = \exp \xi$ or cay ξ: it stays on its coadjoint orbit, so that every Casimir
    function is kept to round-off by any ξ whatsoever.

    **Arguments:**

    - `algebra`: such as `algebra.so(3)`.
    - `side`: "left" for systems in the body frame, "right" for those in the space frame.
    - `chart`: "exp" or "cayley", unless a solver says otherwise.
    """

    algebra: AbstractLieAlgebra
    side: str = eqx.field(static=True, default="left")
    chart: str = eqx.field(static=True, default="exp")

    def __check_init__(self):
        require(
            isinstance(self.algebra, AbstractLieAlgebra),
            f"`algebra` must be a Lie algebra, such as `geomdl.algebra.so(3)`, got {type(self.algebra).__name__}.",
        )
        require(self.side in ("left", "right"), f'`side` must be "left" or "right", got {self.side!r}.')
        require(self.chart in CHARTS, f'`chart` must be "exp" or "cayley", got {self.chart!r}.')
        require(
            self.chart == "exp" or self.algebra.quadratic,
            f'`chart="cayley"` needs a quadratic matrix algebra, such as so(n), su(n), sp(n); {self.algebra.name} is '
            'none: use `chart="exp"`.',
        )

    def in_chart(self, chart: str) -> "LiePoisson":
        """The same structure with the other realisation."""
        return LiePoisson(self.algebra, self.side, chart)

    def check(self, y: PyTree) -> None:
        """Raise `InputError` unless `y` is an array of coordinates."""
        require(
            eqx.is_array(y) and y.ndim >= 1 and y.shape[-1] == self.algebra.dim,
            f"`y0` must be an array with the {self.algebra.dim} coordinates of {self.algebra.name}* along its last "
            f"axis, got {getattr(y, 'shape', type(y).__name__)}.",
        )

    def signed(self, xi: Array) -> Array:
        r"""$\xi$, and $-\xi$ for the right-invariant structure, whose brackets are the opposite ones."""
        return xi if self.side == "left" else -xi

    def sharp(self, y: Array, covector: Array) -> Array:
        r"""$\operatorname{ad}^*_{dH} y$."""
        return self.algebra.ad_star(self.signed(covector), y)

    def casimirs(self, y: Array) -> dict[str, Array]:
        """Those that the algebra knows."""
        return self.algebra.casimirs(y)

    def target(self, x: Array, xi: Array) -> Array:
        r"""$(\operatorname{dexp}^{-1}_{-\xi})^* x$, or $(1 - \xi/2)\, x\, (1 + \xi/2)$."""
        xi = self.signed(xi)
        inverse = self.algebra.dexpinv_star if self.chart == "exp" else self.algebra.dcayinv_star
        return inverse(-xi, x)

    def near(self, x: Array, xi: Array) -> Array:
        r"""$x + \tfrac12 \operatorname{ad}^*_\xi x$ in the chart of the exponential.

        The next term of `target`, $\tfrac1{12} (\operatorname{ad}^*_\xi)^2 x$, is orthogonal to ξ.
        """
        return x + self.sharp(x, xi) / 2 if self.chart == "exp" else self.target(x, xi)

    def midpoint(self, y: Array, xi: Array) -> Array:
        r"""$\varphi_1(\operatorname{ad}^*_\xi) y$, or $(1 + \xi/2)^{-1} y (1 - \xi/2)^{-1}$."""
        xi = self.signed(xi)
        return self.algebra.phi1_star(xi, y) if self.chart == "exp" else self.algebra.dcay_star(xi, y)

    def displacement(self, y: Array, xi: Array) -> Array:
        r"""$\operatorname{ad}^*_\xi x$ at the midpoint x, in either chart."""
        return self.sharp(self.midpoint(y, xi), xi)
