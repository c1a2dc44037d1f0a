"""A score with its interval, proportions, the bootstrap, curves over thresholds, calibrated thresholds.

Notation: ``k`` of ``n`` images pass; a threshold is passed by what lies strictly above it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samenoise.checks import END, real, tensor, whole
from samenoise.metrics.proportions import mid_p, wilson

__all__ = [
    "THRESHOLDS",
    "Score",
    "bootstrap",
    "calibrated_threshold",
    "exceedances",
    "halves",
    "proportion",
    "resamples",
    "threshold_curve",
    "wilson",
]

THRESHOLDS = torch.linspace(0.0, 1.0, 101, dtype=torch.float64)
"""The grid of thresholds on which every curve is reported."""

BLOCK = 250
"""Resamples drawn together."""
KEPT = 2048
"""Images up to which draws are kept for the next score of as many: 16 MB for each 1,000 resamples."""


class Score(NamedTuple):
    """A score, its 95 % interval and the number of images (or pairs) it is taken over."""

    value: float
    ci95: tuple[float, float]
    n: int

    @property
    def complement(self) -> Score:
        """``1 - score``, with the mirrored interval."""
        low, high = self.ci95
        return Score(1 - self.value, (1 - high, 1 - low), self.n)


def proportion(k: float, n: int, effective: float | None = None, level: float = 0.95) -> Score:
    """The score ``k / n`` with its mid-P interval, of ``effective`` trials where the ``n`` are not independent.

    Of none of ``n`` the upper end is ``1 - 0.05^(1/n)``, about 3 / n: so many noises may fail without one seen.
    """
    if n < 1:
        raise ValueError("a proportion of no images at all is undefined")
    trials = n if effective is None else effective
    low, high = mid_p(k if effective is None else k / n * effective, trials, level)
    return Score(k / n, (float(low), float(high)), n)


def resamples(n: int, count: int, seed: int = 0) -> Iterator[NDArray[np.int64]]:
    """``count`` draws of ``n`` out of ``n`` with replacement, as indices of shape ``(n,)``.

    Draw ``r`` is made of Philox's raw words under ``key = [seed, 1]`` and ``counter = [0, 0, r, 0]``: the same for
    ever, and no words of the noise bank, whose keys end in 0.
    """
    for block in _blocks(n, count, seed):
        yield from block


def _blocks(n: int, count: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """The same, shape ``(resamples, n)``."""
    n, count = whole(n, "the number that is drawn from", 1), whole(count, "the number of resamples", 0)
    seed = whole(seed, "the seed of resamples", 0, END)
    for start in range(0, count, BLOCK):
        draw = _block if n <= KEPT else _block.__wrapped__
        yield draw(n, start, min(BLOCK, count - start), seed)


@lru_cache(maxsize=8)  # 2,000 resamples: the scores of a run draw from the same number of noises again and again
def _block(n: int, start: int, count: int, seed: int) -> NDArray[np.int64]:
    """Draws from number ``start`` on."""
    philox = np.random.Philox(key=[seed, 1], counter=[0, 0, 0, 0])
    state: Any = philox.state
    words = np.empty((count, n), np.uint64)
    for r in range(count):
        state["state"]["counter"][2] = start + r
        philox.state = state  # setting the counter takes a third of the time of another Philox
        words[r] = philox.random_raw(n)
    # 53 random bits times n, floored: below n, and off uniform by n / 2**53 at most.
    drawn = ((words >> np.uint64(11)) * 2.0**-53 * n).astype(np.int64)
    drawn.setflags(write=False)
    return drawn


def bootstrap(
    values: NDArray[Any],
    statistic: Callable[..., Any],
    *,
    count: int = 2000,
    level: float = 0.95,
    seed: int = 0,
    vectorized: bool = False,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Percentile bootstrap interval (Efron 1979) of ``statistic``, by resampling the first axis of ``values``.

    Args:
        values: one row for each independent sample, shape ``(n, ...)``.
        statistic: takes resampled values of the same shape, returns a number or an array.
        count: resamples.
        vectorized: ``statistic`` takes ``axis`` and many resamples at once, shape ``(resamples, n, ...)`` and axis 1.

    Returns:
        Lower and upper ends, of the shape of the statistic; the same for the same ``values`` and ``seed``, always.

    >>> low, high = bootstrap(np.arange(100.0), np.mean)
    >>> f"{low:.2f} {high:.2f}"
    '43.86 55.09'
    """
    if len(values) == 0:
        raise ValueError("an interval of no samples at all is undefined")
    level, count = real(level, "the level of an interval", 0, 1), whole(count, "the number of resamples", 1)
    if vectorized:
        parts = [statistic(values[block], axis=1) for block in _blocks(len(values), count, seed)]
        drawn = np.concatenate(parts, dtype=np.float64)
    else:
        draws = resamples(len(values), count, seed)
        drawn = np.asarray([statistic(values[index]) for index in draws], dtype=np.float64)
    low, high = np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return low, high


