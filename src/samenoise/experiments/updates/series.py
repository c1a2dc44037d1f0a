"""Rows of ``updates`` along the number of updates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from samenoise.lab.run_files import Row, select
from samenoise.report.pictures import draws_no_pictures
from samenoise.report.wording import low_end

__all__ = [
    "OTHER_WAYS",
    "Line",
    "along_updates",
    "draw_pictures",
    "ever_copies",
    "last_doubling",
    "otherwise",
    "updates_of",
]

OTHER_WAYS: Mapping[str, str] = {
    "memorized_calibrated": "at the calibrated threshold",
    "nn_ratio": "by the NN ratio",
}
"""Metrics that call other pictures copies than ``memorized`` does, in words: a level at one threshold may be none at
another."""


class Line(NamedTuple):
    """What is compared, at one training size."""

    a: str
    b: str
    n: int


def updates_of(s: Row) -> int:
    """Updates of the training that a row is of."""
    return int(s.tag("updates"))


def along_updates(scores: Iterable[Row], metric: str) -> dict[Line, list[Row]]:
    """The rows of a metric by ascending number of updates; small sizes first, of one size the narrow networks."""
    lines: dict[Line, list[Row]] = {}
    for s in select(scores, "updates", metric):
        if s.n_train is not None and s.tag("updates") is not None:
            lines.setdefault(Line(s.a, s.b, s.n_train), []).append(s)
    for points in lines.values():
        points.sort(key=updates_of)
    return dict(sorted(lines.items(), key=lambda line: (line[0].n, line[1][0].width or 0, line[0])))


def otherwise(scores: Iterable[Row], line: Line) -> dict[str, list[Row]]:
    """The shares of a network's copies as each of the other ways has them."""
    found = {way: along_updates(scores, metric).get(line, []) for metric, way in OTHER_WAYS.items()}
    return {way: points for way, points in found.items() if points}


def last_doubling(points: Sequence[Row]) -> tuple[Row, Row]:
    """The last row, and before it the latest of at most half as many updates."""
    return max((s for s in points if 2 * updates_of(s) <= updates_of(points[-1])), key=updates_of), points[-1]


def ever_copies(points: Iterable[Row]) -> bool:
    """Whether after any training more pictures are copies than held-out real images pass for copies."""
    return any(low_end(s) > (s.floor or 0.0) for s in points)


def draw_pictures(scores: Sequence[Row], row: Row, names: Iterable[str]) -> bool:
    """Whether none of some networks is seen to draw no pictures after the trainings of a row."""
    return all(draws_no_pictures(scores, row, name) is None for name in names)
