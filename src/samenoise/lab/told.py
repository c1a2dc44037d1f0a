"""What a row tells of per-noise values: a score, of one training of each model or over several.

Values have the noises last. One axis before is of trainings of one model, two are of the trainings of both models of a
pair, all crossed. A score over several trainings is their mean, with an interval over noises and trainings and, beside
it, that over noises alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from samenoise.lab.drawn import Drawn
from samenoise.metrics import (
    Ranks,
    Replicated,
    Score,
    average,
    replicated_mean,
    replicated_median,
    replicated_pfd,
    replicated_share,
    two_level,
)
from samenoise.metrics.flow_distance import pfd_of
from samenoise.metrics.locations import median_interval
from samenoise.metrics.statistics import proportion

__all__ = [
    "Pairs",
    "Told",
    "crossed",
    "gaussian_of",
    "highest",
    "mean",
    "median",
    "noises_of",
    "of_each",
    "pairs",
    "ranked",
    "root_mean",
    "share",
    "shared",
]

Pairs = list[tuple[Drawn, Drawn]]


class Told(NamedTuple):
    """A score, and what a row has beside it where it is over several trainings."""

    score: Score
    more: dict[str, Any]

    @property
    def value(self) -> float:
        return self.score.value

    @property
    def complement(self) -> Told:
        """``1 - score``."""
        noises = self.more.get("ci95_noises")
        flipped = {} if noises is None else {"ci95_noises": [1 - end for end in reversed(noises)]}
        return Told(self.score.complement, self.more | flipped)


def pairs(a: Drawn, b: Drawn) -> Pairs:
    """Every training of ``a`` with every training of ``b``."""
    return list(product(a.each, b.each))


def crossed(values: Iterable[Tensor], *of: Drawn) -> Tensor:
    """Values of every training, or of all :func:`pairs`, with an axis for each model that has several trainings."""
    shape = [len(each.each) for each in of if each.others]
    return torch.stack(list(values)).reshape(*shape, -1)


def shared(ceilings: Pairs) -> Pairs:
    """Both of each, training by training, at the noises that were drawn twice."""
    return [(x.like(y), y) for a, again in ceilings for x, y in zip(a.each, again.each, strict=True)]


def noises_of(ceilings: Pairs) -> dict[str, Any]:
    """Over how many noises the ceiling of a row is taken, for its baselines."""
    return {"ceiling_n": min(len(y.images) for _, y in ceilings)} if ceilings else {}


def highest(gaussians: Sequence[Told]) -> dict[str, Any]:
    """The Gaussian's highest score, for the baselines of a row."""
    return gaussian_of(max(gaussians, key=lambda told: told.value, default=None))


def gaussian_of(told: Told | None) -> dict[str, Any]:
    """What the Gaussian scores, with its interval."""
    return {} if told is None else {"gaussian": told.value, "gaussian_ci95": list(told.score.ci95)}


def share(flags: Tensor) -> Told:
    """Of bool values."""
    if flags.ndim == 1:
        return Told(proportion(int(flags.sum()), len(flags)), {})
    return _over_trainings(replicated_share(flags.numpy()))


def ranked(ranks: Sequence[Ranks], of: Sequence[Drawn]) -> tuple[Told, Told]:
    """AUC and top-1 of the ranks of one pair, or of all trainings of two models."""
    both = Ranks(*(torch.stack(part).mean(0) for part in zip(*ranks, strict=True)))
    shape = [len(each.each) for each in of if each.others]
    if not shape:
        return Told(both.auc, {}), Told(both.top1, {})
    values = [np.reshape([float(getattr(r, part).mean()) for r in ranks], shape) for part in ("placement", "hit")]
    auc, top1 = (two_level(mean, each, "share") for mean, each in zip((both.auc, both.top1), values, strict=True))
    return _over_trainings(auc), _over_trainings(top1)


def root_mean(squared: Tensor, far: float | None = None) -> Told:
    """Root of the mean of squared distances; ``far`` as of :func:`~samenoise.metrics.flow_distance.pfd_of`."""
    return Told(pfd_of(squared, far), {}) if squared.ndim == 1 else _over_trainings(replicated_pfd(squared.numpy()))


def mean(values: Tensor) -> Told:
    """Of any numbers."""
    if values.ndim > 1:
        return _over_trainings(replicated_mean(values.numpy()))
    return Told(average(values.numpy()), {})


def of_each(scores: Sequence[Score]) -> Told:
    """Of the scores of every training of a model. Their intervals over noises are of the same noises: the mean has the
    mean of their ends, as if what noises do were the same in all."""
    if len(scores) == 1:
        return Told(scores[0], {})
    low, high = (float(np.mean(ends)) for ends in zip(*(score.ci95 for score in scores), strict=True))
    values = [score.value for score in scores]
    return _over_trainings(two_level(Score(float(np.mean(values)), (low, high), scores[0].n), values))


def median(values: Tensor) -> Told:
    """Median over noises, mean over trainings."""
    if values.ndim > 1:
        return _over_trainings(replicated_median(values.numpy()))
    return Told(Score(float(np.median(values)), median_interval(values.numpy()), len(values)), {})


def _over_trainings(found: Replicated) -> Told:
    return Told(found.score, {"replicates": max(found.replicates), "ci95_noises": list(found.noises_ci95)})
