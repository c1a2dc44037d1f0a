"""The figures of the experiment ``matrix``: who agrees with whom, what each choice costs, and who draws pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from samenoise.experiments.matrix.pairs import FACTORS, by_factor, mean, models, stands
from samenoise.lab.run_files import Row, select
from samenoise.metrics.neighbours import FARTHEST
from samenoise.report.axes import outside_legend
from samenoise.report.ink import COLOURS, DASHED, DOTTED, NARROW, RC, WIDE, new_figure, settled
from samenoise.report.wording import value_of

__all__ = ["SIDES", "factors", "heat_map", "likeness", "mean_agreement"]

SIDES = ("floor", "Gaussian", "optimum")
"""Columns beside the map: the highest floor of a model's pairs, its RP with the Gaussian, and with the optimum."""

STRONGEST = 0.8
"""Opacity of the colour at RP 1: numbers on it in ink keep a contrast of 4.5, in light and in dark."""

SEAM = 0.012
"""Between cells, in inches."""

DIGIT = 0.64
"""Width of a digit, in units of the font size."""


def sides(scores: Sequence[Row]) -> dict[tuple[str, str], float]:
    """(model, column of :data:`SIDES`) -> its score."""
    found = {(s.a, "Gaussian"): value_of(s) for s in select(scores, "matrix", "rp_gaussian")}
    found |= {(s.a, "optimum"): value_of(s) for s in select(scores, "matrix", "rp_optimum")}
    for s in select(scores, "matrix", "rp"):
        for name in (s.a, s.b):
            if s.floor is not None:
                found[name, "floor"] = max(s.floor, found.get((name, "floor"), 0.0))
    return found


def heat_map(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """RP of every pair, in hundredths; a frame marks the pairs that agree no more than chance or the Gaussian would."""
    names = models(scores)
    pairs = {frozenset((s.a, s.b)): s for s in select(scores, "matrix", "rp")}
    beside = sides(scores)
    columns = [side for side in SIDES if any(column == side for _, column in beside)]
    layout = _Layout(names, len(columns), NARROW if narrow else WIDE)
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(layout.width, layout.height))
        axes: Any = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, layout.width), ylim=(layout.height, 0))  # inches, from the top left
        axes.axis("off")
        _names(axes, names, columns, layout)
        for i, a in enumerate(names):
            for j, b in enumerate(names):
                s = pairs.get(frozenset((a, b))) if a != b else None
                if s is None:
                    axes.text(*layout.middle(i, j), "·", color=COLOURS["faint"], ha="center", va="center")
                else:
                    _cell(axes, layout, i, j, value_of(s))
                    if not stands(s):
                        _frame(axes, layout, i, j)
            for k, side in enumerate(columns):
                if (a, side) in beside:
                    _cell(axes, layout, i, len(names) + k, beside[a, side])
        _scale(axes, layout, any(not stands(s) for s in pairs.values()))
    return figure


class _Layout:
    """Where the cells lie, in inches. Names stand beside the rows, or, where that leaves no room, in a list above."""

    GAP = 0.08
    """Between the map and the columns beside it."""

    FOOT = 0.42
    """Height of the scale of colours."""

    def __init__(self, names: Sequence[str], sides: int, width: float) -> None:
        columns, longest = len(names) + sides, max(map(len, names))
        self.models, self.width = len(names), width
        numbers = 0.24  # the number of a row
        beside = 0.068 * longest + numbers + 0.1
        self.listed = (width - beside - self.GAP - 0.04) / columns < 2.8 * DIGIT * 6.9 / 72
        self.left = numbers if self.listed else beside
        self.cell = min((width - self.left - self.GAP - 0.04) / columns, 0.5)
        self.font = min(9.0, max(6.8, 72 * self.cell / (2.8 * DIGIT)))
        self.row = min(max(self.cell, 0.17), 0.3)
        self.list_columns = max(1, min(3, int(width / (0.075 * longest + 0.35)))) if self.listed else 1
        self.list_height = 0.16 * math.ceil(len(names) / self.list_columns) + 0.1 if self.listed else 0.0
        self.top = self.list_height + 0.66
        self.height = self.top + self.row * len(names) + self.FOOT

    def corner(self, i: int, j: int) -> tuple[float, float]:
        """Upper left of the cell in row ``i`` and column ``j``."""
        return self.left + j * self.cell + (self.GAP if j >= self.models else 0.0), self.top + i * self.row

    def middle(self, i: int, j: int) -> tuple[float, float]:
        x, y = self.corner(i, j)
        return x + self.cell / 2, y + self.row / 2


