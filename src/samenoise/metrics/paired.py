"""Differences of two scores at the same noises.

What is compared was drawn from the same noises, so that a noise that is hard for both does not count: the difference is
known better than either score. ``a`` and ``b`` are the values of every noise, shape ``(n,)``; with replicates there is
an axis for each model before that of the noises, in the same order on both sides, of length 1 where the model is not
one of that side's. RP of models x and y less that of x and z is

    share_difference(flags_xy[:, :, None, :], flags_xz[:, None, :, :])                   R_x, R_y, R_z, noises

and its interval is two-level (:mod:`samenoise.metrics.replicates`), with the same trainings of x on both sides.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, ndtri, stdtrit

from samenoise.metrics.locations import mean_interval
from samenoise.metrics.replicates import Replicated, two_level
from samenoise.metrics.statistics import Score, bootstrap

__all__ = ["McNemar", "distance_difference", "mcnemar", "mean_difference", "median_difference", "share_difference"]

Array = NDArray[np.float64]
Values = ArrayLike | torch.Tensor


class McNemar(NamedTuple):
    """Noises at which one of two passes and the other does not, and how likely they are to be as uneven by chance."""

    only_a: int
    only_b: int
    p_value: float
    """Exact and two-sided; 1 where there are none."""


def mcnemar(a: Values, b: Values) -> McNemar:
    """McNemar's exact test (1947) that two shares at the same noises are equal: of the noises at which one alone
    passes, each is the one or the other with chance one half.

    Args:
        a, b: whether each noise passes, bool of shape ``(n,)``.

    >>> mcnemar([True, True, True, True, False], [False, False, False, True, False])
    McNemar(only_a=3, only_b=0, p_value=0.25)
    """
    left, right = _pair(np.asarray(a, dtype=bool), np.asarray(b, dtype=bool))
    only_a, only_b = int((left & ~right).sum()), int((right & ~left).sum())
    tail = float(bdtr(min(only_a, only_b), only_a + only_b, 0.5))
    return McNemar(only_a, only_b, min(1.0, 2 * tail))


def share_difference(a: Values, b: Values) -> Replicated:
    """The share of ``a`` less that of ``b``.

    The interval is that of Bonett and Price (2012): Wald's with one noise more of either kind, at which ``a`` alone and
    at which ``b`` alone passes.

    >>> found = share_difference([1, 1, 1, 1, 0], [0, 0, 0, 1, 0]).score
    >>> f"{found.value:.2f} {found.ci95[0]:.2f} {found.ci95[1]:.2f}"
    '0.60 -0.11 0.97'
    """
    each, by_noise = _differences(a, b)
    more = np.append(by_noise, [1.0, -1.0])
    half = float(ndtri(0.975)) * math.sqrt(float(more.var()) / len(more))
    middle = float(more.mean())
    ends = max(middle - half, -1.0), min(middle + half, 1.0)
    found = two_level(Score(float(by_noise.mean()), ends, len(by_noise)), each)
    low, high = found.score.ci95
    return found._replace(score=found.score._replace(ci95=(max(low, -1.0), min(high, 1.0))))


def mean_difference(a: Values, b: Values) -> Replicated:
    """The mean of ``a`` less that of ``b``, of any numbers.

    >>> found = mean_difference([3.0, 5.0, 4.0, 6.0], [1.0, 2.0, 3.0, 2.0]).score
    >>> f"{found.value:.1f} {found.ci95[0]:.1f} {found.ci95[1]:.1f}"
    '2.5 0.4 4.6'
    """
    each, by_noise = _differences(a, b)
    return two_level(Score(float(by_noise.mean()), _interval(by_noise), len(by_noise)), each)


def distance_difference(a: Values, b: Values) -> Replicated:
    """PFD of ``a`` less that of ``b``, from squared distances: to first order a mean over noises, of ``a_i / (2 PFD_a)
    - b_i / (2 PFD_b)``."""
    left, right = _pair(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
    roots = [np.sqrt(side.mean()) for side in (left, right)]
    scaled = [side / (2 * root) if root else side for side, root in zip((left, right), roots, strict=True)]
    value, by_noise = float(roots[0] - roots[1]), _by_noise(scaled[0]) - _by_noise(scaled[1])
    low, high = _interval(by_noise)
    shift = value - float(by_noise.mean())
    each = np.sqrt(left.mean(-1)) - np.sqrt(right.mean(-1))
    return two_level(Score(value, (low + shift, high + shift), left.shape[-1]), each)


def median_difference(a: Values, b: Values) -> Replicated:
    """The median of ``a`` less that of ``b``, means of them over replicates; by a bootstrap of the noises."""
    left, right = _pair(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
    rows = [side.reshape(-1, side.shape[-1]) for side in (left, right)]
    count = len(rows[0])

    def difference(values: Array, axis: int = 0) -> Array:
        medians = np.median(values, axis=axis)
        out: Array = medians[..., :count].mean(-1) - medians[..., count:].mean(-1)
        return out

    together = np.concatenate(rows).T
    low, high = bootstrap(together, difference, vectorized=True)
    each = np.median(left, -1) - np.median(right, -1)
    return two_level(Score(float(difference(together)), (float(low), float(high)), len(together)), each)


def _differences(a: Values, b: Values) -> tuple[Array, Array]:
    """Of every training (or combination of trainings), and of every noise."""
    left, right = _pair(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
    return left.mean(-1) - right.mean(-1), _by_noise(left) - _by_noise(right)


def _interval(values: Array) -> tuple[float, float]:
    """Of the mean of differences: Student's, or that with the skewness taken out, at each end that which reaches
    farther.

    Where both sides are alike their differences are symmetric, and the skewness of a sample with heavy tails is chance:
    taken out, the interval of 64 log-normal ones holds the mean in .90 of cases. Where one side outweighs the other the
    skewness is theirs, and Student's interval holds it in .91.
    """
    n, m = len(values), float(values.mean())
    half = float(stdtrit(n - 1, 0.975) * values.std(ddof=1) / math.sqrt(n)) if n > 1 else 0.0
    low, high = mean_interval(values)
    return min(low, m - half), max(high, m + half)


def _by_noise(values: Array) -> Array:
    """Mean over all trainings."""
    out: Array = values.reshape(-1, values.shape[-1]).mean(0)
    return out


def _pair(a: NDArray[Any], b: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    if a.ndim != b.ndim or a.shape[-1:] != b.shape[-1:] or 0 in a.shape:
        raise ValueError(
            f"values at the same noises are compared, an axis a model before that of the noises on both sides: got "
            f"shapes {a.shape} and {b.shape}"
        )
    return a, b
