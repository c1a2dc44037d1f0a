"""Intervals of a share, ``k`` of ``n``.

Scores are printed with the mid-P interval: its coverage averaged over any neighbourhood of the true share is .950 to
.957 where five images or more are expected to pass, and not below .917 at any share, for n from 64 to 10,000. That of
Wilson's falls to .838 where one image in n is not expected to pass.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, betaln, ndtri, xlog1py, xlogy

from samenoise.checks import real

__all__ = ["mid_p", "wilson"]

Array = NDArray[np.float64]

STEPS = 60
"""At most; Newton's method takes six as a rule, and where it leaves the bracket that is halved instead."""


def mid_p(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """The mid-P interval of a proportion (Lancaster 1961; Berry and Armitage 1995): Clopper's and Pearson's, with half
    of the chance of ``k`` itself left out of both tails.

        P[X > k] + P[X = k] / 2  =  (1 - level) / 2  at the lower end,  (1 + level) / 2  at the upper,  X ~ Bin(n, p)

    Args:
        k, n: successes and trials, of any shapes that broadcast. They need not be whole: an effective ``n`` will do.

    Returns:
        Lower and upper ends in [0, 1]; exactly 0 where ``k = 0`` and exactly 1 where ``k = n``.

    >>> low, high = mid_p(7, 10)
    >>> f"{low:.4f} {high:.4f}"
    '0.3801 0.9174'
    """
    k, n = _counts(k, n)
    level = real(level, "the level of an interval", 0, 1)
    low, complement = _lower(np.stack([k, n - k]), n, (1 - level) / 2)
    return low, 1 - complement


def wilson(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """Wilson's score interval (1927) of a proportion: the ``p`` with ``|k/n - p| <= z sqrt(p (1 - p) / n)``.

    Args:
        k, n: as for :func:`mid_p`.

    Returns:
        Lower and upper ends in [0, 1]; exactly 0 where ``k = 0`` and exactly 1 where ``k = n``.

    >>> low, high = wilson(7, 10)
    >>> f"{low:.4f} {high:.4f}"
    '0.3968 0.8922'
    """
    k, n = _counts(k, n)
    level = real(level, "the level of an interval", 0, 1)
    z = ndtri(0.5 + level / 2)
    centre = (k + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(k * (n - k) / n + z**2 / 4)
    return np.where(k == 0, 0.0, centre - half), np.where(k == n, 1.0, centre + half)


def _counts(k: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    k, n = np.broadcast_arrays(np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if not np.all((n > 0) & (k >= 0) & (k <= n)):  # NaN is none of these
        raise ValueError(f"an interval needs 0 <= k <= n and n > 0, got k = {k}, n = {n}")
    return k, n


def _lower(k: Array, n: Array, tail: float) -> Array:
    """The p at which ``P[X > k] + P[X = k] / 2 = tail``, X ~ Bin(n, p); 0 where k is 0.

    ``P[X >= k]`` is the incomplete beta function of ``k`` and ``n - k + 1``, and p lies between where it is ``tail``
    and where ``P[X > k]`` is."""
    a = np.where(k > 0, k, 1.0)
    b = n - a + 1
    low = betaincinv(a, b, tail)
    high = np.where(b > 1, betaincinv(a + 1, np.where(b > 1, b - 1, 1.0), tail), 1.0)
    p = low
    for _ in range(STEPS):
        density = np.exp(xlogy(a - 1, p) + xlog1py(b - 1, -p) - betaln(a, b))
        missing = betainc(a, b, p) - density * p / (2 * a) - tail
        low, high = np.where(missing < 0, p, low), np.where(missing < 0, high, p)
        slope = density * (1 + p * (b - 1) / (a * (1 - p))) / 2
        there = p - missing / slope
        there = np.where((low < there) & (there < high), there, (low + high) / 2)
        if np.all(np.abs(there - p) <= 1e-14 * p):
            break
        p = there
    return np.where(k > 0, p, 0.0)
