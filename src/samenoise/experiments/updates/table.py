"""What the terminal prints of ``updates``."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from samenoise.experiments.updates.series import along_updates
from samenoise.lab.run_files import Row
from samenoise.report.tables import new_table, number, short
from samenoise.report.wording import value_of

__all__ = ["table"]

COLUMNS = (("memorized", "copied"), ("rp", "RP"), ("nn_distance", "dist."))
"""Metrics with their headings."""


def table(scores: Sequence[Row]) -> Table:
    """One line for each training size and number of updates: copies, agreement, and distance to the data."""
    drawn = new_table("N")
    drawn.add_column("updates", justify="right")
    found: dict[tuple[str, str], dict[tuple[int, int], float]] = {}
    for metric, heading in COLUMNS:
        for line, points in along_updates(scores, metric).items():
            of = f"{short(line.a)}:{short(line.b)}" if metric == "rp" else short(line.a)
            at = found.setdefault((heading, of), {})
            at |= {(line.n, s.tag("updates")): value_of(s) for s in points}
    for heading, of in found:
        drawn.add_column(f"{heading}\n{of}", justify="right")
    before = None
    for n, updates in sorted({at for column in found.values() for at in column}):
        drawn.add_row(
            "" if n == before else str(n), str(updates), *(number(at.get((n, updates))) for at in found.values())
        )
        before = n
    return drawn
