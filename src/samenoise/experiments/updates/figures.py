"""The figure of ``updates``: copies against the number of updates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from samenoise.experiments.updates.series import Line, along_updates
from samenoise.lab.experiment import Drawing
from samenoise.lab.run_files import Row, by_pair
from samenoise.report.axes import line, thousands, width_colour
from samenoise.report.ink import COLOURS, DOTTED, NARROW, RC, WIDE, new_figure, settled
from samenoise.report.wording import value_of

__all__ = ["copies", "drawings"]

CAPTION = """\
The share of drawn pictures that match a training image, against the number of updates of the whole training, one panel
for each training size. Every point is a training of its own, with its own schedule. Bands are 95 % intervals. Dotted:
held-out real images, put to the same question. A line that is level no longer depends on the updates; one that rises at
its end would go on with more of them."""

BESIDE, LABEL = 0.6, 0.4
"""Inches: what is left of the panels, and what a label of their axis takes."""


def drawings(scores: Sequence[Row]) -> Iterator[Drawing]:
    """Copies against updates, where they were looked for."""
    lines = along_updates(scores, "memorized")
    if not lines:
        return
    said = ". ".join(
        f"{key.a}, N = {key.n}: " + ", ".join(f"{value_of(s):.2f} after {s.tag('updates')}" for s in points)
        for key, points in lines.items()
    )
    alt = f"Line charts of the share of copies against the number of updates, one for each training size. {said}."
    yield Drawing(
        "copies-updates", "Does copying level off with the updates?", CAPTION, alt, partial(copies, scores, lines)
    )


def copies(scores: Sequence[Row], lines: dict[Line, list[Row]], narrow: bool = False) -> Figure:
    """A panel for each training size, a line for each network, all with the same axes."""
    sizes = sorted({key.n for key in lines})
    counts = sorted({s.tag("updates") for points in lines.values() for s in points})
    columns = min(2 if narrow else 3, len(sizes))
    rows = math.ceil(len(sizes) / columns)
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 2.4 * rows + 0.7)
        panels: Any = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for panel, n in zip(panels.flat, sizes, strict=False):
            for key, points in lines.items():
                if key.n == n:
                    at = [s.tag("updates") for s in points]
                    line(panel, points, key.a, width_colour(scores, points[0]), x=at)
            for held_out in by_pair(scores, "updates", "memorized_heldout").values():
                level = next((value_of(s) for s in held_out if s.n_train == n), None)
                if level is not None:
                    look = {"color": COLOURS["muted"], "ls": DOTTED, "lw": 1.4, "zorder": 1}
                    panel.axhline(level, label="held-out real images", **look)
            panel.set_title(f"N = {n}", loc="left", pad=3)
        for panel in panels.flat[len(sizes) :]:
            panel.set_visible(False)
        for panel in panels.flat[len(sizes) - columns : len(sizes)]:
            panel.tick_params(labelbottom=True)
        _update_axis(panels[0, 0], counts, columns, narrow)
        panels[0, 0].set(ylim=(-0.03, 1.03), yticks=(0, 0.25, 0.5, 0.75, 1))
        figure.supylabel("memorized: share of copies", fontsize=9.5, color=COLOURS["muted"])
        figure.supxlabel("updates", fontsize=9.5, color=COLOURS["muted"])
        handles = {text: h for p in panels.flat for h, text in zip(*p.get_legend_handles_labels(), strict=True)}
        figure.legend(list(handles.values()), list(handles), loc="outside upper left", ncols=1 if narrow else 3)
        return settled(figure)


def _update_axis(axes: Any, counts: Sequence[int], columns: int, narrow: bool) -> None:
    """Ticks at the numbers of updates of the run. Every one has a label, or every second or third where they would
    touch; the last always."""
    axes.set_xscale("log", base=2)
    most = ((NARROW if narrow else WIDE) - BESIDE) / columns // LABEL
    every = math.ceil(len(counts) / most)
    labels = [thousands(u) if (len(counts) - 1 - k) % every == 0 else "" for k, u in enumerate(counts)]
    axes.set_xticks(counts, labels)
    axes.minorticks_off()
