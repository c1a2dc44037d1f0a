"""The figures of ``inverse``: who agrees, task by task, and how near reconstructions are to the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from samenoise.experiments.inverse.series import KINS, TASKS, by_task, mean, pairs
from samenoise.lab.run_files import Row
from samenoise.report.axes import outside_legend
from samenoise.report.ink import COLOURS, HUES, RC, new_figure, settled
from samenoise.report.wording import value_of

__all__ = ["agreement", "quality"]

COLOUR_OF = {"seed": COLOURS["muted"], "family": COLOURS["blue"], "across": COLOURS["vermilion"]}
ROOM = 0.26
"""Between the lines of a task."""


def agreement(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """RP of every pair, task by task: a line each for seeds, one family and two, their means, and other noises."""
    found, others = pairs(scores), by_task(scores, "rp_other_noise")
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 0.75 * len(found) + 1.25)
        axes: Any = figure.add_subplot()
        for place, (task, kins) in enumerate(found.items()):
            for line, (kin, rows) in enumerate(kins.items()):
                y, label = place + ROOM * (line - 1), KINS[kin]
                if not rows:
                    continue
                dots = {"ls": "", "marker": "o", "mec": COLOURS["paper"], "mew": 0.6, "zorder": 3}
                axes.plot(
                    list(map(value_of, rows)), [y] * len(rows), color=COLOUR_OF[kin], label=_once(axes, label), **dots
                )
                axes.plot([mean(rows)] * 2, [y - ROOM / 2, y + ROOM / 2], color=COLOUR_OF[kin], lw=2, zorder=2)
            if task in others:
                most = max(map(value_of, others[task]))
                band = {"color": COLOURS["rule"], "lw": 0, "label": _once(axes, "other noises of one measurement")}
                axes.fill_betweenx([place - 0.42, place + 0.42], 0, most, **band)
        _tasks(axes, list(found), narrow)
        axes.set(xlim=(-0.02, 1.02), xlabel="RP; bars are means")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def quality(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """PSNR of every model, task by task: a colour for each family, beside the pseudo-inverse and the Gaussian."""
    found = by_task(scores, "psnr")
    names = list(dict.fromkeys(s.tag("family") for rows in found.values() for s in rows))
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 0.55 * len(found) + 1.35)
        axes: Any = figure.add_subplot()
        for place, rows in enumerate(found.values()):
            for k, name in enumerate(names):
                own = [s for s in rows if s.tag("family") == name]
                y = place + ROOM * (k - (len(names) - 1) / 2)
                dots = {"ls": "", "marker": "o", "mec": COLOURS["paper"], "mew": 0.6, "zorder": 3}
                axes.plot(
                    [value_of(s) for s in own],
                    [y] * len(own),
                    color=HUES[k % len(HUES)],
                    label=_once(axes, name),
                    **dots,
                )
            for value, style, what in ((rows[0].floor, "-", "pseudo-inverse"), (rows[0].gaussian, ":", "Gaussian")):
                if value is not None:
                    ends, look = [place - 0.42, place + 0.42], {"color": COLOURS["muted"], "ls": style, "lw": 1.6}
                    axes.plot([value] * 2, ends, label=_once(axes, what), **look)
        _tasks(axes, list(found), narrow)
        axes.set_xlabel("PSNR in decibels")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def _once(axes: Any, label: str) -> str | None:
    """A label that the legend has not."""
    return None if label in axes.get_legend_handles_labels()[1] else label


def _tasks(axes: Any, tasks: Sequence[str], narrow: bool) -> None:
    labels = [TASKS.get(task, task).replace(" of ", "\nof ").replace(" inpainting", "\ninpainting") for task in tasks]
    axes.set_yticks(range(len(tasks)), [label.replace(" de", "\nde") if narrow else label for label in labels])
    axes.set_ylim(len(tasks) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)
