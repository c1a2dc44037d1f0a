"""The figures of the experiment ``dynamics``: scores along the training, and the times they mark against N."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from samenoise.experiments.dynamics.findings import last_update, times
from samenoise.lab.run_files import Row, select
from samenoise.report.axes import legible, outside_legend, size_axis, thousands, width_colour
from samenoise.report.ink import COLOURS, DASHED, DASHED_DOTTED, DOTTED, RC, SOLID, new_figure, settled
from samenoise.report.wording import value_of

__all__ = ["DISTANCES", "SHARES", "along_training", "milestones"]

SHARES: Mapping[str, tuple[str, str]] = {
    "rp": ("ink", "RP of {a} and {b}"),
    "rp_teacher": ("green", "RP of {a} and the truth"),
    "rp_optimum": ("purple", "RP of {a} and the optimum"),
    "memorized": ("vermilion", "copies of {a}"),
}
DISTANCES: Mapping[str, tuple[str, str]] = {
    "e_gen": ("green", "{a} to the truth (E_gen)"),
    "e_mem": ("purple", "{a} to the optimum (E_mem)"),
}
"""Metric -> its colour and its label."""

STYLES = (SOLID, DASHED, DASHED_DOTTED, DOTTED)
"""Of networks, the narrow ones first."""


def along_training(scores: Sequence[Row], metrics: Mapping[str, tuple[str, str]], narrow: bool = False) -> Figure:
    """Scores against the number of updates, a panel for each training size, all with the same axes."""
    rows = {
        metric: [s for s in select(scores, "dynamics", metric) if s.tag("update") is not None] for metric in metrics
    }
    everything = [s for found in rows.values() for s in found]
    sizes = sorted({s.n_train for s in everything if s.n_train is not None})
    networks = list(dict.fromkeys(s.a for s in sorted(everything, key=lambda s: (s.width or math.inf, s.a))))
    columns = min(2 if narrow else 3, len(sizes))
    lines = math.ceil(len(sizes) / columns)
    labels = len({(s.metric, s.a, s.b) for s in everything})
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 1.5 * lines + 0.35 + 0.2 * (labels if narrow else math.ceil(labels / 2)))
        panels: Any = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for k, panel in enumerate(panels.flat):
            if k >= len(sizes):
                panel.set_visible(False)
                continue
            for metric, (colour, label) in metrics.items():
                for (a, b), points in _lines(rows[metric], sizes[k]).items():
                    style = SOLID if metric == "rp" else STYLES[networks.index(a) % len(STYLES)]
                    x, y = [s.tag("update") for s in points], list(map(value_of, points))
                    panel.plot(x, y, color=COLOURS[colour], ls=style, lw=1.6, label=legible(label.format(a=a, b=b)))
                    known = [(s.tag("update"), *s.ci95) for s in points if s.ci95 is not None]
                    if known:
                        where, low, high = zip(*known, strict=True)
                        panel.fill_between(where, low, high, color=COLOURS[colour], alpha=0.13, lw=0)
            panel.set_title(f"N = {sizes[k]}", loc="left", pad=3)
            _update_axis(panel)
        if metrics is SHARES:
            panels[0, 0].set(ylim=(-0.03, 1.03), yticks=(0, 0.5, 1))
        else:
            panels[0, 0].set_ylim(bottom=0)
        for panel in panels.flat[len(sizes) - columns : len(sizes)]:
            panel.tick_params(labelbottom=True)
        figure.supxlabel("updates", fontsize=9.5, color=COLOURS["muted"])
        handles = {text: h for p in panels.flat for h, text in zip(*p.get_legend_handles_labels(), strict=True)}
        figure.legend(list(handles.values()), list(handles), loc="outside upper left", ncols=1 if narrow else 2)
        return settled(figure)


def milestones(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """Generalization and memorization time against N, and between them the window in which to stop.

    Bars reach back to the checkpoint before; a triangle at the last update stands for what was not reached.
    """
    early, late = times(scores, "generalization_time"), times(scores, "memorization_time")
    end = last_update(scores)
    points = [s for found in (early, late) for line in found.values() for s in line]
    sizes = sorted({s.n_train for s in points if s.n_train is not None})
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 4.2)
        axes: Any = figure.add_subplot()
        networks = list(dict.fromkeys([*early, *late]))
        for k, a in enumerate(networks):
            first = (early.get(a) or late[a])[0]
            colour = width_colour(scores, first)
            beside = 1.03 ** (k - (len(networks) - 1) / 2)  # so that bars at one size do not hide each other
            _times(axes, early.get(a, []), colour, SOLID, "o", f"{a} generalizes", end, beside)
            _times(axes, late.get(a, []), colour, DASHED, "s", f"{a} starts to copy", end, beside)
            _shade(axes, early.get(a, []), late.get(a, []), colour, end)
        if end is not None:
            axes.axhline(end, color=COLOURS["faint"], lw=1.0, ls=DOTTED, label="end of the training", zorder=1)
        size_axis(axes, sizes, narrow)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(thousands)
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_ylabel("updates")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def _times(
    axes: Any, line: Sequence[Row], colour: str, style: Any, marker: str, label: str, end: int | None, beside: float
) -> None:
    reached = [s for s in line if s.value is not None]
    places = [beside * (s.n_train or 1) for s in reached]
    look = {"color": colour, "ls": style, "marker": marker, "mec": COLOURS["paper"], "mew": 0.8, "zorder": 3}
    if reached:
        axes.plot(places, list(map(value_of, reached)), label=legible(label), **look)
    for x, s in zip(places, reached, strict=True):
        if s.ci95 is not None:
            axes.plot([x, x], s.ci95, color=colour, lw=1.2, zorder=2)
    missed = [beside * (s.n_train or 1) for s in line if s.value is None]
    if missed and end is not None:
        axes.plot(missed, [end] * len(missed), color=colour, ls="", marker="^", ms=6, mfc=COLOURS["paper"], zorder=4)


def _shade(axes: Any, early: Sequence[Row], late: Sequence[Row], colour: str, end: int | None) -> None:
    """Between the two times, up to the end of the training where no copying starts before it."""
    copying = {s.n_train: end if s.value is None else s.value for s in late}
    window = [(s.n_train, s.value, copying.get(s.n_train)) for s in early if s.value is not None]
    known = [(n, low, high) for n, low, high in window if high is not None]
    if known:
        n, low, high = zip(*known, strict=True)
        axes.fill_between(
            n, low, high, where=[b > a for a, b in zip(low, high, strict=True)], color=colour, alpha=0.1, lw=0
        )


def _lines(rows: Sequence[Row], n: int) -> dict[tuple[str, str], list[Row]]:
    lines: dict[tuple[str, str], list[Row]] = {}
    for s in sorted((s for s in rows if s.n_train == n), key=lambda s: (s.width or 0, s.tag("update"))):
        lines.setdefault((s.a, s.b), []).append(s)
    return lines


def _update_axis(axes: Any) -> None:
    """Powers of ten, at most four of them."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=4))
    axes.xaxis.set_major_formatter(thousands)
    axes.xaxis.set_minor_locator(NullLocator())
