"""What figures share: the axis of sizes, lines with their bands, baselines, legends, and the colour of a network.

The axis is the number N of training images, in powers of two, with the sizes of the run as its ticks. A network keeps
its colour, by width, in every figure; bands are 95 % intervals; baselines are grey.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from samenoise.lab.run_files import Row
from samenoise.report.ink import COLOURS, HUES, NARROW, SOLID, WIDE

__all__ = ["MARGIN", "legible", "level", "line", "outside_legend", "size_axis", "sizes_of", "thousands", "width_colour"]

MARGIN = 1.28
"""Factor by which the axis of sizes reaches beyond the sizes of the run."""


def line(
    axes: Any,
    points: Sequence[Row],
    label: str,
    colour: str,
    style: Any = SOLID,
    marker: str = "o",
    band: bool = True,
    lw: float = 1.8,
    x: Sequence[float | None] | None = None,
) -> None:
    """Values against N, or against ``x``, with their intervals as a band."""
    places, y = [s.n_train for s in points] if x is None else x, [s.value for s in points]
    look = {"color": colour, "ls": style, "lw": lw, "marker": marker, "mec": COLOURS["paper"], "mew": 0.8}
    axes.plot(places, y, label=legible(label), zorder=3, **look)
    known = [(at, *s.ci95) for at, s in zip(places, points, strict=True) if s.ci95 is not None]
    if band and known:
        where, low, high = zip(*known, strict=True)
        axes.fill_between(where, low, high, color=colour, alpha=0.15, lw=0, zorder=2)


def legible(label: str) -> str:
    """A label for a legend: matplotlib leaves out those that start with an underscore."""
    return f" {label}" if label.startswith("_") else label


def level(axes: Any, points: Sequence[Row], field: str, style: Any, label: str) -> None:
    """One of the baselines of some rows (``floor``, ``ceiling``, ``gaussian``) against N."""
    known = [(s.n_train, getattr(s, field)) for s in points if getattr(s, field) is not None]
    if known:
        x, y = zip(*known, strict=True)
        axes.plot(x, y, color=COLOURS["muted"], ls=style, lw=1.4, label=label, zorder=1)


def size_axis(axes: Any, sizes: Sequence[int], narrow: bool) -> None:
    """Powers of two, ticks at the sizes of the run; a label is left out where it would touch its right neighbour."""
    axes.set_xscale("log", base=2)
    axes.set_xlabel("N, number of training images")
    octave = ((NARROW if narrow else WIDE) - 1.3) / max(math.log2(sizes[-1] / sizes[0] * MARGIN**2), 1)
    labels, right_neighbour = [], math.inf
    for n in reversed(sizes):
        place, half = octave * math.log2(n / sizes[0]), 0.043 * len(str(n))
        fits = place + half + 0.05 < right_neighbour
        labels.append(str(n) if fits else "")
        right_neighbour = place - half if fits else right_neighbour
    axes.set_xticks(sizes, labels[::-1])
    axes.minorticks_off()
    axes.set_xlim(sizes[0] / MARGIN, sizes[-1] * MARGIN)


def outside_legend(figure: Figure, axes: Any, narrow: bool) -> None:
    """Above the axes, so that it hides nothing; in two columns where they fit."""
    handles, labels = axes.get_legend_handles_labels()
    half = math.ceil(len(labels) / 2)
    longest = [max((len(label) for label in column), default=0) for column in (labels[:half], labels[half:])]
    columns = 2 if 0.9 + 0.075 * sum(longest) < (NARROW if narrow else WIDE) else 1
    figure.legend(handles, labels, loc="outside upper left", ncols=columns)


def sizes_of(lines: dict[tuple[str, str, str], list[Row]]) -> list[int]:
    """All training sizes of some lines."""
    return sorted({s.n_train for points in lines.values() for s in points if s.n_train is not None})


def thousands(count: float, _: int = 0) -> str:
    """A large number in few characters, such as 100, 1k or 1M; a formatter of ticks."""
    for power, letter in ((1e6, "M"), (1e3, "k")):
        if count >= power:
            return f"{count / power:g}{letter}"
    return f"{count:g}"


def width_colour(scores: Sequence[Row], s: Row) -> str:
    """The colour of a network: by its place among the widths of the run, by its name where it has no width."""
    if s.width is not None:
        return HUES[sorted({t.width for t in scores if t.width is not None}).index(s.width) % len(HUES)]
    return HUES[sorted({t.a for t in scores}).index(s.a) % len(HUES)]
