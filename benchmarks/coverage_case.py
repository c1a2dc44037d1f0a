"""A case of `coverage.py`: one kind of interval under one truth."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

Ends = tuple[float, float, float]
"""Lower end, upper end, and what they should hold."""


@dataclass(frozen=True)
class Case:
    """One kind of interval under one truth."""

    group: str
    """The table it belongs to."""
    kind: str
    truth: str
    n: int
    """Noises."""
    draw: Callable[..., Ends | list[Ends]]
    """Takes a generator and the arguments; of several intervals all must hold."""
    arguments: tuple[Any, ...] = ()
    part: float = 1.0
    """Of the simulations: less for what takes long."""


@dataclass(frozen=True)
class Found:
    """What the simulations of a case gave."""

    group: str
    kind: str
    truth: str
    n: int
    coverage: float
    too_high: float
    """Share of the simulations whose interval lies above the truth."""
    too_low: float
    length: float | None
    """Mean length; of an interval that may be endless, the median."""
    simulations: int | None
    """None where the coverage is exact."""
    milliseconds: float | None = None
    """A simulation with its interval."""


def simulate(case: Case, simulations: int, seed: int) -> Found:
    rng = np.random.default_rng([seed, crc32(f"{case.group} {case.kind} {case.truth} {case.n}".encode())])
    count = max(int(simulations * case.part), 1)
    above = below = missed = 0
    lengths: list[float] = []
    started = time.perf_counter()
    for _ in range(count):
        drawn = case.draw(rng, *case.arguments)
        intervals = drawn if isinstance(drawn, list) else [drawn]
        higher = any(low > true for low, _, true in intervals)
        lower = any(high < true for _, high, true in intervals)
        above, below, missed = above + higher, below + lower, missed + (higher or lower)
        lengths.append(float(np.mean([high - low for low, high, _ in intervals])))
    length = float(np.mean(lengths)) if np.isfinite(lengths).all() else float(np.median(lengths))
    taken = (time.perf_counter() - started) / count * 1000
    return Found(
        case.group,
        case.kind,
        case.truth,
        case.n,
        1 - missed / count,
        above / count,
        below / count,
        length if math.isfinite(length) else None,
        count,
        round(taken, 3),
    )
