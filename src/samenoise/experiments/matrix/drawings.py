"""The figures of ``matrix`` with their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from samenoise.experiments.matrix.figures import factors, heat_map, likeness, mean_agreement
from samenoise.experiments.matrix.pairs import FACTORS, by_factor, mean, models
from samenoise.lab.experiment import Drawing
from samenoise.lab.run_files import Row, select
from samenoise.report.wording import value_of

__all__ = ["drawings"]

MAP = """\
RP of every pair of models, in hundredths, rounded down; the map is symmetric, its rows and columns are numbered alike.
On the right, for each model: the highest floor of its pairs, and its RP with the closed-form Gaussian and with the
empirical optimum of the training set. A frame marks a pair whose 95 % interval reaches down to its floor or to what
the Gaussian scores."""

COSTS = """\
RP of the pairs of models that differ in one thing alone, the costliest choice on top, and their means. Dashed: the mean
of pairs that differ in the seed, which is what no choice can beat. Pairs with a model that draws no pictures, and pairs
that share weights, as a student and its teacher do, are left out."""

PICTURES = """\
Whether a model draws pictures, and how it agrees: the mean of its RP with all others, against the distance of its
pictures from the data; numbers as in the map, where there is room. Dotted: other real images. Right of the dashed
line a model draws no pictures, and its agreement says nothing."""


def drawings(scores: Sequence[Row]) -> Iterator[Drawing]:
    """In reading order."""
    names, pairs, found = models(scores), select(scores, "matrix", "rp"), by_factor(scores)
    if pairs:
        said = ", ".join(f"{s.a} and {s.b} {value_of(s):.2f}" for s in pairs)
        yield Drawing(
            "matrix",
            "Who agrees with whom?",
            MAP,
            f"Heat map of RP of {len(names)} models, {', '.join(names)}. {said}.",
            partial(heat_map, scores),
        )
    if found:
        said = ", ".join(f"{FACTORS.get(f, f)} {mean(rows):.2f} over {len(rows)}" for f, rows in found.items())
        yield Drawing(
            "factors",
            "Which choices cost agreement?",
            COSTS,
            f"Dots and means of RP of pairs that differ in one thing alone. {said}.",
            partial(factors, scores),
        )
    rows = [s for s in select(scores, "matrix", "nn_distance") if s.a in names]
    if rows:
        agree = mean_agreement(scores)
        said = ", ".join(f"{s.a} {value_of(s):.2f}, {agree[s.a]:.2f}" for s in rows)
        yield Drawing(
            "pictures",
            "Do the models draw pictures?",
            PICTURES,
            f"Scatter of distance to the data and mean RP of each model. {said}.",
            partial(likeness, scores),
        )
