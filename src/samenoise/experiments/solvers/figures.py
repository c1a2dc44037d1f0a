"""The figures of the experiment ``solvers``: how pictures settle with the number of evaluations, and with ``eta``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from samenoise.experiments.solvers.findings import SOLVER_NAMES, along_eta, along_nfe
from samenoise.lab.run_files import Row
from samenoise.report.axes import line, outside_legend
from samenoise.report.ink import COLOURS, DASHED, DASHED_DOTTED, DOTTED, HUES, RC, SOLID, new_figure, settled

__all__ = ["convergence", "stochasticity"]

STYLES = (SOLID, DASHED, DASHED_DOTTED, DOTTED)
"""Of models, in the order in which they appear."""


def convergence(scores: Sequence[Row], metric: str, narrow: bool = False) -> Figure:
    """``rp_reference`` or ``pfd_reference`` against NFE: a colour for each solver, a line style for each model."""
    lines = along_nfe(scores, metric)
    solvers = [*SOLVER_NAMES, *sorted({solver for solver, _ in lines} - set(SOLVER_NAMES))]
    models = list(dict.fromkeys(model for _, model in lines))
    evaluations = sorted({s.tag("nfe") for points in lines.values() for s in points if s.tag("nfe") is not None})
    share = metric == "rp_reference"
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 3.9)
        axes: Any = figure.add_subplot()
        for (solver, model), points in lines.items():
            colour = HUES[solvers.index(solver) % len(HUES)]
            name = SOLVER_NAMES.get(solver, solver)
            label = name if len(models) == 1 else f"{name}, {model}"
            style = STYLES[models.index(model) % len(STYLES)]
            line(axes, points, label, colour, style, x=[s.tag("nfe") for s in points])
        everything = [s for points in lines.values() for s in points]
        _level(axes, everything, "ceiling", "ceiling" if share else "numerical noise", SOLID, share)
        _level(axes, everything, "floor", "floor" if share else "mismatched pairs", DOTTED, share)
        axes.set_xscale("log", base=2)
        axes.set_xticks(_spaced(evaluations), _spaced(evaluations))
        axes.minorticks_off()
        axes.set_xlabel("evaluations of the network")
        if share:
            axes.set(ylim=(-0.03, 1.03), ylabel="RP with the finest grid")
        else:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.yaxis.set_minor_locator(NullLocator())
            axes.set_ylabel("PFD to the finest grid")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def stochasticity(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """RP against ``eta``: two models with fresh noise of their own, with the same (and its ceiling), each against its
    reference."""
    kinds = (
        ("rp_shared", COLOURS["green"], "{a} and {b}, same fresh noise", "D"),
        ("rp", COLOURS["vermilion"], "{a} and {b}, own fresh noise", "o"),
        ("rp_reference", COLOURS["blue"], "{a} and its finest grid", "s"),
    )
    with matplotlib.rc_context(RC):
        # The legend grows with the number of pairs, and stands above the axes.
        figure = new_figure(narrow, 3.9 + 0.45 * max(0, len(along_eta(scores, "rp")) - 1))
        axes: Any = figure.add_subplot()
        for metric, colour, label, marker in kinds:
            for k, ((a, b), points) in enumerate(along_eta(scores, metric).items()):
                x = [s.tag("eta") or 0.0 for s in points]
                line(axes, points, label.format(a=a, b=b), colour, STYLES[k % len(STYLES)], marker, x=x)
        for k, points in enumerate(along_eta(scores, "rp_shared").values()):
            # One exact denoiser on the two grids. At 1 it is the upper edge, and says nothing.
            known = [(s.tag("eta"), s.ceiling) for s in points if s.ceiling is not None]
            if any(value < 1 for _, value in known):
                style = STYLES[k % len(STYLES)]
                name = f"{points[0].a} and {points[0].b}, ceiling of the same"
                axes.plot(*zip(*known, strict=True), color=COLOURS["muted"], ls=style, lw=1.2, label=name, zorder=1)
        _level(axes, [s for points in along_eta(scores, "rp").values() for s in points], "floor", "floor", DOTTED, True)
        axes.set(ylim=(-0.03, 1.03), xlabel="eta, share of fresh noise in each step", ylabel="RP")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def _level(axes: Any, rows: Sequence[Row], field: str, label: str, style: Any, share: bool) -> None:
    """One baseline of all rows, the least favourable: a horizontal line."""
    known = [v for s in rows if (v := getattr(s, field)) is not None and (share or v > 0)]
    if known:
        lowest = (field == "ceiling") == share
        axes.axhline(
            min(known) if lowest else max(known), color=COLOURS["muted"], ls=style, lw=1.2, label=label, zorder=1
        )


def _spaced(values: Sequence[int]) -> list[int]:
    """Those that lie at least a factor of 1.6 apart: ticks whose labels do not touch."""
    kept: list[int] = []
    for v in values:
        if not kept or v >= 1.6 * kept[-1]:
            kept.append(v)
    return kept
