"""What the terminal prints of ``contrast``."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from samenoise.experiments.contrast.series import by_group, control
from samenoise.lab.run_files import Row
from samenoise.report.tables import new_table, number
from samenoise.report.wording import value_of

__all__ = ["table"]

SUFFIXES = {"": "RP", "_auc": "AUC", "_top1": "top-1"}


def table(rows: Sequence[Row]) -> Table:
    """One line for each sort, and across: the least and the most of its pairs, and, dim, with permuted noises."""
    drawn = new_table("pairs of")
    drawn.columns[0].justify = "left"
    drawn.add_column("n", justify="right")
    columns: list[dict[str, str]] = []
    for suffix, heading in SUFFIXES.items():
        found = by_group(rows, f"rp{suffix}")
        drawn.add_column(heading, justify="right", no_wrap=True)
        drawn.add_column("permuted", justify="right", style="dim", no_wrap=True)
        others = {g: [c for s in pairs if (c := control(rows, s, suffix)) is not None] for g, pairs in found.items()}
        columns += [{group: _ends(pairs) for group, pairs in each.items()} for each in (found, others)]
    for group, pairs in by_group(rows, "rp").items():
        drawn.add_row(group, str(len(pairs)), *(column.get(group, "–") for column in columns))
    return drawn


def _ends(pairs: Sequence[Row]) -> str:
    if not pairs:
        return "–"
    return f"{number(min(map(value_of, pairs)))}–{number(max(map(value_of, pairs)))}"
