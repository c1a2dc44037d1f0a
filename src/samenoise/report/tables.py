"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from samenoise.lab.run_files import Row

__all__ = ["by_size", "hundredths", "new_table", "number", "short"]


def new_table(head: str, gap: int = 2) -> Table:
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


def by_size(rows: Sequence[Row], columns: Mapping[str, Mapping[str, str]]) -> Table:
    """One line for each training size.

    Args:
        columns: experiment -> its metrics with their headings.
    """
    table = new_table("N")
    lines: dict[tuple[str, str, str, str], dict[int, Row]] = {}
    for experiment, metrics in columns.items():
        for metric in metrics:
            for row in rows:
                if (row.experiment, row.metric) == (experiment, metric) and row.n_train is not None:
                    lines.setdefault((experiment, metric, row.a, row.b), {})[row.n_train] = row
    pairs = sum(metric == "rp" for _, metric, _, _ in lines)
    for experiment, metric, a, b in lines:
        of = f"{short(a)}:{short(b)}" if metric == "rp" else "real" if a == "held-out" else short(a)
        table.add_column(f"{columns[experiment][metric]}\n{of}", justify="right")
        if metric == "rp" and pairs == 1:
            table.add_column("floor", justify="right", style="dim")
    for n in sorted({n for at in lines.values() for n in at}):
        cells = []
        for (_, metric, _, _), at in lines.items():
            cells.append(number(at[n].value if n in at else None))
            if metric == "rp" and pairs == 1:
                cells.append(number(at[n].floor if n in at else None))
        table.add_row(str(n), *cells)
    return table


def short(name: str) -> str:
    """A name that fits above a column."""
    return name.removeprefix("mlp-").removesuffix("/a")
