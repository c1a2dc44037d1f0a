"""What the terminal prints of ``encoding``."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from samenoise.experiments.encoding.series import networks, of_networks, of_reference
from samenoise.lab.run_files import Row, by_pair
from samenoise.report.tables import new_table, number, short
from samenoise.report.wording import value_of

__all__ = ["table"]


def table(rows: Sequence[Row]) -> Table:
    """One line for each N: agreement of maps with its floor; each network's with the optimum's, and its smoothness."""
    drawn = new_table("N")
    columns: list[dict[int | None, float | None]] = []
    for (a, b, _), points in of_networks(rows, "map_agreement").items():
        drawn.add_column(f"maps\n{short(a)}:{short(b)}", justify="right")
        drawn.add_column("two planes", justify="right", style="dim")
        columns += [{s.n_train: s.value for s in points}, {s.n_train: s.floor for s in points}]
    for label in networks(rows).values():
        drawn.add_column(f"optim.\n{short(label)}", justify="right")
        columns.append({s.n_train: s.value for s in of_reference(rows, label, "optimum")})
    for metric, head in (("map_smoothness", "neighb."), ("anchor_share", "anchor's"), ("memorized", "copied")):
        for (label, _, _), points in by_pair(rows, "encoding", metric).items():
            drawn.add_column(f"{head}\n{short(label)}", justify="right")
            columns.append({s.n_train: value_of(s) for s in points})
    for n in sorted({n for column in columns for n in column if n is not None}):
        drawn.add_row(str(n), *(number(column.get(n)) for column in columns))
    return drawn
