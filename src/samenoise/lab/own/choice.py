"""From what the pictures are, and how fast networks train here, to the keys of a preset, each with its reason."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from samenoise.lab.own.look import Look
from samenoise.lab.own.pace import Pace
from samenoise.runs.cell import ConfigError

__all__ = ["BATCH", "FEWEST", "MOST", "SHAPES", "WIDTHS", "Choice", "choose", "minutes"]

FEWEST = 100
"""Pictures: below, the largest size that fits twice beside what is held out is smaller than 40."""

MOST = 2000
"""Of the sizes. Networks this small stop copying long before."""

SIDES = (16, 12, 8)
"""Pixels, from the best to the cheapest."""

SHAPES = tuple((channels, side) for channels in (3, 1) for side in SIDES)

VALUES = 256
"""Of a picture at most: more is beyond what these networks learn in the updates that there is time for."""

WIDTHS = (64, 128, 256)
"""Of the narrower network; the other one is twice as wide."""

BATCH = 128

UPDATES = (2000, 8000)
"""Fewer do not draw pictures, and more than these only copy more."""

SMALLEST = 8
STEP = 2.5
"""From one size to the next, about."""

SPENT = 0.7
"""Of the budget on training; the rest is for drawing, for scores, and for what a moment's pace does not foresee."""

START = 25.0
"""Seconds on one core, whatever is trained."""


class Choice(NamedTuple):
    """What a run of ``own`` will be."""

    overrides: list[str]
    """Of the preset, ``key=value``."""
    reasons: list[str]
    """A sentence for each."""


def choose(
    look: Look, pace: Callable[[Sequence[tuple[int, int]], Sequence[int]], Pace], budget: float, cores: int
) -> Choice:
    """The sharpest pictures and the widest networks for which the budget holds the updates that they need.

    Args:
        pace: called with the shapes ``(channels, side)`` and widths that come into question.
        budget: seconds of the clock.
        cores: processes side by side.

    Raises:
        ConfigError: there are too few pictures, or too little time.
    """
    if look.count < FEWEST:
        raise ConfigError(
            f"there are {look.count} pictures that can be used at {look.path}: own needs at least {FEWEST}, as networks "
            "are trained on two sets that share none, beside some that no network sees"
        )
    held_out = max(40, min(300, look.count // 5))
    sizes = _sizes(min(MOST, (look.count - held_out) // 2))
    shapes = _shapes(look)
    widths = sorted({*WIDTHS, *(2 * width for width in WIDTHS)})
    measured = pace(shapes, widths)
    found = _affordable(shapes, sizes, measured, budget * cores * SPENT - START)
    if found is None:
        least = _seconds(shapes[-1], WIDTHS[0], sizes, measured) * UPDATES[0]
        need = minutes((least + START) / SPENT / cores * 1.1)
        raise ConfigError(f"a budget of {minutes(budget)} is too little on this machine: give --budget {need}")
    (channels, side), width, updates = found
    at_most = min(SIDES[0], look.side)
    keys: dict[str, Any] = {
        "data.source": look.source,
        "data.path": look.path,
        "data.on_bad": "skip",
        "data.size": side,
        "data.channels": channels,
        "data.held_out": held_out,
        "data.count": 2 * sizes[-1] + held_out,
        "widths": [width, 2 * width],
        "sizes": sizes,
        "training.updates": updates,
    }
    smaller = (
        f", as {at_most} would take longer than that or hold more than a small network learns" if side < at_most else ""
    )
    grey = ", in grey, as colour would hold three times the numbers" if look.coloured and channels == 1 else ""
    reasons = [
        f"pictures of {side} x {side} pixels{smaller}{grey}",
        f"N = {', '.join(map(str, sizes))}: two sets of {sizes[-1]} that share none, and {held_out} held out that no "
        f"network sees",
        f"MLPs of width {width} and {2 * width}, {updates:,} updates each: {len(sizes) * 3} networks in about "
        f"{minutes(budget)} on {cores} {'core' if cores == 1 else 'cores'}",
    ]
    return Choice([f"{key}={json.dumps(value)}" for key, value in keys.items()], reasons)


def minutes(seconds: float) -> str:
    """Such as 10m."""
    return f"{math.ceil(seconds / 60 - 1e-6)}m"


def _sizes(largest: int) -> list[int]:
    """From the smallest to the largest in even steps."""
    steps = max(1, round(math.log(largest / SMALLEST) / math.log(STEP)))
    return sorted({round(SMALLEST * (largest / SMALLEST) ** (k / steps)) for k in range(steps + 1)})


def _shapes(look: Look) -> list[tuple[int, int]]:
    """Those that the pictures have the pixels and colours for, from the best to the cheapest."""
    sides = [side for side in SIDES if side <= look.side] or [look.side]
    colours = (3, 1) if look.coloured else (1,)
    found = [(c, s) for c in colours for s in sides if c * s * s <= VALUES]
    return found or [(1, sides[-1])]


def _seconds(shape: tuple[int, int], width: int, sizes: Sequence[int], measured: Pace) -> float:
    """Of one update of all networks, on one core: at each size two of the narrow ones, on two sets, and a wide one."""
    return len(sizes) * (2 * measured.of(shape, width) + measured.of(shape, 2 * width))


def _affordable(
    shapes: Sequence[tuple[int, int]], sizes: Sequence[int], measured: Pace, seconds: float
) -> tuple[tuple[int, int], int, int] | None:
    """Shape, width and updates: the widest networks first, as narrow ones draw no pictures of anything sharp."""
    for width in reversed(WIDTHS):
        for shape in shapes:
            updates = int(seconds / _seconds(shape, width, sizes, measured)) // 100 * 100
            if updates >= UPDATES[0]:
                return shape, width, min(updates, UPDATES[1])
    return None
