"""The figures: one function each, from scores to a matplotlib ``Figure``.

The horizontal axis is the number N of training images, in powers of two, with the sizes of the run as its ticks. A
network keeps its colour, by width, in every figure; bands are 95 % intervals; baselines are grey.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from samenoise.report.ink import (
    COLOURS,
    DASHED,
    DASHED_DOTTED,
    DOTTED,
    HUES,
    NARROW,
    RC,
    SOLID,
    WIDE,
    new_figure,
    settled,
)
from samenoise.report.run_files import Row, by_pair

__all__ = ["agreement", "copying", "distances", "outside_legend", "size_axis", "width_colour"]

HEIGHT = 4.2
"""Of every figure, in inches."""

MARGIN = 1.28
"""Factor by which the axis of sizes reaches beyond the sizes of the run."""


def agreement(scores: Sequence[Row], experiment: str, narrow: bool = False) -> Figure:
    """RP against N: between networks, with the exact flows, on disjoint data, and its baselines."""
    pairs = by_pair(scores, experiment, "rp")
    splits = by_pair(scores, "splits", "rp_split") if experiment == "regimes" else {}
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, HEIGHT)
        axes: Any = figure.add_subplot()
        for k, ((a, b, _), points) in enumerate(pairs.items()):
            colour = COLOURS["ink"] if len(pairs) == 1 else HUES[(k + 3) % len(HUES)]
            _line(axes, points, f"{a} and {b}", colour, lw=2.4)
        for (a, _, _), points in splits.items():
            _line(axes, points, f"{a.split('/')[0]}, disjoint data", COLOURS["green"], marker="D")
        for metric, style, what in (("rp_teacher", SOLID, "true flow"), ("rp_optimum", DASHED, "optimum")):
            for (a, _, _), points in by_pair(scores, experiment, metric).items():
                colour = width_colour(scores, points[0])
                _line(axes, points, f"{a} and {what}", colour, style, marker="s", band=False)
        reference = next(iter(pairs.values()))
        _baseline(axes, reference, "ceiling", SOLID, "ceiling")
        _baseline(axes, reference, "gaussian", DASHED_DOTTED, "Gaussian")
        _baseline(axes, reference, "floor", DOTTED, "floor")
        size_axis(axes, _sizes(pairs), narrow)
        axes.set(ylim=(-0.03, 1.03), ylabel="RP: share of noises with the same picture")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def copying(scores: Sequence[Row], experiment: str, narrow: bool = False) -> Figure:
    """Memorized share (left axis) and GL (right axis) against N, with held-out real images and N50."""
    lines = by_pair(scores, experiment, "memorized")
    heldout = by_pair(scores, experiment, "memorized_heldout")
    sizes = _sizes(lines)
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, HEIGHT)
        axes: Any = figure.add_subplot()
        for (a, _, _), points in lines.items():
            _line(axes, points, a, width_colour(scores, points[0]))
        if heldout:
            real = next(iter(heldout.values()))
            _line(axes, real, "held-out real images", COLOURS["muted"], DOTTED, marker="", band=False)
        else:
            _baseline(axes, next(iter(lines.values())), "floor", DOTTED, "held-out real images")
        for s in scores:
            if (s.experiment, s.metric) == (experiment, "n50") and s.value is not None:
                _n50_mark(axes, s, width_colour(scores, s), sizes)
        size_axis(axes, sizes, narrow)
        axes.set(ylim=(-0.03, 1.03), ylabel="memorized: share of copies")
        right = axes.secondary_yaxis("right", functions=(lambda y: 1 - y, lambda y: 1 - y))
        right.set_ylabel("GL = 1 − memorized")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def distances(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """E_gen and E_mem against N for every network, and the distance between the two exact flows."""
    gen, mem = by_pair(scores, "teacher", "e_gen"), by_pair(scores, "teacher", "e_mem")
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, HEIGHT)
        axes: Any = figure.add_subplot()
        for (a, _, _), points in gen.items():
            _line(axes, points, f"{a} to the true flow (E_gen)", width_colour(scores, points[0]))
        for (a, _, _), points in mem.items():
            colour = width_colour(scores, points[0])
            _line(axes, points, f"{a} to the optimum (E_mem)", colour, DASHED, marker="s")
        for (a, b, _), points in by_pair(scores, "teacher", "pfd").items():
            if (a, b) == ("optimum", "teacher"):
                _line(axes, points, "optimum to the true flow", COLOURS["muted"], DOTTED, marker="", band=False)
        size_axis(axes, _sizes(gen), narrow)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("root mean squared distance")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def _line(
    axes: Any,
    points: Sequence[Row],
    label: str,
    colour: str,
    style: Any = SOLID,
    marker: str = "o",
    band: bool = True,
    lw: float = 1.8,
) -> None:
    if label.startswith("_"):
        label = f" {label}"  # matplotlib leaves labels that start with an underscore out of the legend
    x, y = [s.n_train for s in points], [s.value for s in points]
    axes.plot(x, y, color=colour, ls=style, lw=lw, marker=marker, mec=COLOURS["paper"], mew=0.8, label=label, zorder=3)
    known = [(s.n_train, *s.ci95) for s in points if s.ci95 is not None]
    if band and known:
        sizes, low, high = zip(*known, strict=True)
        axes.fill_between(sizes, low, high, color=colour, alpha=0.15, lw=0, zorder=2)


def _baseline(axes: Any, points: Sequence[Row], field: str, style: Any, label: str) -> None:
    known = [(s.n_train, getattr(s, field)) for s in points if getattr(s, field) is not None]
    if known:
        x, y = zip(*known, strict=True)
        axes.plot(x, y, color=COLOURS["muted"], ls=style, lw=1.4, label=label, zorder=1)


def _n50_mark(axes: Any, s: Row, colour: str, sizes: Sequence[int]) -> None:
    """A diamond where the line crosses one half, with its interval, which is cut where the axis ends."""
    first = "N50" not in axes.get_legend_handles_labels()[1]
    if first:
        axes.axhline(0.5, color=COLOURS["faint"], lw=0.8, zorder=0)
        axes.plot([], [], marker="D", ms=5, mfc=COLOURS["paper"], mec=COLOURS["muted"], ls="", label="N50")
    axes.plot([s.value], [0.5], marker="D", ms=6, mfc=COLOURS["paper"], mec=colour, mew=1.6, ls="", zorder=6)
    if s.ci95 is not None:
        ends = max(s.ci95[0], sizes[0] / MARGIN), min(s.ci95[1], sizes[-1] * MARGIN)
        axes.plot(ends, [0.5, 0.5], color=colour, lw=1.4, marker="|", ms=7, mew=1.4, zorder=5)


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


def _sizes(lines: dict[tuple[str, str, str], list[Row]]) -> list[int]:
    return sorted({s.n_train for points in lines.values() for s in points if s.n_train is not None})


def width_colour(scores: Sequence[Row], s: Row) -> str:
    """The colour of a network: by its place among the widths of the run, by its name where it has no width."""
    if s.width is not None:
        return HUES[sorted({t.width for t in scores if t.width is not None}).index(s.width) % len(HUES)]
    return HUES[sorted({t.a for t in scores}).index(s.a) % len(HUES)]
