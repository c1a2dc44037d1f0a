"""Which pairs of a matrix count, and what two models may differ in."""

from __future__ import annotations

from collections.abc import Sequence

from samenoise.lab.run_files import Row, select
from samenoise.report.pictures import draw_nothing
from samenoise.report.wording import low_end, value_of

__all__ = ["FACTORS", "apart", "by_factor", "drawing", "mean", "models", "stands"]

FACTORS = {
    "process": "process",
    "parameterisation": "parameterisation",
    "architecture": "architecture",
    "width": "width",
    "procedure": "training procedure",
    "updates": "number of updates",
    "seed": "seed",
}
"""In what two models may differ, and how it is called."""


def models(scores: Sequence[Row]) -> list[str]:
    """The models, in the order of the config."""
    return list(dict.fromkeys(name for s in select(scores, "matrix", "rp") for name in (s.a, s.b)))


def stands(s: Row) -> bool:
    """Whether the whole interval of a pair's RP lies above its floor and above what the Gaussian scores; the interval
    is that which holds for all pairs, where there is one."""
    low = (s.tag("ci95_pairs") or (low_end(s),))[0]
    return all(base is not None and low > base for base in (s.floor, s.gaussian))


def by_factor(scores: Sequence[Row]) -> dict[str, list[Row]]:
    """The RP of pairs of models that differ in one thing alone and share no weights, apart for each thing, the
    costliest first."""
    found: dict[str, list[Row]] = {}
    for s in apart(drawing(scores)):
        differs: tuple[str, ...] = s.tag("differs") or ()
        if len(differs) == 1:
            found.setdefault(differs[0], []).append(s)
    return dict(sorted(found.items(), key=lambda item: mean(item[1])))


def mean(rows: Sequence[Row]) -> float:
    """Of the values."""
    return sum(map(value_of, rows)) / len(rows)


def drawing(scores: Sequence[Row]) -> list[Row]:
    """RP of the pairs of models that both draw pictures."""
    nothing = draw_nothing(scores, "matrix")
    return [s for s in select(scores, "matrix", "rp") if s.a not in nothing and s.b not in nothing]


def apart(rows: Sequence[Row]) -> list[Row]:
    """The pairs that share no weights."""
    return [s for s in rows if s.tag("lineage") is None]
