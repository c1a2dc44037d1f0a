"""Rows of pairs of generators: how often they draw the same picture, at thresholds and without, and how far apart.

Baselines are as :mod:`samenoise.lab.pair_scores` says; for a distance the floor is what chance gives, the highest. Of
several trainings of a model all are compared with all of the other; the table of single images and the curve are of
the first of each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from samenoise.lab.book import Book, baseline
from samenoise.lab.drawn import Drawn
from samenoise.lab.pair_scores import PairScores
from samenoise.lab.told import Pairs, Told, crossed, gaussian_of, highest, noises_of, pairs, root_mean, share, shared
from samenoise.metrics import mae
from samenoise.metrics.flow_distance import FEW, squared_distances

__all__ = ["PairRows"]

SHIFTS = 8
"""Cyclic shifts of the noises that the floors of mae_score and pfd are means over."""

NEAR = 15.0
"""Levels of 0..255 below which the mean absolute difference counts as none."""


@dataclass
class PairRows(Book):
    """A book with entries for pairs of generators."""

    def pair(
        self,
        metric: str,
        a: Drawn,
        b: Drawn,
        *,
        width: int | None = None,
        ceilings: Pairs,
        gaussians: Pairs,
        matched: bool = False,
        **more: Any,
    ) -> None:
        """RP of two generators with all its baselines and twins, its curve, and its single images.

        Arguments as of :class:`~samenoise.lab.pair_scores.PairScores`; ``matched`` is for models that share weights.
        """
        scores = PairScores(a, b, ceilings, gaussians, matched)
        for twin in scores.twins():
            about: dict[str, Any] = {"threshold": twin.threshold, "width": width, "baseline": twin.beside}
            self._told(f"{metric}{twin.suffix}", a, b, twin.told, **about, **more)
        first = scores.seen[0]
        self.curve(metric, a.name, b.name, first.similarity, first.chance.curve)
        self.compared(metric, a.name, b.name, first.ids, first.similarity, scores.paper)

    def distances(self, a: Drawn, b: Drawn, *, ceilings: Pairs, gaussians: Pairs, **more: Any) -> None:
        """``mae_score`` and ``pfd`` of two generators."""

        def close(x: Tensor, y: Tensor) -> Tensor:
            return mae(x, y) < NEAR

        def told(x: Drawn, y: Drawn) -> Told:
            return share(crossed((close(one.images, other.images) for one, other in pairs(x, y)), x, y))

        again = shared(ceilings)
        lowest = min((told(x, y).value for x, y in again), default=None)
        floor = _shifted(a, b, lambda x, y: float(close(x, y).double().mean()))
        about = baseline(floor, lowest) | highest([told(*p) for p in gaussians]) | noises_of(again)
        self._told("mae_score", a, b, told(a, b), threshold=NEAR, baseline=about, **more)
        self.distance("pfd", a, b, ceilings=ceilings, gaussians=gaussians, **more)

    def distance(self, metric: str, a: Drawn, b: Drawn, *, ceilings: Pairs, gaussians: Pairs, **more: Any) -> None:
        """Root mean squared pixel distance under any of its names (``pfd``, ``e_gen``, ``e_mem``)."""
        again = shared(ceilings)
        farthest = max((_apart(x, y).value for x, y in again), default=None)
        nearest = min((_apart(*p) for p in gaussians), key=lambda told: told.value, default=None)
        about = baseline(_mismatched(a, b), farthest) | gaussian_of(nearest) | noises_of(again)
        self._told(metric, a, b, _apart(a, b), baseline=about, **more)

    def _told(self, metric: str, a: Drawn, b: Drawn, told: Told, **more: Any) -> None:
        self.row(metric, a.name, b.name, told.score, **more, **told.more)


def _apart(a: Drawn, b: Drawn) -> Told:
    squared = (squared_distances(x.images.flatten(1), y.images.flatten(1)) for x, y in pairs(a, b))
    return root_mean(crossed(squared, a, b), _mismatched(a, b) if len(a.images) < FEW else None)


def _mismatched(a: Drawn, b: Drawn) -> float:
    return _shifted(a, b, lambda x, y: float((x - y).flatten(1).double().square().sum(1).mean().sqrt()))


def _shifted(a: Drawn, b: Drawn, score: Callable[[Tensor, Tensor], float]) -> float:
    """Mean of a score of ``a`` against ``b`` with its noises shifted, a sample of the mismatched pairs."""
    shifts = range(1, min(SHIFTS, len(b.images) - 1) + 1)
    return float(np.mean([score(x.images, torch.roll(y.images, s, 0)) for x, y in pairs(a, b) for s in shifts]))
