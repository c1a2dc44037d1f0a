"""The figures of ``lowrank``: ranks against the noise, at images trained on and held out, and subspaces against N/d."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from samenoise.experiments.lowrank.series import CLOSED, along_noise, along_shares, is_network
from samenoise.lab.run_files import Row
from samenoise.report.axes import outside_legend, size_axis
from samenoise.report.ink import COLOURS, DASHED, DASHED_DOTTED, DOTTED, HUES, RC, SOLID, new_figure, settled
from samenoise.report.wording import value_of

__all__ = ["copying", "ranks", "recovery"]

STYLES = (SOLID, DASHED_DOTTED, DASHED)
"""Of networks, the narrow ones first."""


def ranks(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """Rank at held-out images against the noise level: a colour for each N; closed forms of the largest N in grey."""
    lines = along_noise(scores, "jacobian_rank")
    networks = {key: points for key, points in lines.items() if is_network(points[0])}
    sizes, names = sorted({key.n for key in networks}), list(dict.fromkeys(key.name for key in networks))
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 4.4)
        axes: Any = figure.add_subplot()
        for key, points in networks.items():
            label = f"N = {key.n}" if len(names) == 1 else f"{key.name}, N = {key.n}"
            style = STYLES[names.index(key.name) % len(STYLES)]
            _line(axes, "sigma", points, HUES[sizes.index(key.n) % len(HUES)], style, label)
        for key, points in lines.items():
            if key.n == sizes[-1] and key.name in CLOSED:
                style = DOTTED if key.name == "gaussian" else DASHED
                short = "Gaussian" if key.name == "gaussian" else "optimum"
                _line(axes, "sigma", points, COLOURS["muted"], style, f"{short}, N = {key.n}", marker="")
        _level_axis(axes, "noise level σ/α")
        axes.set_ylim(bottom=0)
        axes.set_ylabel("rank of the Jacobian")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def copying(scores: Sequence[Row], sigma: float, narrow: bool = False) -> Figure:
    """Rank against N at one noise level, at held-out images (solid) and at images trained on (dashed)."""
    at = {where: along_noise(scores, "jacobian_rank", where) for where in ("heldout", "train")}
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 3.9)
        axes: Any = figure.add_subplot()
        names = list(dict.fromkeys(key.name for key, points in at["heldout"].items() if is_network(points[0])))
        sizes = sorted({key.n for key in at["heldout"]})
        for k, name in enumerate(names):
            for where, style, what in (("heldout", SOLID, "held-out images"), ("train", DASHED, "images trained on")):
                points = [s for key, line in at[where].items() if key.name == name for s in line]
                here = [s for s in points if s.tag("sigma") == sigma]
                _line(axes, None, here, HUES[k % len(HUES)], style, f"{name} at {what}")
        first = [
            s for key, line in at["heldout"].items() if key.name == names[0] for s in line if s.tag("sigma") == sigma
        ]
        for field, style, what in (("gaussian", DOTTED, "Gaussian"), ("floor", DASHED_DOTTED, "optimum, held out")):
            level = [getattr(s, field) for s in first]
            axes.plot(sizes, level, color=COLOURS["muted"], ls=style, lw=1.4, label=what, zorder=1)
        size_axis(axes, sizes, narrow)
        axes.set_ylim(bottom=0)
        axes.set_ylabel(f"rank of the Jacobian at σ/α = {sigma:g}")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def recovery(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """What was not found of a subspace against N/d: a panel for each K, a colour for each d."""
    own, span = along_shares(scores, "subspace_error"), along_shares(scores, "subspace_span_error")
    counts, dimensions = sorted({m.components for m in own}), sorted({m.dimension for m in own})
    names = list(dict.fromkeys(m.name for m in own))
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 2.9 * len(counts) + 1.0 if narrow else 4.2)
        shape = (len(counts), 1) if narrow else (1, len(counts))
        panels: Any = figure.subplots(*shape, sharex=True, sharey=True, squeeze=False)
        for panel, k in zip(panels.flat, counts, strict=True):
            for m, points in own.items():
                if m.components != k:
                    continue
                colour = HUES[dimensions.index(m.dimension) % len(HUES)]
                style = STYLES[names.index(m.name) % len(STYLES)]
                label = f"d = {m.dimension}" if len(names) == 1 else f"{m.name}, d = {m.dimension}"
                _line(panel, "per_dimension", points, colour, style, label)
                if m in span:
                    _line(panel, "per_dimension", span[m], colour, DASHED, "", marker="")
            here = [s for m, points in own.items() if m.components == k for s in points]
            _references(panel, here)
            if k > 1:
                panel.plot([], [], color=COLOURS["muted"], ls=DASHED, label="outside of all subspaces")
            panel.set_title(f"{k} subspace{'s' if k > 1 else ''}", loc="left", pad=3)
            _level_axis(panel, "", [s.tag("per_dimension") for s in here])
            panel.set_ylim(-0.03, 1.03)
        figure.supxlabel("N/d, training images of a subspace for each dimension", fontsize=9.5, color=COLOURS["muted"])
        figure.supylabel("not found of a subspace", fontsize=9.5, color=COLOURS["muted"])
        handles = {text: h for p in panels.flat for h, text in zip(*p.get_legend_handles_labels(), strict=True)}
        figure.legend(list(handles.values()), list(handles), loc="outside upper left", ncols=2)
        return settled(figure)


def _references(axes: Any, rows: Sequence[Row]) -> None:
    """PCA, which is the same for every d, and what random directions miss, which lies close together for all."""
    at = sorted({s.tag("per_dimension"): s.floor for s in rows}.items())
    grid = np.geomspace(at[0][0], at[-1][0], 200)
    axes.plot(grid, np.sqrt(np.clip(1 - grid, 0, None)), color=COLOURS["muted"], ls=DOTTED, lw=1.4, label="PCA")
    chance = [s.ceiling for s in rows if s.ceiling is not None]
    axes.axhspan(min(chance), max(chance), color=COLOURS["faint"], alpha=0.35, lw=0, label="random directions")
    axes.axhline(0.5, color=COLOURS["faint"], lw=0.8, zorder=0)


def _line(
    axes: Any, tag: str | None, points: Sequence[Row], colour: str, style: Any, label: str, marker: str = "o"
) -> None:
    """Against a tag of the rows, or N where there is none; intervals as a band."""
    label = f" {label}" if label.startswith("_") else label  # matplotlib leaves out labels that start with one

    def place(s: Row) -> Any:
        return s.n_train if tag is None else s.tag(tag)

    look = {"color": colour, "ls": style, "marker": marker, "mec": COLOURS["paper"], "mew": 0.8}
    axes.plot(list(map(place, points)), list(map(value_of, points)), label=label, zorder=3, **look)
    known = [(place(s), *s.ci95) for s in points if s.ci95 is not None]
    if known:
        at, low, high = zip(*known, strict=True)
        axes.fill_between(at, low, high, color=colour, alpha=0.13, lw=0, zorder=2)


def _level_axis(axes: Any, label: str, ticks: Sequence[float] = ()) -> None:
    """Logarithmic, with plain numbers."""
    axes.set_xscale("log")
    if ticks:
        axes.xaxis.set_major_locator(FixedLocator(sorted(set(ticks))))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    if label:
        axes.set_xlabel(label)
