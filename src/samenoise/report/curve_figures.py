"""Scores over the whole range of thresholds, one small panel for each training size."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from samenoise.lab.experiment import Definition, Drawing
from samenoise.lab.run_files import Curve, Row, Run
from samenoise.report.axes import legible, width_colour
from samenoise.report.ink import COLOURS, DOTTED, HUES, RC, new_figure, settled

__all__ = ["curve_drawings", "threshold_curves"]


def threshold_curves(
    curves: Sequence[Curve], threshold: float | None, colours: Mapping[str, str], narrow: bool = False
) -> Figure:
    """Small multiples of curves of one metric.

    Args:
        curves: lines of one experiment and metric; those of one training size share a panel.
        threshold: where the scores of the run were taken, drawn as a vertical line; ``None`` draws none.
        colours: of networks ``a``, as in the other figures; pairs without one take the next hues, or ink if alone.
        narrow: two panels a row instead of three.
    """
    sizes = sorted({c.n_train for c in curves}, key=lambda n: (n is None, n or 0))
    pairs = list(dict.fromkeys((c.a, c.b) for c in curves))
    spare = [COLOURS["ink"]] if len(pairs) == 1 else HUES
    columns = min(2 if narrow else 3, len(sizes))
    rows = math.ceil(len(sizes) / columns)
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 1.45 * rows + 0.3 + 0.2 * len(pairs))
        panels: Any = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for k, panel in enumerate(panels.flat):
            if k >= len(sizes):
                panel.set_visible(False)
                continue
            for c in (c for c in curves if c.n_train == sizes[k]):
                colour = colours.get(c.a, spare[pairs.index((c.a, c.b)) % len(spare)])
                label = c.a if c.b in ("", "train") else f"{c.a} and {c.b}"
                panel.plot(c.thresholds, c.values, color=colour, lw=1.6, label=legible(label))
                if c.floor is not None:
                    panel.plot(c.thresholds, c.floor, color=colour, lw=1.2, ls=DOTTED)
            if threshold is not None:
                panel.axvline(threshold, color=COLOURS["faint"], lw=0.9, zorder=0)
            panel.set_title("" if sizes[k] is None else f"N = {sizes[k]}", loc="left", pad=3)
            panel.set(ylim=(-0.03, 1.03), yticks=(0, 0.5, 1))
            panel.xaxis.set_major_locator(MaxNLocator(3))
        for panel in panels.flat[len(sizes) - columns : len(sizes)]:
            panel.tick_params(labelbottom=True)
        figure.supxlabel("similarity threshold", fontsize=9.5, color=COLOURS["muted"])
        handles = {label: h for p in panels.flat for h, label in zip(*p.get_legend_handles_labels(), strict=True)}
        figure.legend(list(handles.values()), list(handles), loc="outside upper left", ncols=1 if narrow else 2)
        return settled(figure)


def curve_drawings(
    run: Run, definitions: Mapping[str, Definition], along_sizes: Collection[str] = ()
) -> Iterator[Drawing]:
    """One figure for each metric of an experiment whose scores run along the training size.

    Args:
        along_sizes: experiments of which that is known, even where a run has one size alone.
    """
    groups: dict[tuple[str, str], list[Curve]] = {}
    for c in run.curves:
        groups.setdefault((c.experiment, c.metric), []).append(c)
    for (experiment, metric), curves in groups.items():
        if experiment in along_sizes or len({c.n_train for c in curves}) > 1:
            yield _curve_drawing(experiment, metric, curves, run.scores, definitions)


def _curve_drawing(
    experiment: str, metric: str, curves: Sequence[Curve], scores: Sequence[Row], definitions: Mapping[str, Definition]
) -> Drawing:
    name = definitions[metric].name if metric in definitions else metric
    rows = [s for s in scores if (s.experiment, s.metric) == (experiment, metric)]
    thresholds = {s.threshold for s in rows} - {None}
    colours = {s.a: width_colour(scores, s) for s in rows if s.width is not None}
    threshold = thresholds.pop() if len(thresholds) == 1 else None
    used = "" if threshold is None else f" Vertical line: the threshold of the scores, {threshold:g}."
    sizes = len({c.n_train for c in curves})
    return Drawing(
        f"curve-{_slug(experiment)}-{_slug(metric)}",
        f"{name} at every threshold ({experiment})",
        f"Each panel is one training size. Dotted: the floor.{used}",
        f"{sizes} small line charts, one for each training size: {name} against the similarity threshold.",
        partial(threshold_curves, curves, threshold, colours),
    )


def _slug(text: str) -> str:
    return "".join(ch if ch.isascii() and ch.isalnum() else "-" for ch in text)
