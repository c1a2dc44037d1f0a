"""The figure of ``encoding`` with its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from samenoise.experiments.encoding.figures import agreement
from samenoise.experiments.encoding.series import of_networks
from samenoise.lab.experiment import Drawing
from samenoise.lab.run_files import Row
from samenoise.report.wording import value_of

__all__ = ["drawings"]

AGREEMENT = """\
The share of the places of a plane of noises that two maps put to the same anchor, against the number N of training
images: the maps of two networks, with 95 % intervals over planes, and of each with that of the empirical optimum and
of the noise itself, which knows no image. Diamonds: how often neighbouring places belong to one anchor. Dotted: maps
of two planes, which agree by their shape alone."""


def drawings(scores: Sequence[Row]) -> Iterator[Drawing]:
    """In reading order."""
    lines = of_networks(scores, "map_agreement")
    if lines:
        said = ". ".join(
            f"{a} and {b}: " + ", ".join(f"{value_of(s):.2f} at N = {s.n_train}" for s in points)
            for (a, b, _), points in lines.items()
        )
        alt = f"Line chart of the agreement of maps against the number of training images. {said}."
        yield Drawing("map-agreement", "Do networks cut up a plane alike?", AGREEMENT, alt, partial(agreement, scores))
