"""What the terminal prints of ``solvers``."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from samenoise.experiments.solvers.findings import SOLVER_NAMES, along_nfe
from samenoise.lab.run_files import Row
from samenoise.report.tables import new_table

__all__ = ["table"]


def table(rows: Sequence[Row]) -> Table:
    """One line for each solver and grid: how near each model is to its finest grid."""
    drawn = new_table("NFE")
    shares, distances = along_nfe(rows, "rp_reference"), along_nfe(rows, "pfd_reference")
    names = list(dict.fromkeys(model for _, model in [*shares, *distances]))
    drawn.add_column("solver")
    for metric in ("RP", "PFD"):
        for model in names:
            drawn.add_column(f"{metric}, {model}", justify="right")
    at = {
        (s.tag("solver"), s.tag("nfe"), s.metric, s.a): s.value
        for line in [*shares.values(), *distances.values()]
        for s in line
    }
    for solver, nfe in dict.fromkeys((solver, nfe) for solver, nfe, _, _ in at):
        found = [at.get((solver, nfe, metric, a)) for metric in ("rp_reference", "pfd_reference") for a in names]
        cells = ["–" if v is None else f"{v:.2f}" if k < len(names) else f"{v:.2g}" for k, v in enumerate(found)]
        drawn.add_row(str(nfe), SOLVER_NAMES.get(solver or "", solver), *cells)
    return drawn
