"""Rows of copies: whether generators draw images of their training set.

Baselines, for all metrics alike: ``floor`` is the share of real images that no model has seen which pass, ``gaussian``
what the closed-form Gaussian of the training set scores in the model's place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor

from samenoise.lab.book import Book, baseline
from samenoise.lab.drawn import Drawn
from samenoise.lab.pair_scores import CALIBRATED_RATE
from samenoise.lab.told import Told, crossed, share
from samenoise.metrics import (
    Score,
    calibrated_threshold,
    halves,
    memorized,
    memorized_excess,
    nn_ratio,
    threshold_curve,
)

__all__ = ["Copies", "CopyRows"]

RATIO = 1 / 3
"""Of the distances to the nearest and the next training image, below which the one is copied."""


class Copies(NamedTuple):
    """Which images count as copies, by each way to say so: bool, noises last."""

    paper: Tensor
    calibrated: Tensor
    ratio: Tensor

    @classmethod
    def kept(cls, name: str, found: Sequence[Mapping[str, Tensor]]) -> list[Copies]:
        """What ledgers kept under a name, one after the other."""
        return [cls(*(each[f"{name}/{way}"] for way in cls._fields)) for each in found]


@dataclass
class CopyRows(Book):
    """A book with entries for generators beside their training set."""

    def copying(self, a: Drawn, train: Drawn, held_out: Drawn, gaussian: Drawn, *, width: int, **more: Any) -> Copies:
        """``memorized``, ``gl``, their calibrated twins and ``nn_ratio`` of a model against its training set.

        The calibrated threshold is that of one half of the held-out images; its floor is read off the other half.
        """
        paper = a.features.extractor.threshold
        found = [x.copies(train, paper) for x in a.each]
        real, normal = (x.copies(train, paper).similarity for x in (held_out, gaussian))
        fitted, judged = halves(real)
        calibrated = calibrated_threshold(fitted, CALIBRATED_RATE)
        similarity = crossed((each.similarity for each in found), a)
        for suffix, threshold, others in (("", paper, real), ("_calibrated", calibrated, judged)):
            told = [share(each > threshold) for each in (similarity, others, normal)]
            about: dict[str, Any] = {"threshold": threshold, "width": width, **more}
            self._copied(f"memorized{suffix}", a, train, *told, **about)
            self._copied(f"gl{suffix}", a, train, *(each.complement for each in told), **about)
            if not suffix:
                self._excess(a, train, *told, width=width, **more)
        close = crossed((_close(x, train) for x in a.each), a)
        beside = share(_close(held_out, train)), share(_close(gaussian, train))
        self._copied("nn_ratio", a, train, share(close), *beside, threshold=RATIO, width=width, **more)
        first = found[0]
        self.curve("memorized", a.name, train.name, first.similarity, threshold_curve(real))
        nearest = train.features.ids[first.row]
        self.compared("memorized", a.name, train.name, a.features.ids, first.similarity, paper, nearest)
        return Copies(similarity > paper, similarity > calibrated, close)

    def _excess(self, a: Drawn, train: Drawn, told: Told, floor: Told, normal: Told, **more: Any) -> None:
        """``memorized`` beyond what real images pass for."""
        found, beside = (memorized_excess(each.score, floor.score) for each in (told, normal))
        over = dict(told.more)
        if over:  # over trainings, and over the noises alone
            noises = Score(told.value, (over["ci95_noises"][0], over["ci95_noises"][1]), told.score.n)
            over["ci95_noises"] = [_finite(end) for end in memorized_excess(noises, floor.score).ci95]
        about = baseline(0.0, None, _finite(beside.value))
        said = {} if math.isfinite(found.value) else {"note": "every held-out real image passes for a copy"}
        note: dict[str, Any] = {**said}
        self.row("memorized_excess", a.name, train.name, found, baseline=about, **note, **over, **more)

    def real(self, held_out: Drawn, train: Drawn) -> Copies:
        """``memorized_heldout``: real images in the place of generated ones."""
        found = memorized(held_out.features, train.features)
        threshold = held_out.features.extractor.threshold
        self.row("memorized_heldout", held_out.name, train.name, found.score, threshold=threshold, baseline=baseline())
        fitted, judged = halves(found.similarity)
        calibrated = calibrated_threshold(fitted, CALIBRATED_RATE)
        return Copies(found.similarity > threshold, judged > calibrated, _close(held_out, train))

    def keep(self, name: str, copies: Copies) -> None:
        """For measurements after this one: see :meth:`Copies.kept`."""
        self.kept |= {f"{name}/{way}": flags for way, flags in copies._asdict().items()}

    def _copied(self, metric: str, a: Drawn, train: Drawn, told: Told, floor: Told, normal: Told, **more: Any) -> None:
        known = {"floor_ci95": list(floor.score.ci95), "floor_n": floor.score.n}
        beside = baseline(floor.value, None, normal.value) | known | {"gaussian_ci95": list(normal.score.ci95)}
        self.row(metric, a.name, train.name, told.score, baseline=beside, **told.more, **more)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _close(images: Drawn, train: Drawn) -> Tensor:
    """Whether each image is far nearer to one training image than to any other."""
    distance = nn_ratio(images.images, train.images, RATIO).distance
    return distance[:, 0] < RATIO * distance[:, 1]
