"""One quantity that can be told in several ways: where they agree within their intervals it is one number, and where
they do not, which way is meant decides it, and the range is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from samenoise.lab.run_files import Row
from samenoise.report.wording import high_end, low_end

__all__ = ["COPY_WAYS", "Way", "alike", "is_twin", "spread", "twins"]

COPY_WAYS = {
    "excess": "beyond what real images pass for",
    "calibrated": "at the calibrated threshold",
    "ratio": "by the nearest-neighbour ratio",
}
"""Ways to count copies, and what they are called."""


TWIN = 0.9999
"""A similarity from which on two pictures are one."""


class Way(NamedTuple):
    """A way, and its row."""

    words: str
    row: Row


def twins(scores: Iterable[Row], experiment: str) -> bool:
    """Whether at some size so many held-out images have a twin in the training set that the calibrated threshold is 1,
    which no picture of a network passes: what it counts then is no copies."""
    return any(map(is_twin, (s for s in scores if (s.experiment, s.metric) == (experiment, "memorized_calibrated"))))


def is_twin(s: Row) -> bool:
    """Whether the threshold of a row is that of twins."""
    return s.threshold is not None and s.threshold >= TWIN


def alike(ways: Sequence[Way]) -> bool:
    """Whether the intervals of all have a common point."""
    return max(low_end(way.row) for way in ways) <= min(high_end(way.row) for way in ways)


def spread(ways: Sequence[Way], told: Callable[[Row], str]) -> str:
    """All of them with their words, in the order of their values: ``9 % by ..., 66 % at ...``."""
    ordered = sorted(ways, key=lambda way: way.row.value or 0.0)
    parts = [f"{told(way.row)} {way.words}" for way in ordered]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
