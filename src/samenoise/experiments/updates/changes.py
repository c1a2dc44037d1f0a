"""By how much a share differs between two rows, and what the interval of the difference leaves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from samenoise.lab.run_files import Row
from samenoise.report import rounding as r
from samenoise.report.wording import value_of

__all__ = ["FEW", "FEW_POINTS", "Change", "Course", "change", "course", "in_points", "not_level"]

FEW = 0.05
"""A share has levelled if the whole interval of its change lies within this of 0."""
FEW_POINTS = f"{100 * FEW:g} points"


class Change(NamedTuple):
    """A difference of two shares, and its 95 % interval."""

    value: float
    low: float
    high: float


class Course(Enum):
    """How a share goes on with more updates."""

    RISES = "rises"
    LEVEL = "level"
    FALLS = "falls"
    OPEN = "open"


def change(before: Row, after: Row) -> Change:
    """``after - before`` of two shares, by the method of variance estimates recovery (Zou and Donner 2008).

    Of Wilson's intervals that is Newcombe's method 10 (1998). It takes the two as independent. Here they are of the
    same noises, and what one network copies the other tends to, so that the interval is too wide if anything.
    A share without an interval may be any.
    """
    low, high = before.ci95 or (0.0, 1.0)
    lower, upper = after.ci95 or (0.0, 1.0)
    x, y = value_of(before), value_of(after)
    return Change(y - x, y - x - math.hypot(y - lower, high - x), y - x + math.hypot(upper - y, x - low))


def course(step: Change) -> Course:
    """What the interval of a change leaves."""
    if step.low > -FEW and step.high < FEW:
        return Course.LEVEL
    if step.low > 0:
        return Course.RISES
    return Course.FALLS if step.high < 0 else Course.OPEN


def in_points(step: Change) -> str:
    """The interval of a change in percentage points, rounded outward."""
    return f"{r.at_least(100 * step.low, 1)} to {r.at_most(100 * step.high, 1)} points"


def not_level(steps: Mapping[str, Change], verb: str) -> str:
    """What the other ways to tell a copy see that is not within a few points of 0, in words; empty where all is."""
    seen = [f"{way} it {verb} {in_points(step)}" for way, step in steps.items() if course(step) is not Course.LEVEL]
    return " and ".join(seen)
