"""A comparison in words: the table of the terminal, and the summary for a pull request."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from samenoise.comparison.gates import Verdict
from samenoise.comparison.result import Comparison, Pair
from samenoise.metrics.noninferiority import drop_bound

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["bound", "ceiling_lines", "markdown", "pair_lines", "plain", "sentences", "table"]

HEADINGS = {
    # In the order of columns; what they are is told on the page Comparing.
    "rp": "RP",
    "floor": "floor",
    "rp_auc": "rp_auc",
    "mae_score": "MAE",
    "pfd": "PFD",
    "psnr": "PSNR",
    "bit_equal": "equal",
}
ITSELF = ("rp", "mae_score", "pfd", "psnr", "bit_equal")
MOST_GROUPS = 24
"""Groups that a table lists, those with the lowest RP first."""


def pair_lines(found: Comparison) -> list[list[str]]:
    """A head, a line for each pair, and one for each of its groups, those with the lowest RP first."""
    out = [["", "n", *HEADINGS.values(), "beyond"]]
    for pair in found.pairs:
        beyond = found.beyond(pair)
        out.append([f"{pair.a} : {pair.b}", *_cells(pair, None), "–" if beyond is None else str(int(beyond.sum()))])
        groups = sorted(
            (row for row in pair.rows if row.group is not None and row.metric == "rp"), key=lambda r: r.value
        )
        out += [[f"  {row.group}", *_cells(pair, row.group), ""] for row in groups[:MOST_GROUPS]]
        if len(groups) > MOST_GROUPS:
            out.append([f"  ... and {len(groups) - MOST_GROUPS} more", *[""] * (len(HEADINGS) + 2)])
    return out


def ceiling_lines(found: Comparison) -> list[list[str]]:
    """A head, and a line for each side and way; nothing but the head where no ceiling was measured."""
    out = [["against itself", "n", *(HEADINGS[metric] for metric in ITSELF)]]
    for side, ceilings in found.ceilings.items():
        for ceiling in ceilings:
            m = ceiling.measured
            values = {
                "rp": (m.similarity > found.threshold).mean(),
                "mae_score": (m.mae < 15).mean(),
                "pfd": float(np.sqrt(m.squared.mean())),
                "psnr": float(np.median(m.psnr)),
                "bit_equal": m.equal.mean(),
            }
            cells = [_number(metric, float(values[metric])) for metric in ITSELF]
            out.append([f"{side}, {ceiling.way}", str(len(m.ids)), *cells])
    return out


def _cells(pair: Pair, group: str | None) -> list[str]:
    rows = {row.metric: row for row in pair.rows if row.group == group}
    floor = rows["rp"].floor
    values = {metric: _number(metric, row.value) for metric, row in rows.items()}
    values["floor"] = "–" if floor is None else f"{floor:.3f}"
    return [str(rows["rp"].n), *(values.get(metric, "–") for metric in HEADINGS)]


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
    at_most = math.ceil(drop_bound(n, differ) * 1000) / 10
    rp = next(row for row in pair.rows if row.metric == "rp" and row.group is None)
    assert rp.ci95 is not None  # a share has an interval
    return (
        f"{pair.a} : {pair.b}: {differ} of {n} noises drew another picture (RP {rp.ci95[0]:.3f} to {rp.ci95[1]:.3f}); "
        f"with 95 % confidence, at most {at_most:.1f} % of all do"
    )


def sentences(found: Comparison) -> list[str]:
    """What a table does not say: bounds, the noises that differ most, broken pictures, notes."""
    out = [bound(found, pair) for pair in found.pairs]
    for pair in found.pairs:
        worst = [int(pair.measured.ids[k]) for k in pair.worst[:8] if not pair.measured.equal[k]]
        if worst:
            out.append(f"{pair.a} : {pair.b}: noises that differ most: {', '.join(map(str, worst))}")
    out += [f"broken: {each}" for each in found.broken]
    out += found.missed
    out += map(str, found.nearer)
    return out + list(map(str, found.where))


def table(lines: Sequence[Sequence[str]]) -> Table:
    """For the terminal."""
    from rich.table import Table

    made = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for k, heading in enumerate(lines[0]):
        made.add_column(heading, justify="right" if k else "left", style="" if k else "bold", no_wrap=k > 0)
    for line in lines[1:]:
        made.add_row(*line)
    return made


def plain(found: Comparison) -> str:
    """Without colours, for a message."""
    blocks = [_aligned(pair_lines(found)), "\n".join(sentences(found))]
    if len(itself := ceiling_lines(found)) > 1:
        blocks.insert(1, _aligned(itself))
    return "\n\n".join(blocks)


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        [cell.rjust(w) if k else cell.ljust(w) for k, (cell, w) in enumerate(zip(line, widths, strict=True))]
        for line in lines
    )
    return "\n".join("  ".join(cells).rstrip() for cells in padded)


def markdown(found: Comparison, verdicts: Sequence[Verdict] = ()) -> str:
    """A summary for a pull request."""
    passed = all(verdict.passed for verdict in verdicts)
    noise = found.noises
    bank = f", bank `{noise.bank_hash[:16]}`" if noise.bank_hash else ""
    out = ["## samenoise: " + ("same images?" if not verdicts else "passed" if passed else "**failed**"), ""]
    out += [f"{len(noise.ids)} noises{bank}; {found.feature}", ""]
    if verdicts:
        rows = [[v.gate, v.about, "passed" if v.passed else "**failed**", v.found] for v in verdicts]
        out += [*_markdown_table([["gate", "of", "", "found"], *rows]), ""]
    out += _markdown_table(pair_lines(found))
    out += ["", *(f"- {_escaped(each)}" for each in sentences(found))]
    if len(itself := ceiling_lines(found)) > 1:
        out += ["", *_markdown_table(itself)]
    return "\n".join(out) + "\n"


def _markdown_table(rows: Sequence[Sequence[str]]) -> list[str]:
    made = ["| " + " | ".join(_escaped(cell).strip() for cell in row) + " |" for row in rows]
    return [made[0], "|---" * len(rows[0]) + "|", *made[1:]]


def _escaped(text: str) -> str:
    """What users name may hold anything."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
