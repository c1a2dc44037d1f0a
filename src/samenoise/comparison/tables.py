"""A comparison in words: the table of the terminal, and the summary for a pull request."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from samenoise.comparison.gates import Verdict
from samenoise.comparison.result import Comparison, Pair
from samenoise.comparison.scores import Row
from samenoise.metrics.noninferiority import drop_bound

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["bound", "headings", "lines", "markdown", "sentences", "table"]

HEADINGS = {
    "rp": "RP",
    "rp_auc": "rp_auc",
    "mae_score": "MAE score",
    "pfd": "PFD",
    "psnr": "PSNR",
    "bit_equal": "bit-equal",
}
MOST_GROUPS = 24
"""Groups that a table lists, those with the lowest RP first."""


def headings() -> list[str]:
    """Columns of a table of pairs."""
    return ["pair", "n", *HEADINGS.values(), "beyond ceiling"]


def lines(found: Comparison) -> list[list[str]]:
    """Cells of the table: a line for each pair, then one for each of its groups, then the ceilings of its sides."""
    out = []
    for pair in found.pairs:
        beyond = found.beyond(pair)
        out.append([f"{pair.a} : {pair.b}", *_cells(pair, None), "–" if beyond is None else str(int(beyond.sum()))])
        groups = [row.group for row in pair.rows if row.group is not None and row.metric == "rp"]
        groups.sort(key=lambda group: next(r.value for r in pair.rows if r.group == group and r.metric == "rp"))
        for group in groups[:MOST_GROUPS]:
            out.append([f"  {group}", *_cells(pair, group), ""])
        if len(groups) > MOST_GROUPS:
            out.append([f"  ... and {len(groups) - MOST_GROUPS} more", *[""] * (len(HEADINGS) + 2)])
    for side, ceilings in found.ceilings.items():
        for ceiling in ceilings:
            m = ceiling.measured
            rows = {
                "rp": (m.similarity > found.threshold).mean(),
                "mae_score": (m.mae < 15).mean(),
                "pfd": float(np.sqrt(m.squared.mean())),
                "psnr": float(np.median(m.psnr)),
                "bit_equal": m.equal.mean(),
            }
            cells = [_number(metric, rows[metric]) if metric in rows else "" for metric in HEADINGS]
            out.append([f"{side} : itself, {ceiling.way}", str(len(m.ids)), *cells, ""])
    return out


def _cells(pair: Pair, group: str | None) -> list[str]:
    rows = {row.metric: row for row in pair.rows if row.group == group}
    return [str(rows["rp"].n), *(_cell(rows.get(metric)) for metric in HEADINGS)]


def _cell(row: Row | None) -> str:
    if row is None:
        return "–"
    text = _number(row.metric, row.value)
    if row.metric in ("rp", "rp_auc") and row.ci95 is not None:
        text += f" [{_number(row.metric, row.ci95[0])}, {_number(row.metric, row.ci95[1])}]"
    if row.metric == "rp" and row.floor is not None:
        text += f" floor {_number(row.metric, row.floor)}"
    return text


def _number(metric: str, value: float) -> str:
    if metric == "psnr":
        return "∞" if math.isinf(value) else f"{value:.1f}"
    if metric == "pfd":
        return "0" if value == 0 else f"{value:.3g}"
    return f"{math.floor(value * 1000 + 1e-9) / 1000:.3f}"  # 0.9996 is not 1.000


def bound(found: Comparison, pair: Pair) -> str:
    """What the number of noises leaves open."""
    differ = int((pair.measured.similarity <= found.threshold).sum())
    n = len(pair.measured.ids)
    at_most = drop_bound(n, differ)
    return (
        f"{pair.a} : {pair.b}: {differ} of {n} noises drew another picture; with 95 % confidence, "
        f"at most {math.ceil(at_most * 1000) / 10:.1f} % of all do"
    )


def sentences(found: Comparison) -> list[str]:
    """What a table does not say: bounds, the noises that differ most, broken pictures, notes."""
    out = [bound(found, pair) for pair in found.pairs]
    for pair in found.pairs:
        worst = [int(pair.measured.ids[k]) for k in pair.worst[:8] if not pair.measured.equal[k]]
        if worst:
            out.append(f"{pair.a} : {pair.b}: noises that differ most: {', '.join(map(str, worst))}")
    out += [f"broken: {each}" for each in found.broken]
    out += map(str, found.nearer)
    return out + list(map(str, found.where))


def table(found: Comparison) -> Table:
    """For the terminal."""
    from rich.table import Table

    made = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for k, heading in enumerate(headings()):
        made.add_column(heading, justify="left" if k == 0 else "right", style="bold" if k == 0 else "", overflow="fold")
    for line in lines(found):
        made.add_row(*line)
    return made


def markdown(found: Comparison, verdicts: Sequence[Verdict] = ()) -> str:
    """A summary for a pull request."""
    passed = all(verdict.passed for verdict in verdicts)
    noise = found.noises
    bank = f", bank `{noise.bank_hash[:16]}`" if noise.bank_hash else ""
    out = ["## samenoise: " + ("same images?" if not verdicts else "passed" if passed else "**failed**"), ""]
    out += [f"{len(noise.ids)} noises{bank}; {found.feature}", ""]
    out += _markdown_table(headings(), lines(found))
    out += ["", *(f"- {each}" for each in sentences(found))]
    if verdicts:
        rows = [[v.gate, v.about, "passed" if v.passed else "**failed**", v.found] for v in verdicts]
        out += ["", *_markdown_table(["gate", "of", "", "found"], rows)]
    return "\n".join(out) + "\n"


def _markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    escaped = [[cell.replace("|", "\\|").replace("\n", " ").strip() for cell in row] for row in (head, *rows)]
    made = ["| " + " | ".join(row) + " |" for row in escaped]
    return [made[0], "|---" * len(head) + "|", *made[1:]]
