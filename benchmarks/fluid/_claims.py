"""What was promised of the solvers."""

from collections.abc import Sequence

from benchmarks._benchmark import Claim, Row


def claims(rows: Sequence[Row]) -> list[Claim]:
    """The default is right to a thousandth at 128 cells and layers, and the strong coupling is solved."""
    pick = lambda part, cells, solver: [
        row for row in rows if (row["part"], row["cells"], row["solver"]) == (part, cells, solver)
    ]
    default = [row["error"] for row in pick("variance", "128", "AdjointLBFGS()")]
    strong = [float(row["converged"] == "yes") for row in rows if row["part"] == "congestion" and row["cells"] == "128"]
    return [
        Claim("error of J, default solver, variance, 128 x 128", default[0] if default else None, "<=", 1e-3),
        Claim("solvers that converge, congestion of 100 at nu = 0.05", min(strong) if strong else None, ">=", 1.0),
    ]
