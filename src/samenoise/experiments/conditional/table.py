"""What the terminal prints of ``conditional``."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from samenoise.experiments.conditional.series import KINDS, n50_ways, of, pairs, scales, sweep
from samenoise.lab.run_files import Row
from samenoise.report.tables import hundredths, new_table
from samenoise.report.wording import value_of

__all__ = ["tables"]


def tables(scores: Sequence[Row]) -> list[Table]:
    """A line for each scale of guidance, and one for each kind of labels."""
    return [_guided(scores), _copied(scores)]


def _guided(scores: Sequence[Row]) -> Table:
    """Means over pairs, or over models."""
    drawn = new_table("guidance")
    for head in ("RP", "other noise", "optimum", "cond. RP", "its floor", "obeyed"):
        drawn.add_column(head, justify="right", no_wrap=True)
    for scale in (None, *scales(scores)):
        told = "none" if scale is None else "class"
        rp, best = pairs(scores, "rp", told, scale), pairs(scores, "conditional_rp", told, scale)
        cells = [_mean([value_of(s) for s in rp]), _mean([s.floor for s in rp if s.floor is not None])]
        cells.append(
            _mean([value_of(s) for s in pairs(scores, "rp_optimum", told, scale) if not s.a.startswith("sweep-")])
        )
        cells += [_mean([value_of(s) for s in best]), _mean([s.floor for s in best if s.floor is not None])]
        cells.append(_mean([value_of(s) for s in of(scores, "label_obeyed", told, scale)]))
        drawn.add_row("no labels" if scale is None else f"{scale:g}", *cells)
    return drawn


def _copied(scores: Sequence[Row]) -> Table:
    """N50 by every way to count copies, and the share of copies at each size."""
    lines = sweep(scores, "memorized_excess")
    sizes = sorted({s.n_train or 0 for points in lines.values() for s in points})
    drawn = new_table("told")
    drawn.columns[0].justify = "left"
    for head in ("N50", *(f"{n}" for n in sizes)):
        drawn.add_column(head, justify="right", no_wrap=True)
    for kind, points in lines.items():
        ends = [value_of(way.row) for way in n50_ways(scores, kind)]
        n50 = "–" if not ends else f"{min(ends):.0f}" if min(ends) == max(ends) else f"{min(ends):.0f}–{max(ends):.0f}"
        share = {s.n_train: hundredths(max(value_of(s), 0.0)) for s in points}
        drawn.add_row(KINDS[kind], n50, *(share.get(n, "–") for n in sizes))
    return drawn


def _mean(values: Sequence[float]) -> str:
    return hundredths(sum(values) / len(values) if values else None)
