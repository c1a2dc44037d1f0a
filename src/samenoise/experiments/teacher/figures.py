"""The figures of ``teacher``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from samenoise.lab.experiment import Drawing
from samenoise.lab.run_files import Row, by_pair
from samenoise.report.axes import line, outside_legend, size_axis, sizes_of, width_colour
from samenoise.report.ink import COLOURS, DASHED, DOTTED, RC, new_figure, settled
from samenoise.report.size_figures import HEIGHT, agreement_drawing, said

__all__ = ["distances", "drawings"]

DISTANCES = """\
Root mean squared distance between a network's picture and the picture that each of two exact flows draws from the same
noise: the flow of the true distribution (E_gen, solid) and the empirical optimum of the training set (E_mem, dashed).
Where the lines cross, the network leaves its training set for the truth. Dotted: the distance between the two exact
flows."""


def drawings(scores: Sequence[Row]) -> Iterator[Drawing]:
    """In reading order."""
    yield from agreement_drawing(scores, "teacher")
    if by_pair(scores, "teacher", "e_gen") and by_pair(scores, "teacher", "e_mem"):
        yield Drawing(
            "distances",
            "From the training set to the true distribution",
            DISTANCES,
            said(scores, "teacher", ("e_gen", "e_mem")),
            partial(distances, scores),
        )


def distances(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """E_gen and E_mem against N for every network, and the distance between the two exact flows."""
    gen, mem = by_pair(scores, "teacher", "e_gen"), by_pair(scores, "teacher", "e_mem")
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, HEIGHT)
        axes: Any = figure.add_subplot()
        for (a, _, _), points in gen.items():
            line(axes, points, f"{a} to the true flow (E_gen)", width_colour(scores, points[0]))
        for (a, _, _), points in mem.items():
            colour = width_colour(scores, points[0])
            line(axes, points, f"{a} to the optimum (E_mem)", colour, DASHED, marker="s")
        for (a, b, _), points in by_pair(scores, "teacher", "pfd").items():
            if (a, b) == ("optimum", "teacher"):
                line(axes, points, "optimum to the true flow", COLOURS["muted"], DOTTED, marker="", band=False)
        size_axis(axes, sizes_of(gen), narrow)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("root mean squared distance")
        outside_legend(figure, axes, narrow)
        return settled(figure)
