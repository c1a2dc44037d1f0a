"""Which pairs of a matrix count, and what two models may differ in."""

from __future__ import annotations

from collections.abc import Sequence

from samenoise.lab.run_files import Row, select
from samenoise.metrics.neighbours import FARTHEST
from samenoise.report.wording import high_end, low_end, value_of

__all__ = ["FACTORS", "apart", "by_factor", "draw_nothing", "drawing", "mean", "models", "stands"]

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


def draw_nothing(scores: Sequence[Row]) -> dict[str, Row]:
    """The models that are not shown to draw pictures of the data, with the row that says so: those whose pictures are
    not clearly nearer to held-out images than the Gaussian's are (``mmd_gap``). Where none were held out, those whose
    pictures are far from all real images (``nn_distance``)."""
    gaps = [s for s in scores if (s.experiment, s.metric) == ("matrix", "mmd_gap")]
    if gaps:
        return {s.a: s for s in gaps if s.value is None or high_end(s) >= 0}
    rows = select(scores, "matrix", "nn_distance")
    return {s.a: s for s in rows if s.floor is not None and value_of(s) > FARTHEST * s.floor}


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
    nothing = draw_nothing(scores)
    return [s for s in select(scores, "matrix", "rp") if s.a not in nothing and s.b not in nothing]


def apart(rows: Sequence[Row]) -> list[Row]:
    """The pairs that share no weights."""
    return [s for s in rows if s.tag("lineage") is None]
