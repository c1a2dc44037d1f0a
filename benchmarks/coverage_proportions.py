"""Shares over independent noises, exactly: the interval that is printed, and others that might be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.stats import beta, binom

from benchmarks.coverage_case import Found
from samenoise.metrics.proportions import mid_p, wilson

Array = np.ndarray

SIZES = (64, 256, 512, 10_000)
STEP = 0.02
"""Between the log odds of two shares."""
WITHIN = round(np.log(1.25) / STEP)
"""Coverage jumps with the true share, as counts are whole; its mean is over shares of 0.8 to 1.25 times the odds."""


def jeffreys(k: Array, n: float) -> tuple[Array, Array]:
    low, high = beta.ppf(0.025, k + 0.5, n - k + 0.5), beta.ppf(0.975, k + 0.5, n - k + 0.5)
    return np.where(k == 0, 0, low), np.where(k == n, 1, high)


def clopper_pearson(k: Array, n: float) -> tuple[Array, Array]:
    low, high = beta.ppf(0.025, np.maximum(k, 1), n - k + 1), beta.ppf(0.975, k + 1, np.maximum(n - k, 1))
    return np.where(k == 0, 0, low), np.where(k == n, 1, high)


INTERVALS: dict[str, Callable[[Array, float], tuple[Array, Array]]] = {
    "mid-P": mid_p,
    "Wilson": wilson,
    "Jeffreys": jeffreys,
    "Clopper and Pearson": clopper_pearson,
}


def cases() -> Iterator[Found]:
    for n in SIZES:
        k = np.arange(n + 1.0)
        p = 1 / (1 + np.exp(-np.arange(np.log(0.05 / n), STEP, STEP)))  # the other half mirrors them
        for kind, interval in INTERVALS.items():
            low, high = interval(k, n)
            covered = 1 - sum(_missed(low, high, n, p))
            means = np.convolve(covered, np.full(2 * WITHIN + 1, 1 / (2 * WITHIN + 1)), mode="valid")
            of_means, many = p[WITHIN:-WITHIN], n * p >= 5
            length = float((binom.pmf(k, n, 0.2) * (high - low)).sum())
            for truth, value in (
                ("lowest mean, 5 or more expected to pass", means[n * of_means >= 5].min()),
                ("highest mean, 5 or more expected to pass", means[n * of_means >= 5].max()),
                ("minimum, 5 or more expected to pass", covered[many].min()),
                ("lowest mean, fewer", means[n * of_means < 5].min()),
                ("highest mean, fewer", means[n * of_means < 5].max()),
                ("minimum, fewer", covered[~many].min()),
            ):
                yield Found("shares", kind, truth, n, float(value), 0.0, 0.0, length, None)
            for share in (0.002, 0.02, 0.2, 0.5):
                above, below = (float(each[0]) for each in _missed(low, high, n, np.array([share])))
                length = float((binom.pmf(k, n, share) * (high - low)).sum())
                yield Found("shares", kind, f"share {share:g}", n, 1 - above - below, above, below, length, None)


def _missed(low: Array, high: Array, n: int, p: Array) -> tuple[Array, Array]:
    """How often the interval lies above the true share, and below."""
    above = binom.sf(np.searchsorted(low, p, side="right") - 1, n, p)
    below = binom.cdf(np.searchsorted(high, p, side="left") - 1, n, p)
    return above, below
