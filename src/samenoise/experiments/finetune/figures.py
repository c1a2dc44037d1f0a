"""The figures of ``finetune``: panels of one quantity each, along the number of new images, a line for each way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib
from matplotlib.figure import Figure

from samenoise.experiments.finetune.series import along, sizes, ways
from samenoise.experiments.finetune.settings import AGAIN, OTHERS, PRETRAINED, SCRATCH
from samenoise.lab.run_files import Row
from samenoise.report.axes import level, line, size_axis, thousands
from samenoise.report.ink import COLOURS, DASHED, DOTTED, HUES, RC, SOLID, WIDE, new_figure, settled

__all__ = ["AGREEMENT", "COPIES", "KEPT", "Quantity", "drawn"]

HEIGHT = 2.9
"""Of a panel, in inches."""
BESIDE, LABEL = 0.6, 0.4
"""Inches: what is left of a panel, and what a label of its axis takes."""
MARKERS = "osD^vP"


class Quantity(NamedTuple):
    """What one panel shows."""

    title: str
    metric: str
    kin: str | None = None
    share: bool = True
    """Whether it lies in [0, 1]."""
    floor: str = ""
    """What the floor of its rows is called; none is drawn where it has no name."""


COPIES = (
    Quantity("copies, beyond real images", "memorized_excess"),
    Quantity("distance to the new images", "mmd", share=False, floor="new training images"),
)
AGREEMENT = (
    Quantity("RP: other pretraining", "rp", OTHERS, floor="mismatched noises"),
    Quantity("RP: same pretraining", "rp", AGAIN, floor="mismatched noises"),
    Quantity("RP: from scratch", "rp_scratch", floor="mismatched noises"),
)
KEPT = (
    Quantity("pictures nearer to old images", "old_share", floor="new training images"),
    Quantity("picture of before, AUC", "rp_pretrained_auc", floor="chance"),
)


def drawn(scores: Sequence[Row], quantities: Sequence[Quantity], narrow: bool = False) -> Figure:
    """A panel for each quantity, one below the other on a phone."""
    names = [*ways(scores), SCRATCH, PRETRAINED]
    grid = (len(quantities), 1) if narrow else (1, len(quantities))
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, HEIGHT * grid[0] + 0.3)
        panels: Any = figure.subplots(*grid, squeeze=False)
        for panel, quantity in zip(panels.flat, quantities, strict=True):
            shown = [
                (name, points) for name in names if (points := along(scores, quantity.metric, name, kin=quantity.kin))
            ]
            for name, points in shown:
                line(panel, points, name, *_look(names, name))
            if quantity.floor and shown:
                level(panel, shown[0][1], "floor", DOTTED, quantity.floor)
            size_axis(panel, sizes(scores), narrow)
            _labels(panel, sizes(scores), 1 if narrow else len(quantities))
            panel.set_title(quantity.title, loc="left", pad=4)
            panel.set_xlabel("N")
            if quantity.share:
                panel.set(ylim=(-0.03, 1.03), yticks=(0, 0.25, 0.5, 0.75, 1))
        handles = {text: h for p in panels.flat for h, text in zip(*p.get_legend_handles_labels(), strict=True)}
        figure.legend(list(handles.values()), list(handles), loc="outside upper left", ncols=2 if narrow else 4)
        return settled(figure)


def _look(names: Sequence[str], name: str) -> tuple[str, Any, str]:
    """Colour, style and marker."""
    if name in (SCRATCH, PRETRAINED):
        return COLOURS["ink" if name == SCRATCH else "muted"], DASHED, "x" if name == SCRATCH else "+"
    k = names.index(name)
    return HUES[k % len(HUES)], SOLID, MARKERS[k % len(MARKERS)]


def _labels(axes: Any, ns: Sequence[int], columns: int) -> None:
    """A label for every N, or every second or third where they would touch; for the last always."""
    if columns > 1:
        every = math.ceil(len(ns) / max(1, int((WIDE / columns - BESIDE) / LABEL)))
        axes.set_xticks(ns, [thousands(n) if (len(ns) - 1 - k) % every == 0 else "" for k, n in enumerate(ns)])
