"""What the terminal prints of ``matrix``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from samenoise.experiments.matrix.pairs import models
from samenoise.lab.run_files import Row, select
from samenoise.report.tables import hundredths, new_table

__all__ = ["table"]


def table(rows: Sequence[Row], width: int) -> Table:
    """RP of every pair, each once, under the numbers of the models; and beside it RP with the closed forms.

    A matrix that is wider than ``width`` characters becomes one line for each model.
    """
    names = models(rows)
    pairs = {(s.a, s.b): s for s in select(rows, "matrix", "rp")}
    beside = {(s.a, s.metric): s.value for s in rows if s.experiment == "matrix"}
    if max(map(len, names), default=0) + 4 * len(names) + 12 > width:
        return _each_model(names, list(pairs.values()), beside)
    drawn = new_table("", gap=1)
    drawn.add_column("RP", no_wrap=True, overflow="ellipsis")
    for number in range(1, len(names)):
        drawn.add_column(str(number), justify="right", no_wrap=True)
    drawn.add_column("Gauss", justify="right", style="dim", no_wrap=True)
    drawn.add_column("optim", justify="right", style="dim", no_wrap=True)
    for i, name in enumerate(names):
        known = [pairs.get((other, name), pairs.get((name, other))) for other in names[:i]]
        agree = [hundredths(None if s is None else s.value) for s in known] + [""] * (len(names) - 1 - i)
        sides = [hundredths(beside.get((name, metric))) for metric in ("rp_gaussian", "rp_optimum")]
        drawn.add_row(str(i + 1), name, *agree[: len(names) - 1], *sides)
    return drawn


def _each_model(names: Sequence[str], pairs: Sequence[Row], beside: Mapping[tuple[str, str], float | None]) -> Table:
    """One line for each model: RP with all others together, with the nearest and the farthest, and the closed forms."""
    table = new_table("RP of", gap=2)
    table.columns[0].justify = "left"
    for head in ("mean", "most, with", "least, with"):
        table.add_column(head, no_wrap=True, overflow="ellipsis")
    for head in ("Gauss", "optim"):
        table.add_column(head, justify="right", style="dim", no_wrap=True)
    for name in names:
        found = sorted((s.value or 0.0, s.b if s.a == name else s.a) for s in pairs if name in (s.a, s.b))
        ends = [f"{hundredths(value)} {other}" for value, other in (found[-1], found[0])]
        sides = [hundredths(beside.get((name, metric))) for metric in ("rp_gaussian", "rp_optimum")]
        table.add_row(name, hundredths(sum(v for v, _ in found) / len(found)), *ends, *sides)
    return table
