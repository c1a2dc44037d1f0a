"""The figures of ``conditional``: who agrees with labels and without, guidance, and copying by what is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from samenoise.experiments.conditional.series import KINDS, of, pairs, scales, sweep
from samenoise.lab.run_files import Row
from samenoise.report.axes import line, outside_legend, size_axis
from samenoise.report.ink import COLOURS, DOTTED, HUES, RC, new_figure, settled
from samenoise.report.wording import value_of

__all__ = ["agreement", "copying", "guidance", "lines_of"]

DOTS = {"ls": "", "marker": "o", "mec": COLOURS["paper"], "mew": 0.6, "zorder": 3}


def lines_of(scores: Sequence[Row]) -> dict[str, list[Row]]:
    """What is agreement of: no labels, labels, every class, a model without labels and one with."""
    found = {
        "no labels": pairs(scores, "rp", "none"),
        "labels": pairs(scores, "rp", "class", 1.0),
    }
    by_class = pairs(scores, "rp_class", "class", 1.0)
    found |= {
        f"class {c}": [s for s in by_class if s.tag("label") == c] for c in sorted({s.tag("label") for s in by_class})
    }
    found["without, and some class"] = pairs(scores, "conditional_rp", "class", 1.0)
    return {name: rows for name, rows in found.items() if rows}


def agreement(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """RP of every pair, a line for each thing that pairs are of; floors and Gaussians beside."""
    found = lines_of(scores)
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 0.32 * len(found) + 1.3)
        axes: Any = figure.add_subplot()
        for y, rows in enumerate(found.values()):
            axes.plot(
                [value_of(s) for s in rows], [y] * len(rows), color=COLOURS["blue"], label=_once(axes, "a pair"), **DOTS
            )
            for field, colour, label in (
                ("floor", "rule", "other noises of the label, the most"),
                ("gaussian", "vermilion", "the Gaussian of the label, the most"),
            ):
                values = [getattr(s, field) for s in rows if getattr(s, field) is not None]
                if values:
                    look = {"color": COLOURS["muted" if colour == "rule" else colour], "lw": 2}
                    look["ls"] = "-" if colour == "rule" else ":"
                    axes.plot([max(values)] * 2, [y - 0.4, y + 0.4], label=_once(axes, label), **look)
        axes.set_yticks(range(len(found)), list(found))
        axes.set_ylim(len(found) - 0.5, -0.5)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        axes.set(xlim=(-0.02, 1.02), xlabel="RP, or conditional RP")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def guidance(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """RP of every pair against the scale of guidance, its floor, agreement with the guided optimum, labels obeyed."""
    known = scales(scores)
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 3.6)
        axes: Any = figure.add_subplot()
        lines: dict[tuple[str, str], list[Row]] = {}
        for scale in known:
            for s in pairs(scores, "rp", "class", scale):
                lines.setdefault((s.a, s.b), []).append(s)
        for rows in lines.values():
            look = {"color": COLOURS["blue"], "marker": "o", "ms": 3.5, "lw": 1, "alpha": 0.7}
            axes.plot(_places(rows, known), [value_of(s) for s in rows], label=_once(axes, "RP of a pair"), **look)
        told = {
            "other noises of the label": (
                "muted",
                DOTTED,
                [_worst(pairs(scores, "rp", "class", s), "floor") for s in known],
            ),
            "with the guided optimum": (
                "green",
                "-",
                [_worst(pairs(scores, "rp_optimum", "class", s), "most") for s in known],
            ),
            "pictures of their label": (
                "vermilion",
                "--",
                [_worst(of(scores, "label_obeyed", "class", s), "least") for s in known],
            ),
        }
        for label, (colour, style, values) in told.items():
            places = [k for k, value in enumerate(values) if value is not None]
            kept = [value for value in values if value is not None]
            axes.plot(places, kept, color=COLOURS[colour], ls=style, marker="s", ms=3.5, lw=1.6, label=label)
        axes.set_xticks(range(len(known)), [f"{scale:g}" for scale in known])
        axes.set(ylim=(-0.03, 1.03), xlabel="scale of guidance", ylabel="share")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def copying(scores: Sequence[Row], narrow: bool = False) -> Figure:
    """Copies beyond what real images pass for, against N, by what the network is told."""
    lines = sweep(scores, "memorized_excess")
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 3.8)
        axes: Any = figure.add_subplot()
        for k, (kind, points) in enumerate(lines.items()):
            line(axes, points, KINDS[kind], COLOURS["ink"] if kind == "none" else HUES[k - 1])
        size_axis(axes, sorted({s.n_train or 0 for points in lines.values() for s in points}), narrow)
        axes.axhline(0.5, color=COLOURS["rule"], lw=1)
        axes.set(ylim=(-0.25, 1.03), ylabel="copies, beyond real images")
        outside_legend(figure, axes, narrow)
        return settled(figure)


def _places(rows: Sequence[Row], known: Sequence[float]) -> list[int]:
    return [known.index(s.tag("scale")) for s in rows]


def _worst(rows: Sequence[Row], what: str) -> float | None:
    """The highest floor or agreement; the least share."""
    values = [s.floor if what == "floor" else s.value for s in rows]
    kept = [value for value in values if value is not None]
    if not kept:
        return None
    return min(kept) if what == "least" else max(kept)


def _once(axes: Any, label: str) -> str | None:
    """A label that the legend has not."""
    return None if label in axes.get_legend_handles_labels()[1] else label
