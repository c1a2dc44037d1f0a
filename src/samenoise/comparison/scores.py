"""Scores of two sides at the same noises, from their spools, a few images at a time.

Paired scores are taken over all noises. What compares every image with every other (the floor, ``rp_auc``) is taken
over the first :data:`CHANCE` noises, or as many as :data:`CHANCE_BYTES` of features hold, so that memory does not grow
with the number of images.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.stats import binom
from torch import Tensor

from samenoise.comparison.spool import Spool
from samenoise.features import FeatureMap
from samenoise.metrics import Score, cosine, mae, rp_floor
from samenoise.metrics.flow_distance import pfd_of
from samenoise.metrics.rank import Ranks, rp_ranks
from samenoise.metrics.reproducibility import levels
from samenoise.metrics.statistics import proportion

__all__ = ["CHANCE", "METRICS", "Measured", "Row", "measure", "rows_of"]

CHANCE = 1024
"""Noises whose images are compared with one another."""
CHANCE_BYTES = 64 * 2**20
"""Bytes of features of one side that are held for it."""

CHUNK = 256
"""Of them at a time: memory is as many times all of them."""

METRICS = {
    "rp": "share of noises from which both draw the same picture",
    "rp_auc": "chance that a picture is more similar to its partner than to that of another noise",
    "mae_score": "share of noises whose pictures differ by less than 15 of 255 levels on average",
    "pfd": "root mean squared distance of the pictures",
    "psnr": "median peak signal-to-noise ratio, in decibels; infinite where pictures are equal",
    "bit_equal": "share of pictures that are equal bit for bit",
}
"""Scores of a pair, in the order of tables."""


class Measured(NamedTuple):
    """What is known of each noise, float64 of shape ``(n,)`` but for ``equal``."""

    ids: np.ndarray
    similarity: np.ndarray
    mae: np.ndarray
    """Mean absolute difference in levels."""
    squared: np.ndarray
    """Squared distance of the images as they are."""
    psnr: np.ndarray
    """Of images clamped to [-1, 1], in decibels."""
    equal: np.ndarray
    """bool: the same bits; of images saved otherwise on the other side, the same levels."""

    def at(self, places: np.ndarray) -> Measured:
        """Of some of the noises."""
        return Measured(*(each[places] for each in self))


class Row(NamedTuple):
    """A score of two sides."""

    a: str
    b: str
    group: str | None
    """The prompt or class; ``None`` is over all."""
    metric: str
    value: float
    ci95: tuple[float, float] | None
    n: int
    floor: float | None = None
    ceiling: float | None = None
    threshold: float | None = None


def measure(a: Spool, b: Spool, feature: FeatureMap) -> Measured:
    """Compare two spools of the same noises; ``b`` may be of the first of them only."""
    n = len(b)
    similarity, error, squared, psnr = (np.empty(n) for _ in range(4))
    found = Measured(np.asarray(b.ids), similarity, error, squared, psnr, np.empty(n, dtype=bool))
    for start, stop in b.chunks():
        for whole, part in zip(found[1:], _measure(a, b, feature, start, stop), strict=True):
            whole[start:stop] = part  # parts that were kept would stand between what is freed, and memory grow
    return found


def _measure(a: Spool, b: Spool, feature: FeatureMap, start: int, stop: int) -> tuple[np.ndarray, ...]:
    x, y = a.read(start, stop), b.read(start, stop)
    similarity = cosine(feature.embed(x), feature.embed(y)).double().numpy()
    squared = (x - y).flatten(1).double().square().sum(1).numpy()
    error = (x.clamp(-1, 1) - y.clamp(-1, 1)).flatten(1).double().square().mean(1).numpy()
    with np.errstate(divide="ignore"):
        psnr = 10 * np.log10(4 / error)
    if a.dtype == b.dtype:
        equal = (a.raw(start, stop) == b.raw(start, stop)).reshape(stop - start, -1).all(1)
    else:
        equal = (levels(x) == levels(y)).flatten(1).all(1).numpy()
    return similarity, mae(x, y).double().numpy(), squared, psnr, equal


def rows_of(
    a: str,
    b: str,
    measured: Measured,
    chance: tuple[float | None, Score | None],
    threshold: float,
    group: str | None = None,
) -> list[Row]:
    """All scores of a pair; ``chance`` is the floor of RP, and ``rp_auc``."""
    n, (floor, auc) = len(measured.ids), chance
    scores: dict[str, Score | None] = {
        "rp": proportion(int((measured.similarity > threshold).sum()), n),
        "rp_auc": auc,
        "mae_score": proportion(int((measured.mae < 15).sum()), n),
        "pfd": pfd_of(torch.from_numpy(measured.squared)),
        "psnr": median(measured.psnr),
        "bit_equal": proportion(int(measured.equal.sum()), n),
    }
    rows = []
    for metric, score in scores.items():
        if score is not None:
            at = threshold if metric == "rp" else None
            below = {"rp": floor, "rp_auc": 0.5}.get(metric)
            rows.append(Row(a, b, group, metric, score.value, score.ci95, score.n, below, None, at))
    return rows


def median(values: np.ndarray) -> Score:
    """The median with the interval of order statistics, which needs no distribution and bears infinity.

    Ends are those values between which the median lies with 95 % or more (David and Nagaraja 2003, section 7.1); of
    fewer than six values, the least and the largest.
    """
    x, n = np.sort(values), len(values)
    k = int(np.searchsorted(binom.cdf(np.arange(n), n, 0.5), 0.025, side="right"))
    low = max(k - 1, 0)
    middle = (x[(n - 1) // 2] + x[n // 2]) / 2
    return Score(float(middle), (float(x[low]), float(x[n - 1 - low])), n)


def chance_noises(spool: Spool) -> int:
    """How many noises are compared with one another."""
    return min(len(spool), CHANCE, max(2, CHANCE_BYTES // (4 * int(np.prod(spool.shape)))))


def chance(
    a: Spool, b: Spool, feature: FeatureMap, threshold: float, groups: Sequence[np.ndarray]
) -> tuple[float | None, Score | None]:
    """Floor of RP and ``rp_auc``, over noises of the same group; ``None`` where no group has two of them.

    Over several groups they are means over all noises.
    """
    count = chance_noises(a)
    floors: list[tuple[float, int]] = []
    ranks: list[Ranks] = []
    x, y = _features(a, feature, count), _features(b, feature, count)
    for places in groups:
        places = places[places < count]
        if len(places) > 1:
            floors.append((rp_floor(x[places], y[places], threshold, CHUNK).value, len(places)))
            ranks.append(rp_ranks(x[places], y[places], CHUNK))
    if not ranks:
        return None, None
    together = Ranks(*(torch.cat(parts) for parts in zip(*ranks, strict=True)))
    return float(np.average([value for value, _ in floors], weights=[n for _, n in floors])), together.auc


def _features(spool: Spool, feature: FeatureMap, count: int) -> Tensor:
    parts = [feature.embed(spool.read(start, min(stop, count))) for start, stop in spool.chunks() if start < count]
    return torch.cat(parts)
