"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.table import Table

from samenoise.lab.run_files import Row
from samenoise.report import rounding as r

__all__ = ["by_size", "hundredths", "new_table", "number", "short", "thousandths"]


GAP = 2
"""Spaces between columns."""


def new_table(head: str, gap: int = GAP) -> Table:
    """An empty table; ``head`` is that of its first column, of numbers."""
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False)
    table.add_column(head, justify="right", style="bold", no_wrap=True)
    return table


def hundredths(value: float | None) -> str:
    """Three characters: .07, or 1.0."""
    return "–" if value is None else "1.0" if value == 1 else f"{min(value, 0.99):.2f}"[1:]


def number(value: float | None) -> str:
    """Two decimals."""
    return "–" if value is None else f"{value:.2f}"


def thousandths(value: float | None) -> str:
    """Three decimals, cut off: sentences have two, cut off or rounded up by their claim, and are seen to be of this
    number."""
    return "–" if value is None else r.at_least(value, 3)


class _Column(NamedTuple):
    """Two lines of a heading, and a cell for each training size."""

    heads: tuple[str, str]
    cells: dict[int, str]
    style: str = ""

    @property
    def width(self) -> int:
        """With the gap after it."""
        return max(map(len, (*self.heads, *self.cells.values()))) + GAP


def by_size(rows: Sequence[Row], columns: Mapping[str, Mapping[str, str]], width: int = 80) -> list[Table]:
    """One line for each training size; as many tables as it takes for none to be wider than ``width``.

    Args:
        columns: experiment -> its metrics with their headings.
    """
    found = _columns(rows, columns)
    sizes = sorted({n for column in found for n in column.cells})
    first = max((len(str(n)) for n in sizes), default=1) + GAP
    groups: list[list[_Column]] = []
    for column in found:
        if not groups or first + sum(each.width for each in groups[-1]) + column.width - GAP > width:
            groups.append([])
        groups[-1].append(column)
    return [_table(sizes, group) for group in groups]


def _columns(rows: Sequence[Row], columns: Mapping[str, Mapping[str, str]]) -> list[_Column]:
    lines: dict[tuple[str, str, str, str], dict[int, Row]] = {}
    for experiment, metrics in columns.items():
        for metric in metrics:
            for row in rows:
                if (row.experiment, row.metric) == (experiment, metric) and row.n_train is not None:
                    lines.setdefault((experiment, metric, row.a, row.b), {})[row.n_train] = row
    one_pair = sum(metric == "rp" for _, metric, _, _ in lines) == 1
    found = []
    for (experiment, metric, a, b), at in lines.items():
        of = f"{short(a)}:{short(b)}" if metric == "rp" else "real" if a == "held-out" else short(a)
        found.append(_Column((columns[experiment][metric], of), {n: thousandths(row.value) for n, row in at.items()}))
        if metric == "rp" and one_pair:
            found.append(_Column(("floor", ""), {n: thousandths(row.floor) for n, row in at.items()}, "dim"))
    return found


def _table(sizes: Sequence[int], columns: Sequence[_Column]) -> Table:
    table = new_table("N", GAP)
    for column in columns:
        table.add_column("\n".join(column.heads).rstrip(), justify="right", style=column.style, no_wrap=True)
    for n in sizes:
        table.add_row(str(n), *(column.cells.get(n, "–") for column in columns))
    return table


def short(name: str) -> str:
    """A name that fits above a column."""
    return name.removeprefix("mlp-").removesuffix("/a")