def _names(axes: Any, names: Sequence[str], columns: Sequence[str], layout: _Layout) -> None:
    for i, name in enumerate(names):
        y = layout.middle(i, 0)[1]
        axes.text(
            layout.left - 0.06, y, str(i + 1), ha="right", va="center_baseline", fontsize=7.5, color=COLOURS["muted"]
        )
        axes.text(
            layout.middle(0, i)[0], layout.top - 0.05, str(i + 1), ha="center", fontsize=7.5, color=COLOURS["muted"]
        )
        if layout.listed:
            per_column = math.ceil(len(names) / layout.list_columns)
            x, y = layout.width / layout.list_columns * (i // per_column), 0.1 + 0.16 * (i % per_column)
            axes.text(x + 0.2, y, str(i + 1), ha="right", va="center_baseline", fontsize=7.5, color=COLOURS["muted"])
            axes.text(x + 0.26, y, name, va="center_baseline", fontsize=7.5)
        else:
            axes.text(layout.left - 0.3, y, name, ha="right", va="center_baseline", fontsize=7.5)
    for k, column in enumerate(columns):
        x = layout.middle(0, len(names) + k)[0]
        axes.text(
            x, layout.top - 0.05, column, ha="center", va="bottom", rotation=90, fontsize=7.5, color=COLOURS["muted"]
        )


def _cell(axes: Any, layout: _Layout, i: int, j: int, value: float) -> None:
    x, y = layout.corner(i, j)
    axes.add_patch(
        Rectangle((x, y), layout.cell - SEAM, layout.row - SEAM, fc=COLOURS["heat"], alpha=_opacity(value), lw=0)
    )
    text = str(math.floor(100 * value + 1e-9))
    size = min(layout.font, 72 * layout.cell / (DIGIT * len(text)))
    axes.text(*layout.middle(i, j), text, ha="center", va="center_baseline", fontsize=size)


def _frame(axes: Any, layout: _Layout, i: int, j: int) -> None:
    x, y = layout.corner(i, j)
    axes.add_patch(
        Rectangle(
            (x, y),
            layout.cell - SEAM,
            layout.row - SEAM,
            fill=False,
            ec=COLOURS["vermilion"],
            lw=1.2,
            gid=f"fallen-{i}-{j}",
        )
    )


def _scale(axes: Any, layout: _Layout, framed: bool) -> None:
    x, y, step = min(layout.left, layout.width - 2.75), layout.height - 0.3, 0.1
    for k in range(11):
        axes.add_patch(Rectangle((x + k * step, y), step, 0.1, fc=COLOURS["heat"], alpha=_opacity(k / 10), lw=0))
    axes.add_patch(Rectangle((x, y), 11 * step, 0.1, fill=False, ec=COLOURS["faint"], lw=0.6))
    for place, text in ((0.0, "0"), (11 * step, "100")):
        axes.text(x + place, y + 0.13, text, ha="center", va="top", fontsize=7.5, color=COLOURS["muted"])
    if framed:
        axes.add_patch(Rectangle((x + 1.35, y - 0.02), 0.14, 0.14, fill=False, ec=COLOURS["vermilion"], lw=1.2))
        axes.text(x + 1.55, y + 0.05, "not beyond chance", va="center_baseline", fontsize=7.5, color=COLOURS["muted"])


def _opacity(value: float) -> float:
    return STRONGEST * min(max(value, 0.0), 1.0)


def factors(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """RP of the pairs that differ in one thing alone: a dot each, and their mean; the costliest thing on top."""
    found = by_factor(scores)
    seeds = found.get("seed", [])
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 0.46 * len(found) + 1.15)
        axes: Any = figure.add_subplot()
        labels = []
        for k, (factor, rows) in enumerate(found.items()):
            labels.append(f"{FACTORS.get(factor, factor)}\n{len(rows)} {'pair' if len(rows) == 1 else 'pairs'}")
            heights = [k + 0.3 * ((0.618 * i + 0.5) % 1 - 0.5) for i in range(len(rows))]
            colour = COLOURS["muted"] if factor == "seed" else COLOURS["blue"]
            axes.plot([mean(rows)] * 2, [k - 0.3, k + 0.3], color=COLOURS["faint"], lw=3, label=None if k else "mean")
            dots = {"ls": "", "marker": "o", "mec": COLOURS["paper"], "mew": 0.6, "zorder": 3}
            axes.plot(list(map(value_of, rows)), heights, color=colour, label=None if k else "a pair", **dots)
        if seeds:
            axes.axvline(mean(seeds), color=COLOURS["muted"], ls=DASHED, lw=1.2, zorder=1, label="another seed, mean")
        axes.set_yticks(range(len(found)), labels)
        axes.set(ylim=(len(found) - 0.4, -0.6), xlim=(-0.02, 1.02), xlabel="RP")
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        outside_legend(figure, axes, narrow)
        return settled(figure)


def likeness(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """Mean RP of each model with the others, against the distance of its pictures from the data."""
    rows = select(scores, "matrix", "nn_distance")
    names = models(scores)
    floors = [s.floor for s in rows if s.floor is not None]
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 3.4)
        axes: Any = figure.add_subplot()
        x = [value_of(s) for s in rows]
        y = [mean_agreement(scores)[s.a] for s in rows]
        axes.plot(x, y, ls="", marker="o", ms=6, color=COLOURS["blue"], mec=COLOURS["paper"], mew=0.8, label="a model")
        right = 1.08 * max([*x, *(FARTHEST * f for f in floors)])
        named: list[tuple[float, float]] = []
        for s, across, up in sorted(zip(rows, x, y, strict=True), key=lambda point: -point[1]):
            if all(abs(across - u) > 0.05 * right or abs(up - v) > 0.05 for u, v in named):
                place = {"xytext": (4, 3), "textcoords": "offset points", "fontsize": 7.5, "color": COLOURS["muted"]}
                axes.annotate(str(names.index(s.a) + 1), (across, up), **place)
                named.append((across, up))
        if floors:
            at = sum(floors) / len(floors)
            axes.axvline(at, color=COLOURS["muted"], lw=1.2, ls=DOTTED, label="other real images")
            axes.axvline(
                FARTHEST * at, color=COLOURS["vermilion"], lw=1.2, ls=DASHED, label=f"{FARTHEST:g} times as far"
            )
        axes.set(xlim=(0, right), ylim=(-0.03, 1.03))
        axes.set(xlabel="median distance to the nearest real image", ylabel="mean RP with the other models")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def mean_agreement(scores: Sequence[Row]) -> Mapping[str, float]:
    """Model -> its mean RP over all others."""
    pairs = select(scores, "matrix", "rp")
    return {name: mean([s for s in pairs if name in (s.a, s.b)]) for name in models(scores)}
