"""The figure of ``encoding``: agreement of maps along N."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from samenoise.experiments.encoding.series import networks, of_networks, of_reference
from samenoise.lab.run_files import Row, by_pair
from samenoise.report.axes import level, line, outside_legend, size_axis, sizes_of, width_colour
from samenoise.report.ink import COLOURS, DASHED, DASHED_DOTTED, DOTTED, RC, SOLID, new_figure, settled

__all__ = ["agreement"]


def agreement(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """Agreement of maps of two networks, of each with the optimum's and the noise's, and smoothness, against N."""
    pairs = of_networks(scores, "map_agreement")
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 4.4)
        axes: Any = figure.add_subplot()
        for (a, b, _), points in pairs.items():
            line(axes, points, f"{a} and {b}", COLOURS["ink"], lw=2.4)
        for label in networks(scores).values():
            for name, style, what in (("optimum", DASHED, "optimum"), ("noise", DASHED_DOTTED, "noise itself")):
                points = of_reference(scores, label, name)
                if points:
                    colour = width_colour(scores, points[0])
                    line(axes, points, f"{label} and {what}", colour, style, marker="s", band=False)
        for (label, _, _), points in by_pair(scores, "encoding", "map_smoothness").items():
            colour = width_colour(scores, points[0])
            line(axes, points, f"{label}, neighbours", colour, SOLID, marker="D", band=False, lw=1.2)
        reference = next(iter(pairs.values()))
        level(axes, reference, "floor", DOTTED, "two planes")
        size_axis(axes, sizes_of(pairs), narrow)
        axes.set(ylim=(-0.03, 1.03), ylabel="share of places with the same anchor")
        outside_legend(figure, axes, narrow)
        return settled(figure)
