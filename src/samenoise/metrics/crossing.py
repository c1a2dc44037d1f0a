"""Where falling shares pass one half, measured at a few places only: between what it lies, and with which interval."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import logit, ndtr

__all__ = ["crossing", "falling", "interval"]

STEEP = 3 / 4
"""A fall of the share from one size to the next beyond which nothing is known of what lies between."""

Array = NDArray[np.float64]


def falling(y: Array, weights: Array) -> Array:
    """The nearest sequences that do not rise, in weighted least squares, of ``y`` of shape ``(fits, m)``: place j has
    ``max over b >= j of min over a <= j`` of the mean of ``y_a .. y_b``."""
    m = y.shape[1]
    sums = np.cumsum(np.pad(y * weights, ((0, 0), (1, 0))), axis=1)
    totals = np.cumsum(np.pad(weights, (1, 0)))
    means = np.full((len(y), m, m), np.inf)
    for a in range(m):
        means[:, a, a:] = (sums[:, a + 1 :] - sums[:, a : a + 1]) / (totals[a + 1 :] - totals[a])
    # Rounded, so that a mean of one half is one half whatever it is the mean of.
    return np.stack([means[:, : j + 1, j:].min(1).max(1) for j in range(m)], axis=1).round(12)


def crossing(x: Array, shares: Array, trials: Array) -> tuple[float, Array]:
    """log2 of where falling ``shares``, of shape ``(fits, m)``, pass one half: of the first by a straight line of the
    logit, and of all between what it lies, shape ``(2, fits)``."""
    row = np.arange(len(shares))
    # Between the last size at one half or more and the first at one half or less: the same, where a share is one half.
    left = (shares >= 0.5).sum(1) - 1
    right = (shares > 0.5).sum(1)
    i, j = np.maximum(left, 0), np.minimum(right, len(x) - 1)
    y = np.clip(shares, 0, 1)
    high, low = y[row, i], y[row, j]
    p, q = ((share * trials[at] + 0.5) / (trials[at] + 1) for share, at in ((high, i), (low, j)))
    between = (left >= 0) & (right < len(x)) & (i < j)
    parts = np.stack(
        [
            _part(line(v), line(w), line(0.5), between)
            for line, v, w in ((logit, p, q), (_share, high, low), (_log_log, p, q), (_complementary, p, q))
        ]
    )
    steep = high - low > STEEP
    gap = x[j] - x[i]
    near = np.where(between, x[i] + gap * np.where(steep, 0.0, parts.min(0)), np.minimum(x[i], x[j]))
    far = np.where(between, x[i] + gap * np.where(steep, 1.0, parts.max(0)), np.maximum(x[i], x[j]))
    # Beyond all sizes: from the last one on, or up to the first.
    near, far = np.where(left < 0, -np.inf, near), np.where(right == len(x), np.inf, far)
    if left[0] < 0 or right[0] == len(x):
        return float(-np.inf if left[0] < 0 else np.inf), np.stack([near, far])
    # A share of one half itself puts N50 in the middle of all sizes that have it.
    middle = x[i[0]] + gap[0] * parts[0, 0] if between[0] else (x[i[0]] + x[j[0]]) / 2
    return float(middle), np.stack([near, far])


def _part(v: Array, w: Array, half: float, between: NDArray[np.bool_]) -> Array:
    """How far along a straight line from v to w one half lies."""
    return np.divide(v - half, v - w, where=between, out=np.zeros(len(v)))


def _share(p: Any) -> Any:
    return p


def _log_log(p: Any) -> Any:
    return -np.log(-np.log(p))


def _complementary(p: Any) -> Any:
    return np.log(-np.log1p(-p))


def interval(ends: Array) -> tuple[float, float]:
    """95 % interval of what lies between two ends, of the data and then of resamples, shape ``(2, count + 1)``; by
    order statistics (infinite ones cannot be interpolated), rounded outwards.

    Where the ends are far apart for how much they vary, only one of them can be missed, and may be in 5 % of cases;
    where they are one, both in 2.5 %."""
    (low, high), drawn = ends[:, 0], ends[:, 1:]
    inner, outer = np.quantile(drawn, [0.16, 0.84], axis=1, method="nearest")
    with np.errstate(invalid="ignore"):
        deviation = np.max((outer - inner) / 2)
        apart = (high - low) / deviation if deviation > 0 else np.inf
    tail = 0.025
    if np.isfinite(apart) or deviation == 0:
        tail = float(ndtr(-brentq(lambda c: ndtr(c + apart) - ndtr(-c) - 0.95, 1.6, 2.0)))
    return float(np.quantile(drawn[0], tail, method="lower")), float(np.quantile(drawn[1], 1 - tail, method="higher"))
