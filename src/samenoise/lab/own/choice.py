"""From what the pictures are, and how fast networks train here, to the keys of a preset, each with its reason."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from samenoise.lab.own.looking import Look
from samenoise.lab.own.pacing import Pace
from samenoise.runs.cell import ConfigError

__all__ = ["Choice", "choose", "minutes"]

FEWEST = 100
"""Pictures: of fewer, two sets that share none hold less than 30 each beside those held out."""

MOST = 2000
"""Of the sizes. Networks this small stop copying long before."""

SHAPES = ((3, 8), (1, 12), (1, 8))
"""Channels and side of pictures, from the best to the cheapest. More numbers are beyond what residual MLPs learn in the
updates that there is time for."""

WIDER = 4 / 3
"""Width of the narrower network at least, for every number of a picture: on icons, MLPs of width 128 draw mush of 192
numbers and pictures of 64; of width 256, pictures of 192."""

WIDTHS = (128, 256)
"""Of the narrower network; the other one is twice as wide."""

BATCH = 128

UPDATES = (2000, 8000)
"""Fewer do not draw pictures, and more than these only copy more."""

SMALLEST, STEP = 8, 2.5
"""The first size, and from one to the next, about."""

SPENT = 0.7
"""Of the time on training; the rest is for drawing, for scores, and for what a moment's pace does not foresee."""

START = 25.0
"""Seconds on one core, whatever is trained."""

Measure = Callable[[Sequence[tuple[int, int]], Sequence[int], int], Pace]
"""As :func:`samenoise.lab.own.pacing.pace`."""


class Choice(NamedTuple):
    """What a run of ``own`` will be."""

    overrides: list[str]
    """Of the preset, ``key=value``."""
    reasons: list[str]
    """Sentences that say why."""


def choose(look: Look, measure: Measure, budget: float, cores: int) -> Choice:
    """The best pictures for which the budget holds the updates that networks wide enough for them need.

    Args:
        budget: seconds of the clock.
        cores: processes side by side.

    Raises:
        ConfigError: there are too few pictures, or too little time.
    """
    if look.count < FEWEST:
        raise ConfigError(
            f"{look.count} pictures can be used at {look.path}, and own needs at least {FEWEST}: it trains networks on "
            "two sets that share none, beside some that no network sees"
        )
    held_out = max(40, min(300, look.count // 5))
    sizes = _sizes(min(MOST, (look.count - held_out) // 2))
    shapes = _shapes(look)
    pace = measure(shapes, sorted({*WIDTHS, *(2 * width for width in WIDTHS)}), BATCH)
    options = [(shape, _width(shape)) for shape in shapes]
    each = [_seconds(shape, width, sizes, pace) for shape, width in options]
    possible = [int((budget * cores * SPENT - START) / seconds) // 100 * 100 for seconds in each]
    best = next((k for k, updates in enumerate(possible) if updates >= UPDATES[0]), None)
    if best is None:
        need = minutes(1.1 * _clock(each[-1] * UPDATES[0], cores))
        raise ConfigError(f"{minutes(budget)} is too little for {len(sizes) * 3} networks here: give --budget {need}")
    ((channels, side), width), updates = options[best], min(possible[best], UPDATES[1])
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
    kind = "in colour" if channels == 3 else "in grey"
    small = "what networks learn in this time" if (channels, side) != shapes[0] else "what small networks learn"
    time = minutes(_clock(each[best] * updates, cores))
    return Choice(
        [f"{key}={json.dumps(value)}" for key, value in keys.items()],
        [
            f"pictures are made {side} x {side} pixels {kind}: {small}",
            f"N = {', '.join(map(str, sizes))} of them to train on: up to two sets of {sizes[-1]} that share none, and "
            f"{held_out} that no network sees",
            f"{len(sizes) * 3} networks (MLPs of width {width} and {2 * width}), {updates:,} updates each: about "
            f"{time} on {cores} {'core' if cores == 1 else 'cores'}",
        ],
    )


def minutes(seconds: float) -> str:
    """Such as 10m."""
    return f"{math.ceil(seconds / 60 - 1e-6)}m"


def _sizes(largest: int) -> list[int]:
    """From the smallest to the largest in even steps."""
    steps = max(2, round(math.log(largest / SMALLEST) / math.log(STEP)))
    return sorted({round(SMALLEST * (largest / SMALLEST) ** (k / steps)) for k in range(steps + 1)})


def _shapes(look: Look) -> list[tuple[int, int]]:
    """Those that the pictures have the pixels and colours for, from the best to the cheapest."""
    found = [(c, s) for c, s in SHAPES if s <= look.side and (c == 1 or look.coloured)]
    return found or [(1, look.side)]


def _width(shape: tuple[int, int]) -> int:
    """Of the narrower network."""
    channels, side = shape
    return next((width for width in WIDTHS if width >= WIDER * channels * side**2), WIDTHS[-1])


def _seconds(shape: tuple[int, int], width: int, sizes: Sequence[int], pace: Pace) -> float:
    """Of one update of all networks, on one core: at each size two of the narrow ones, on two sets, and a wide one."""
    return len(sizes) * (2 * pace.of(shape, width) + pace.of(shape, 2 * width))


def _clock(training: float, cores: int) -> float:
    """Seconds of the clock, of those that training takes on one core."""
    return (training + START) / SPENT / cores
