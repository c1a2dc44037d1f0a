"""The rows of ``finetune`` as findings and figures read them: by way to adapt, along the number of new images."""

from __future__ import annotations

from collections.abc import Sequence

from samenoise.experiments.finetune.settings import SCRATCH
from samenoise.lab.run_files import Row, select
from samenoise.report.wording import low_end

__all__ = ["along", "at", "copying_sizes", "fewer", "sizes", "ways", "whole"]


def along(scores: Sequence[Row], metric: str, a: str, b: str | None = None, kin: str | None = None) -> list[Row]:
    """The rows of a metric for a way, by ascending N."""
    rows = [s for s in select(scores, "finetune", metric) if s.a == a and b in (None, s.b)]
    return sorted((s for s in rows if kin in (None, s.tag("kin"))), key=lambda s: s.n_train or 0)


def at(scores: Sequence[Row], n: int, metric: str, a: str, b: str | None = None, kin: str | None = None) -> Row | None:
    """That at one N."""
    return next((s for s in along(scores, metric, a, b, kin) if s.n_train == n), None)


def ways(scores: Sequence[Row]) -> list[str]:
    """Ways to adapt, in the order of the run."""
    named = dict.fromkeys(s.a for s in select(scores, "finetune", "memorized"))
    return [name for name in named if name != SCRATCH]


def whole(scores: Sequence[Row]) -> str | None:
    """The way that adapts all weights: what the others are held against."""
    return next((s.b for s in select(scores, "finetune", "copies_fewer") if s.b != SCRATCH), None)


def fewer(scores: Sequence[Row]) -> list[str]:
    """The other ways."""
    return [way for way in ways(scores) if way != whole(scores)]


def sizes(scores: Sequence[Row]) -> list[int]:
    """All N."""
    return sorted({s.n_train for s in select(scores, "finetune", "memorized") if s.n_train is not None})


def copying_sizes(scores: Sequence[Row], way: str) -> list[int]:
    """Every N at which what is adapted so copies beyond what real images pass for."""
    return [s.n_train for s in along(scores, "memorized_excess", way) if low_end(s) > 0 and s.n_train is not None]
