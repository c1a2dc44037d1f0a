"""The rows of ``contrast`` as findings and figures read them: pairs by what both are."""

from __future__ import annotations

from collections.abc import Sequence

from samenoise.lab.run_files import Row, select
from samenoise.report.wording import value_of

__all__ = ["ACROSS", "SORTS", "by_group", "control", "mean", "of_sort"]

SORTS = {"diffusion": "diffusion models", "gan": "GANs", "vae": "VAEs"}
"""Sort in the rows -> its name, of several."""
ACROSS = "across"
"""The group of pairs of two sorts."""


def by_group(scores: Sequence[Row], metric: str) -> dict[str, list[Row]]:
    """Rows of pairs: of two models of one sort, and across sorts."""
    found: dict[str, list[Row]] = {}
    for group in (*SORTS, ACROSS):
        rows = [s for s in select(scores, "contrast", metric) if s.b and _group(s) == group]
        if rows:
            found[group] = rows
    return found


def of_sort(scores: Sequence[Row], metric: str) -> dict[str, list[Row]]:
    """Rows of single models, by what they are."""
    found: dict[str, list[Row]] = {}
    for s in select(scores, "contrast", metric):
        for sort in s.tag("sorts") or ():
            found.setdefault(sort, []).append(s)
    return found


def control(scores: Sequence[Row], pair: Row, suffix: str = "") -> Row | None:
    """The score of a pair with permuted noises."""
    rows = select(scores, "contrast", f"rp_permuted{suffix}")
    return next((s for s in rows if (s.a, s.b) == (pair.a, pair.b)), None)


def mean(rows: Sequence[Row]) -> float:
    """Of the values."""
    return sum(map(value_of, rows)) / len(rows)


def _group(s: Row) -> str:
    sorts: tuple[str, ...] = s.tag("sorts") or (ACROSS, ACROSS)
    return sorts[0] if len(sorts) == 1 else ACROSS
