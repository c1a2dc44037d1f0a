"""Intervals of a mean and of a median, in closed form: nothing is resampled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, stdtrit

__all__ = ["mean_interval", "median_interval"]

Array = NDArray[np.float64]


def mean_interval(values: Array, level: float = 0.95) -> tuple[float, float]:
    """Student's interval of a mean with its skewness taken out (Hall 1992).

    With mean ``m``, standard deviation ``s`` and skewness ``g`` of ``n`` values, ``W + g W^2 / 3 + g^2 W^3 / 27 +
    g / (6 n)`` of ``W = (m - mean) / s`` is nearly symmetric; it grows with ``W`` and is solved for the mean in closed
    form.

    Args:
        values: independent ones, shape ``(n,)``. Of a single one the interval is itself: it says nothing.

    >>> low, high = mean_interval(np.arange(100.0))
    >>> f"{low:.2f} {high:.2f}"
    '43.74 55.26'
    """
    n, m = len(values), float(values.mean())
    about = values - m
    s = float(np.sqrt((about**2).mean()))
    if s <= 1e-12 * abs(m) or n == 1:
        return m, m
    g = float((about**3).mean()) / s**3
    reach = float(stdtrit(n - 1, 0.5 + level / 2)) / np.sqrt(n - 1)  # s is over n
    return m - s * _solved(reach, g, n), m - s * _solved(-reach, g, n)


def _solved(y: float, g: float, n: int) -> float:
    """``W`` with ``W + g W^2 / 3 + g^2 W^3 / 27 + g / (6 n) = y``."""
    y -= g / (6 * n)
    # (1 + g W / 3)^3 = 1 + g y; written so that nothing cancels where g is near 0.
    root = np.cbrt(1 + g * y)
    return float(3 * y / (root * root + root + 1))


def median_interval(values: Array, level: float = 0.95) -> tuple[float, float]:
    """Between two order statistics, interpolated (Hettmansperger and Sheather 1986).

    The true median lies between the k-th smallest and the k-th largest unless fewer than k of n values lie on one side
    of it, whatever their distribution; between two such intervals, whose levels lie on both sides of ``level``, the
    ends are interpolated so that the level is met within a per cent or so.

    Args:
        values: independent ones, shape ``(n,)``. Of five and fewer the smallest and the largest are all that can be
            said, at a lower level than 95 %.

    >>> low, high = median_interval(np.arange(100.0))
    >>> f"{low:.2f} {high:.2f}"
    '39.76 59.24'
    """
    ordered, n, tail = np.sort(values), len(values), (1 - level) / 2
    fewer = bdtr(np.arange(n), n, 0.5)  # P[at most k values below the median]
    k = int(np.searchsorted(fewer, tail, side="right"))
    if k == 0:
        return float(ordered[0]), float(ordered[-1])
    outer, inner = 1 - 2 * fewer[k - 1], 1 - 2 * fewer[k]
    share = (outer - level) / (outer - inner)
    part = (n - k) * share / (k + (n - 2 * k) * share)
    low = (1 - part) * ordered[k - 1] + part * ordered[k]
    high = (1 - part) * ordered[n - k] + part * ordered[n - k - 1]
    return float(low), float(high)
