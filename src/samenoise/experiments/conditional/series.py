"""The rows of ``conditional`` as findings and figures read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from samenoise.lab.run_files import Row, select
from samenoise.report.pictures import draw_nothing
from samenoise.report.several import COPY_WAYS, Way
from samenoise.report.wording import value_of

__all__ = ["KINDS", "NAME", "n50_ways", "of", "pairs", "scales", "span", "sweep"]

NAME = "conditional"
KINDS = {
    "none": "no labels",
    "class": "the labels of the data",
    "random": "random labels",
    "each": "a label for each image",
}
"""What networks are told -> its name in sentences and figures."""


def of(scores: Sequence[Row], metric: str, labels: str, scale: float | None = None) -> list[Row]:
    """Rows of a metric of networks that are told so, at a scale of guidance; by N."""
    return [s for s in select(scores, NAME, metric) if s.tag("labels") == labels and s.tag("scale") == scale]


def of_models(scores: Sequence[Row], labels: str, scale: float | None = None) -> list[Row]:
    """All rows that are told so."""
    return [s for s in scores if s.experiment == NAME and (s.tag("labels"), s.tag("scale")) == (labels, scale)]


def pairs(scores: Sequence[Row], metric: str, labels: str, scale: float | None = None) -> list[Row]:
    """Rows of a metric without the models that draw no pictures where they are told so."""
    nothing = draw_nothing(of_models(scores, labels, scale), NAME)
    if metric.startswith("conditional_rp"):  # of a model without labels and one with
        beside = draw_nothing(of_models(scores, "none"), NAME)
        return [s for s in of(scores, metric, labels, scale) if s.a not in beside and s.b not in nothing]
    return [s for s in of(scores, metric, labels, scale) if s.a not in nothing and s.b not in nothing]


def scales(scores: Sequence[Row]) -> list[float]:
    """Of guidance, ascending."""
    return sorted({s.tag("scale") for s in select(scores, NAME, "rp") if s.tag("scale") is not None})


def sweep(scores: Sequence[Row], metric: str) -> dict[str, list[Row]]:
    """Rows of the network that is trained at every size, by what it is told."""
    names = {s.a for s in scores if s.metric.startswith("labels_n50")}
    lines = {kind: [s for s in of(scores, metric, kind) if s.a in names] for kind in KINDS}
    return {kind: points for kind, points in lines.items() if points}


def n50_ways(scores: Sequence[Row], kind: str) -> list[Way]:
    """N50 of the network that is told so, by every way to count copies that has a value; where it copies all the sizes
    there are, the largest of them, with no upper end."""
    rows = {
        words: _bounded(s)
        for way, words in COPY_WAYS.items()
        for s in scores
        if (s.experiment, s.metric, s.tag("labels")) == (NAME, f"labels_n50_{way}", kind)
    }
    return [Way(words, s) for words, s in rows.items() if s.value is not None]


def _bounded(s: Row) -> Row:
    if s.value is not None or s.ci95 is None or "more than half" not in s.note:
        return s
    return replace(s, value=s.ci95[0], ci95=(s.ci95[0], math.inf))


def span(rows: Sequence[Row]) -> tuple[float, float]:
    """The least and the largest value."""
    return min(map(value_of, rows)), max(map(value_of, rows))
