"""The figures of ``contrast``: how pairs agree, by what they are, and how near to real images every model draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from samenoise.experiments.contrast.series import ACROSS, SORTS, by_group, control, mean, of_sort
from samenoise.lab.run_files import Row
from samenoise.report.axes import outside_legend
from samenoise.report.ink import COLOURS, DASHED, DOTTED, RC, new_figure, settled
from samenoise.report.wording import value_of

__all__ = ["agreement", "pictures"]

COLOUR_OF = {
    "diffusion": COLOURS["blue"],
    "gan": COLOURS["vermilion"],
    "vae": COLOURS["green"],
    ACROSS: COLOURS["purple"],
}
NAMES = {**SORTS, ACROSS: "two sorts"}
MARKS = {"seed": ("o", "another seed"), "architecture": ("s", "another architecture"), "sort": ("D", "another sort")}
"""How two models are related -> marker and label."""
PANELS = {"": "RP", "_auc": "AUC"}


def agreement(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """RP and AUC of every pair, a line for each sort; below it, in grey, the same pairs with permuted noises."""
    groups = list(by_group(scores, "rp"))
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, (1.5 if narrow else 0.85) * len(groups) + 1.3)
        axes: Any = figure.subplots(2, 1) if narrow else figure.subplots(1, 2, sharey=True)
        for panel, (suffix, heading) in zip(axes, PANELS.items(), strict=True):
            for place, (group, rows) in enumerate(by_group(scores, f"rp{suffix}").items()):
                _dots(panel, scores, rows, place, suffix, COLOUR_OF[group])
            panel.set_yticks(range(len(groups)), [NAMES[group].replace(" models", "\nmodels") for group in groups])
            panel.set(xlim=(-0.03, 1.03), ylim=(len(groups) - 0.5, -0.5), xlabel=heading)
            panel.grid(axis="y", visible=False)
            panel.grid(axis="x", visible=True)
        axes[1].axvline(0.5, color=COLOURS["muted"], ls=DOTTED, lw=1.4, zorder=1, label="chance")
        outside_legend(figure, axes[1], narrow)
        return settled(figure)


def _dots(panel: Any, scores: Sequence[Row], rows: Sequence[Row], place: int, suffix: str, colour: str) -> None:
    look = {"ls": "", "mec": COLOURS["paper"], "mew": 0.6, "zorder": 3}
    for kin, (marker, label) in MARKS.items():
        own = [s for s in rows if s.tag("kin") == kin]
        heights = [place - 0.14 + _aside(k) for k in range(len(own))]
        panel.plot(list(map(value_of, own)), heights, marker=marker, color=colour, **look)
        if own and label not in panel.get_legend_handles_labels()[1]:
            panel.plot([], [], marker=marker, color=COLOURS["ink"], label=label, **look)
    panel.plot([mean(rows)] * 2, [place - 0.34, place + 0.06], color=colour, lw=2, alpha=0.6, zorder=2)
    controls = [s for s in (control(scores, pair, suffix) for pair in rows) if s is not None]
    label = "noises permuted" if place == 0 else None
    heights = [place + 0.26 + _aside(k) for k in range(len(controls))]
    panel.plot(list(map(value_of, controls)), heights, marker=".", color=COLOURS["faint"], label=label, **look)


def _aside(k: int) -> float:
    """Beside the middle of a line, so that equal values are seen."""
    return float(0.2 * ((0.618 * k + 0.5) % 1 - 0.5))


def pictures(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """Distance to the data and distance of distributions of every model, beside held-out images and the Gaussian."""
    panels = {"nn_distance": "distance to the data", "mmd": "distance of distributions"}
    names = [s.a for rows in of_sort(scores, "nn_distance").values() for s in rows]
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, (0.34 if narrow else 0.2) * len(names) + 1.2)
        axes: Any = figure.subplots(2, 1) if narrow else figure.subplots(1, 2, sharey=True)
        for panel, (metric, heading) in zip(axes, panels.items(), strict=True):
            found = of_sort(scores, metric)
            for sort, rows in found.items():
                for s in rows:
                    y = names.index(s.a)
                    if s.ci95 is not None:
                        panel.plot(s.ci95, [y, y], color=COLOUR_OF[sort], lw=1.6, alpha=0.5)
                    panel.plot([value_of(s)], [y], marker="o", color=COLOUR_OF[sort], mec=COLOURS["paper"], mew=0.6)
            first = next(s for rows in found.values() for s in rows)
            real = "held-out images" if metric == "nn_distance" else None
            for value, style, label in ((first.floor, DASHED, real), (first.gaussian, DOTTED, "Gaussian")):
                if value is not None:
                    panel.axvline(value, color=COLOURS["muted"], ls=style, lw=1.4, zorder=1, label=label)
            panel.set_yticks(range(len(names)), names)
            panel.set(ylim=(len(names) - 0.4, -0.6), xlabel=heading)
            panel.set_xlim(left=min(0.0, panel.get_xlim()[0]))
            panel.grid(axis="y", visible=False)
            panel.grid(axis="x", visible=True)
        outside_legend(figure, axes[0], narrow)
        return settled(figure)
