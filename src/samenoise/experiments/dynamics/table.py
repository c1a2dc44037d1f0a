"""What the terminal prints of ``dynamics``."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from samenoise.experiments.dynamics.findings import times
from samenoise.lab.run_files import Row
from samenoise.report.tables import new_table, short

__all__ = ["table"]


def table(rows: Sequence[Row]) -> Table:
    """One line for each training size: the updates after which each network generalizes, and copies."""
    drawn = new_table("N")
    early, late = times(rows, "generalization_time"), times(rows, "memorization_time")
    names = list(dict.fromkeys([*early, *late]))
    for name in names:
        for what in ("generalizes", "copies"):
            drawn.add_column(f"{what}\n{short(name)}", justify="right")
    at = {(s.a, s.n_train, s.metric): s.value for lines in (early, late) for line in lines.values() for s in line}
    for n in sorted({n for _, n, _ in at if n is not None}):
        found = [at.get((a, n, metric)) for a in names for metric in ("generalization_time", "memorization_time")]
        drawn.add_row(str(n), *("–" if v is None else f"{v:g}" for v in found))
    return drawn
