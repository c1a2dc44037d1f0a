"""The figures of experiments over training sizes: one function each, from scores to a matplotlib ``Figure``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from samenoise.lab.experiment import Drawing
from samenoise.lab.run_files import Row, by_pair
from samenoise.report import rounding as r
from samenoise.report.axes import MARGIN, level, line, outside_legend, size_axis, sizes_of, width_colour
from samenoise.report.ink import COLOURS, DASHED, DASHED_DOTTED, DOTTED, HUES, RC, SOLID, new_figure, settled
from samenoise.report.wording import metric_name

__all__ = ["HEIGHT", "agreement", "agreement_drawing", "copying", "copying_drawing", "said"]

HEIGHT = 4.2
"""Of every figure, in inches."""

AGREEMENT = """\
Reproducibility (RP): the share of noises from which two networks draw the same picture, against the number N of
training images. Bands are 95 % intervals. Beside it: RP with the exact flows and, where measured, between networks that
share no training image. Grey: the ceiling (a network against itself at another batch size), the closed-form Gaussian of
the training set, and the floor (mismatched pairs)."""

COPYING = """\
The share of drawn pictures that match a training image (left) and its complement, the generalization score GL (right).
Dotted: held-out real images, put to the same question; a network that matches no more often than they do does not copy.
Diamonds, where there are any: N50, at which half of the pictures are copies beyond what real images pass for, with its
95 % interval. They lie on the dashed line, half way from held-out real images to all."""


def agreement_drawing(scores: Sequence[Row], experiment: str, disjoint: bool = False) -> Iterator[Drawing]:
    """RP along N, where there are pairs.

    Args:
        disjoint: draw RP of networks that share no training image, too, whichever experiment measured it.
    """
    if by_pair(scores, experiment, "rp"):
        yield Drawing(
            f"agreement-{experiment}",
            "Do two networks draw the same picture?",
            AGREEMENT,
            said(scores, experiment, ("rp", "rp_optimum", "rp_teacher")),
            partial(agreement, scores, experiment, disjoint),
        )


def copying_drawing(scores: Sequence[Row], experiment: str) -> Iterator[Drawing]:
    """Copies along N, where they were looked for."""
    if by_pair(scores, experiment, "memorized"):
        yield Drawing(
            "copying",
            "Does a network copy its training set?",
            COPYING,
            said(scores, experiment, ("memorized",)),
            partial(copying, scores, experiment),
        )


def agreement(scores: Sequence[Row], experiment: str, disjoint: bool = False, narrow: bool = False) -> Figure:
    """RP against N: between networks, with the exact flows, on disjoint data, and its baselines."""
    pairs = by_pair(scores, experiment, "rp")
    splits = by_pair(scores, None, "rp_split") if disjoint else {}
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, HEIGHT)
        axes: Any = figure.add_subplot()
        for k, ((a, b, _), points) in enumerate(pairs.items()):
            colour = COLOURS["ink"] if len(pairs) == 1 else HUES[(k + 3) % len(HUES)]
            line(axes, points, f"{a} and {b}", colour, lw=2.4)
        for (a, _, _), points in splits.items():
            line(axes, points, f"{a.split('/')[0]}, disjoint data", COLOURS["green"], marker="D")
        for metric, style, what in (("rp_teacher", SOLID, "true flow"), ("rp_optimum", DASHED, "optimum")):
            for (a, _, _), points in by_pair(scores, experiment, metric).items():
                colour = width_colour(scores, points[0])
                line(axes, points, f"{a} and {what}", colour, style, marker="s", band=False)
        reference = next(iter(pairs.values()))
        level(axes, reference, "ceiling", SOLID, "ceiling")
        level(axes, reference, "gaussian", DASHED_DOTTED, "Gaussian")
        level(axes, reference, "floor", DOTTED, "floor")
        size_axis(axes, sizes_of(pairs), narrow)
        axes.set(ylim=(-0.03, 1.03), ylabel="RP: share of noises with the same picture")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def copying(scores: Sequence[Row], experiment: str, narrow: bool = False) -> Figure:
    """Memorized share (left axis) and GL (right axis) against N, with held-out real images and N50."""
    lines = by_pair(scores, experiment, "memorized")
    heldout = by_pair(scores, experiment, "memorized_heldout")
    sizes = sizes_of(lines)
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, HEIGHT)
        axes: Any = figure.add_subplot()
        for (a, _, _), points in lines.items():
            line(axes, points, a, width_colour(scores, points[0]))
        if heldout:
            real = next(iter(heldout.values()))
            line(axes, real, "held-out real images", COLOURS["muted"], DOTTED, marker="", band=False)
        else:
            level(axes, next(iter(lines.values())), "floor", DOTTED, "held-out real images")
        halves = _half_way(next(iter(lines.values())))
        known = [s for s in scores if s.experiment == experiment and s.value is not None]
        # Runs of the first release count copies at the threshold alone.
        marks = [s for s in known if s.metric == "n50_excess"]
        plain = [s for s in known if s.metric == "n50"] if not any(s.metric == "n50_excess" for s in scores) else []
        for s in marks or plain:
            _n50_mark(axes, s, width_colour(scores, s), sizes, halves if marks else dict.fromkeys(halves, 0.5))
        size_axis(axes, sizes, narrow)
        axes.set(ylim=(-0.03, 1.03), ylabel="memorized: share of copies")
        right = axes.secondary_yaxis("right", functions=(lambda y: 1 - y, lambda y: 1 - y))
        right.set_ylabel("GL = 1 − memorized")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def said(scores: Sequence[Row], experiment: str, metrics: Sequence[str]) -> str:
    """The lines of a figure in words."""
    lines = [
        f"{metric_name(metric)}, {a} and {b}: "
        + ", ".join(f"{r.at_least(s.value or 0.0)} at N = {s.n_train}" for s in points)
        for metric in metrics
        for (a, b, _), points in by_pair(scores, experiment, metric).items()
    ]
    return "Line chart against the number of training images. " + ". ".join(lines) + "."


def _half_way(points: Sequence[Row]) -> dict[int, float]:
    """N -> half way from the share of held-out real images that pass to 1; one half where none were held out."""
    return {s.n_train: (1 + (s.floor or 0.0)) / 2 for s in points if s.n_train is not None}


def _n50_mark(axes: Any, s: Row, colour: str, sizes: Sequence[int], half_way: Mapping[int, float]) -> None:
    """A diamond where half of the pictures are copies, with its interval, which is cut where the axis ends."""
    assert s.value is not None
    steps, halves = zip(*sorted(half_way.items()), strict=True)
    at = float(np.interp(np.log(s.value), np.log(steps), halves))
    first = "N50" not in axes.get_legend_handles_labels()[1]
    if first:
        axes.plot(steps, halves, color=COLOURS["faint"], lw=1.0, ls=DASHED, zorder=0)
        axes.plot([], [], marker="D", ms=5, mfc=COLOURS["paper"], mec=COLOURS["muted"], ls="", label="N50")
    axes.plot([s.value], [at], marker="D", ms=6, mfc=COLOURS["paper"], mec=colour, mew=1.6, ls="", zorder=6)
    if s.ci95 is not None:
        ends = max(s.ci95[0], sizes[0] / MARGIN), min(s.ci95[1], sizes[-1] * MARGIN)
        axes.plot(ends, [at, at], color=colour, lw=1.4, marker="|", ms=7, mew=1.4, zorder=5)