def exceedances(similarities: Tensor, thresholds: Tensor = THRESHOLDS) -> Tensor:
    """How many similarities lie strictly above each threshold, int64 of the shape of ``thresholds``.

    Thresholds are rounded to the dtype of the similarities, as in ``similarities > threshold``."""
    _refuse_nan(thresholds, "thresholds hold")
    _refuse_nan(similarities, "similarities hold")
    at = thresholds.to(similarities.device, similarities.dtype)
    at, order = at.sort()
    # Number j is of what lies above at[j - 1] and not above at[j]: a histogram, which a million similarities need not
    # be sorted for.
    place = torch.bucketize(similarities.flatten(), at)
    above: Tensor = torch.bincount(place, minlength=len(at) + 1).flip(0).cumsum(0).flip(0)[1:]
    found = torch.empty_like(above)
    found[order] = above
    return found.cpu()


def threshold_curve(similarities: Tensor, thresholds: Tensor = THRESHOLDS) -> Tensor:
    """The proportion strictly above each threshold, float64 of the shape of ``thresholds``.

    It is the score, had that been the threshold.

    >>> threshold_curve(torch.tensor([0.2, 0.6, 0.6, 0.9]), torch.tensor([0.0, 0.5, 0.6, 0.9]))
    tensor([1.0000, 0.7500, 0.2500, 0.0000], dtype=torch.float64)
    """
    if tensor(similarities, "similarities").numel() == 0:
        raise ValueError("a curve over no similarities at all is undefined")
    return exceedances(similarities, thresholds).double() / similarities.numel()


def _refuse_nan(values: Tensor, what: str) -> None:
    if bool(values.isnan().any()):
        raise ValueError(f"{what} NaN, which is neither above a threshold nor below")


def halves(null: Tensor) -> tuple[Tensor, Tensor]:
    """What a threshold is calibrated on, and what its true rate is read off: the even and the odd places of ``null``.

    A threshold that 1 % of some images pass is passed by more than 1 % of others, as a rule: it was fitted. A single
    one is both halves.

    >>> halves(torch.arange(5))
    (tensor([0, 2, 4]), tensor([1, 3]))
    """
    return (null[::2], null[1::2]) if len(null) > 1 else (null, null)


def calibrated_threshold(null: Tensor, rate: float = 0.01) -> float:
    """The smallest threshold that at most ``rate`` of the ``null`` similarities lie strictly above.

    The null is what should not match: for GL the best similarity of each held-out real image to the training set, for
    RP mismatched pairs (:func:`samenoise.metrics.rp_threshold` does those without holding them all). Ties are never
    split: where more than ``rate`` of the null is exactly 1, the threshold is 1 and nothing passes it.

    >>> calibrated_threshold(torch.arange(100.0) / 128, rate=0.01) * 128
    98.0
    """
    if tensor(null, "the null").numel() == 0:
        raise ValueError("a threshold cannot be calibrated on no similarities at all")
    _refuse_nan(null, "similarities hold")
    return float(null.detach().flatten().topk(allowed(null.numel(), rate) + 1).values[-1])


def allowed(count: int, rate: float) -> int:
    """The largest ``k`` with ``k / count <= rate``, below ``count``; the threshold is then the ``k + 1``-th largest."""
    rate = real(rate, "a rate")
    if not 0 <= rate < 1:
        raise ValueError(f"a rate lies in 0 <= rate < 1, got {rate}")
    k = math.floor(rate * count)  # rounding may lose one: 0.29 * 100 is 28.999...
    return k + 1 if (k + 1) / count <= rate else k
