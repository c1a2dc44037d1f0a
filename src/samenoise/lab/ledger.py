"""Rows of ``scores.json``: every score with its interval, floor, ceiling and Gaussian baseline, made in one place.

Baselines, for all metrics alike: ``floor`` is what chance or real data would score, ``ceiling`` what a model scores
against itself at another batch size (at the first ``ceiling_n`` noises), ``gaussian`` what the closed-form Gaussian of
the training set scores in the model's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from samenoise.features import join
from samenoise.lab.book import Book, baseline
from samenoise.lab.drawn import Drawn
from samenoise.metrics import (
    Score,
    calibrated_threshold,
    cosine,
    halves,
    mae_score,
    memorized,
    nn_distance,
    nn_ratio,
    pfd,
    rp_chance,
    threshold_curve,
)
from samenoise.metrics.statistics import proportion

__all__ = ["CALIBRATED_RATE", "Ledger"]

CALIBRATED_RATE = 0.01
"""What should not match passes a calibrated threshold at most this often."""

SHIFTS = 8
"""Cyclic shifts of the noises that the floors of mae_score and pfd are means over."""


@dataclass
class Ledger(Book):
    """A book whose entries are scores with all their baselines."""

    def pair(
        self,
        metric: str,
        a: Drawn,
        b: Drawn,
        *,
        width: int | None = None,
        ceilings: list[tuple[Drawn, Drawn]],
        gaussians: list[tuple[Drawn, Drawn]],
        **more: Any,
    ) -> None:
        """RP of two generators with all its baselines, its curve, and its calibrated twin ``<metric>_calibrated``.

        Args:
            ceilings: generators, and themselves at another batch size, perhaps of fewer noises; the lowest RP counts.
            gaussians: pairs of a generator and the Gaussian; the highest RP counts.
        """
        left, right, ids = join(a.features, b.features)
        paper, similarity = a.features.extractor.threshold, cosine(left, right)
        chance = rp_chance(left, right, paper, CALIBRATED_RATE)
        again = _shared(ceilings)
        same, normal = ([cosine(x.features, y.features) for x, y in pairs] for pairs in (again, gaussians))
        for name, threshold, floor in (
            (metric, paper, chance.floor),
            (f"{metric}_calibrated", chance.threshold, chance.calibrated),
        ):
            self.row(
                name,
                a.name,
                b.name,
                _above(similarity, threshold),
                threshold=threshold,
                width=width,
                baseline=baseline(
                    floor.value,
                    min((_above(each, threshold).value for each in same), default=None),
                    max((_above(each, threshold).value for each in normal), default=None),
                )
                | _noises_of(again),
                **more,
            )
        self.curve(metric, a.name, b.name, similarity, chance.curve)
        self.compared(metric, a.name, b.name, ids, similarity, paper)

    def distances(
        self,
        a: Drawn,
        b: Drawn,
        *,
        ceilings: list[tuple[Drawn, Drawn]],
        gaussians: list[tuple[Drawn, Drawn]],
        **more: Any,
    ) -> None:
        """``mae_score`` and ``pfd`` of two generators. For a distance the floor is what chance gives, the highest."""
        self.row(
            "mae_score",
            a.name,
            b.name,
            mae_score(a.images, b.images),
            threshold=15.0,
            baseline=baseline(
                _shifted(a, b, lambda x, y: mae_score(x, y).value),
                min((mae_score(x.images, y.images).value for x, y in _shared(ceilings)), default=None),
                max((mae_score(x.images, y.images).value for x, y in gaussians), default=None),
            )
            | _noises_of(_shared(ceilings)),
            **more,
        )
        self.distance("pfd", a, b, ceilings=ceilings, gaussians=gaussians, **more)

    def distance(
        self,
        metric: str,
        a: Drawn,
        b: Drawn,
        *,
        width: int | None = None,
        ceilings: list[tuple[Drawn, Drawn]],
        gaussians: list[tuple[Drawn, Drawn]],
        **more: Any,
    ) -> None:
        """Root mean squared pixel distance under any of its names (``pfd``, ``e_gen``, ``e_mem``)."""
        self.row(
            metric,
            a.name,
            b.name,
            _pixels(a, b),
            width=width,
            baseline=baseline(
                _shifted(a, b, lambda x, y: float((x - y).flatten(1).double().square().sum(1).mean().sqrt())),
                max((_pixels(x, y).value for x, y in _shared(ceilings)), default=None),
                min((_pixels(x, y).value for x, y in gaussians), default=None),
            )
            | _noises_of(_shared(ceilings)),
            **more,
        )

    def copying(self, a: Drawn, train: Drawn, held_out: Drawn, gaussian: Drawn, *, width: int) -> Tensor:
        """``memorized``, ``gl``, their calibrated twins and ``nn_ratio`` of a model against its training set.

        The calibrated threshold is that of one half of the held-out images; its floor is read off the other half.

        Returns:
            Whether each image is memorized, bool of shape ``(n,)``.
        """
        paper = a.features.extractor.threshold
        found, real, normal = (memorized(x.features, train.features, paper) for x in (a, held_out, gaussian))
        null = real.similarity
        fitted, judged = halves(null)
        calibrated = calibrated_threshold(fitted, CALIBRATED_RATE)
        for suffix, threshold, others in (("", paper, null), ("_calibrated", calibrated, judged)):
            score, floor, beside = (_above(each, threshold) for each in (found.similarity, others, normal.similarity))
            shared: dict[str, Any] = {"threshold": threshold, "width": width}
            self.row(
                f"memorized{suffix}",
                a.name,
                train.name,
                score,
                **shared,
                baseline={**baseline(floor.value, None, beside.value), **_interval_of(floor)},
            )
            flipped = baseline(1 - floor.value, None, 1 - beside.value) | _interval_of(floor.complement)
            self.row(f"gl{suffix}", a.name, train.name, score.complement, **shared, baseline=flipped)
        ratio, real_ratio, normal_ratio = (nn_ratio(x.images, train.images).score for x in (a, held_out, gaussian))
        self.row(
            "nn_ratio",
            a.name,
            train.name,
            ratio,
            threshold=1 / 3,
            width=width,
            baseline=baseline(real_ratio.value, None, normal_ratio.value),
        )
        self.curve("memorized", a.name, train.name, found.similarity, threshold_curve(null))
        nearest = train.features.ids[found.row]
        self.compared("memorized", a.name, train.name, a.features.ids, found.similarity, paper, nearest)
        return found.similarity > paper

    def likeness(self, a: Drawn, data: Drawn, held_out: Drawn | None, *, width: int, gaussian: Drawn) -> None:
        """``nn_distance``: whether a model draws pictures at all. ``data`` are real images, the same for every size.

        Without held-out images the floor is the distance of each of ``data`` to its nearest other one.
        """
        values = [nn_distance(x.images, data.images) for x in (a, gaussian)]
        if held_out is None:
            floor = float(nn_ratio(data.images, data.images).distance[:, 1].median())
        else:
            floor = nn_distance(held_out.images, data.images).value
        beside = baseline(floor, None, values[1].value)
        self.row("nn_distance", a.name, data.name, values[0], width=width, baseline=beside)

    def real(self, held_out: Drawn, train: Drawn) -> Tensor:
        """``memorized_heldout``: real images in the place of generated ones.

        Returns:
            Whether each passes for a copy, bool of shape ``(n,)``.
        """
        found = memorized(held_out.features, train.features)
        threshold = held_out.features.extractor.threshold
        self.row("memorized_heldout", held_out.name, train.name, found.score, threshold=threshold, baseline=baseline())
        return found.similarity > threshold


def _above(similarity: Tensor, threshold: float) -> Score:
    """The share of similarities that lie strictly above a threshold."""
    return proportion(int((similarity > threshold).sum()), len(similarity))


def _shared(ceilings: list[tuple[Drawn, Drawn]]) -> list[tuple[Drawn, Drawn]]:
    """Both of each at the noises that were drawn twice."""
    return [(x.like(y), y) for x, y in ceilings]


def _noises_of(ceilings: list[tuple[Drawn, Drawn]]) -> dict[str, Any]:
    """Over how many noises the ceiling of a row is taken, for its baselines."""
    return {"ceiling_n": min(len(y.images) for _, y in ceilings)} if ceilings else {}


def _interval_of(floor: Score) -> dict[str, Any]:
    """How well a floor is known, for the baselines of a row."""
    return {"floor_ci95": list(floor.ci95), "floor_n": floor.n}


def _pixels(a: Drawn, b: Drawn) -> Score:
    return pfd(a.images.flatten(1), b.images.flatten(1))


def _shifted(a: Drawn, b: Drawn, score: Any) -> float:
    """Mean of a score of ``a`` against ``b`` with its noises shifted, a sample of the mismatched pairs."""
    shifts = range(1, min(SHIFTS, len(b.images) - 1) + 1)
    return float(np.mean([score(a.images, torch.roll(b.images, shift, 0)) for shift in shifts]))
