"""What the terminal prints of ``lowrank``."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from samenoise.experiments.lowrank.series import along_noise, along_shares, along_sizes, halves
from samenoise.lab.run_files import Row
from samenoise.report.tables import new_table, short
from samenoise.report.wording import value_of

__all__ = ["tables"]


def tables(scores: Sequence[Row]) -> list[Table]:
    """One line for each training size, and one for each dimension of subspaces."""
    return [_ranks(scores), _subspaces(scores)]


def _ranks(scores: Sequence[Row]) -> Table:
    """Of each network: its lowest rank and where, how deep the dip is, and by how much training images have less."""
    drawn = new_table("N")
    depths, gaps = along_sizes(scores, "rank_dip_depth"), along_sizes(scores, "rank_copy_gap")
    lines = along_noise(scores, "jacobian_rank")
    for name in depths:
        for head in ("lowest rank", "at σ", "dip", "copy gap"):
            drawn.add_column(f"{head}\n{short(name)}", justify="right")
    for n in sorted({s.n_train for points in depths.values() for s in points if s.n_train is not None}):
        cells = []
        for name in depths:
            least = min((s for key, line in lines.items() if key == (name, n) for s in line), key=value_of)
            cells += [f"{value_of(least):.1f}", f"{least.tag('sigma'):g}"]
            cells += [_one(lines_of.get(name, []), n) for lines_of in (depths, gaps)]
        drawn.add_row(str(n), *cells)
    return drawn


def _one(points: Sequence[Row], n: int) -> str:
    return next((f"{value_of(s):.1f}" for s in points if s.n_train == n), "–")


def _subspaces(scores: Sequence[Row]) -> Table:
    """N/d for half of a subspace, and what is missing of one at the largest N/d."""
    drawn = new_table("d")
    half, errors = halves(scores), along_shares(scores, "subspace_error")
    for name, k in half:
        of = f"{short(name)}, K = {k}"
        drawn.add_column(f"N/d for half\n{of}", justify="right")
        drawn.add_column(f"missing at last\n{of}", justify="right")
    for d in sorted({s.tag("dimension") for points in half.values() for s in points}):
        cells = []
        for (name, k), points in half.items():
            at = next((s.value for s in points if s.tag("dimension") == d), None)
            last = [line[-1] for key, line in errors.items() if key == (name, k, d)]
            cells += ["–" if at is None else f"{at:.1f}", f"{value_of(last[0]):.2f}" if last else "–"]
        drawn.add_row(str(d), *cells)
    return drawn
