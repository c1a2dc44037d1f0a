"""Scores over the whole range of thresholds, one small panel for each training size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from samenoise.report.ink import COLOURS, DOTTED, HUES, RC, new_figure, settled
from samenoise.report.run_files import Curve

__all__ = ["threshold_curves"]


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
                panel.plot(c.thresholds, c.values, color=colour, lw=1.6, label=label)
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
