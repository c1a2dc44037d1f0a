"""The best logistic curve through shares of copies at several training sizes, and how far it is from them.

    p(N) = f(N) + (1 - f(N)) expit(intercept + slope (log2 N - mean)),   f the known floor

by maximum posterior (Fisher scoring, all fits at once). The deviance ``2 sum_N [k log(k / n p) + (n - k)
log((n - k) / n (1 - p))]`` is twice the log-likelihood ratio against one free share for each size (McCullagh and Nelder
1989, section 4.4); with ``m`` sizes it is about chi-squared with ``m - 2`` degrees of freedom if the curve is right.
Nothing that is reported as N50 rests on the curve: see :mod:`samenoise.metrics.transition`.

Prior: slope ~ N(0, 10^2) per doubling of N, and the intercept at the mean of log2 N ~ N(0, 100^2). At 10 per doubling
the whole transition takes one doubling, so data of a hundred noises do not feel it; it keeps the fit finite where the
flags jump from all to none between two sizes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, expit, xlogy

__all__ = ["deviance", "fit", "upper_tail"]

PRECISION = np.array([100.0**-2, 10.0**-2])
"""1 / variance of the prior on intercept and slope."""

Array = NDArray[np.float64]


def fit(x: Array, k: Array, n: Array, floor: Array) -> Array:
    """Intercept at the mean of ``x``, and slope, shape ``(fits, 2)``.

    Args:
        x: shape ``(m,)``.
        k: successes, shape ``(fits, m)``.
        n: trials, shape ``(m,)``.
        floor: the share that passes whatever ``x`` is, in [0, 1), shape ``(m,)``.
    """
    X = np.stack([np.ones_like(x), x - x.mean()], axis=1)
    beta = np.zeros((len(k), 2))
    for _ in range(100):
        s = expit(beta @ X.T)
        p = floor + (1 - floor) * s
        # s / p, the share of the successes that the curve and not the floor explains; 1 without a floor, 0 / 0 too.
        own = np.where(floor > 0, s / np.maximum(p, np.finfo(float).tiny), 1.0)
        gradient = ((k - n * p) * own) @ X - PRECISION * beta
        weight = n * (1 - floor) * s * (1 - s) * own
        information = np.einsum("fm,mi,mj->fij", weight, X, X) + np.diag(PRECISION)
        step = np.linalg.solve(information, gradient[..., None])[..., 0]
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    return beta


def deviance(x: Array, k: Array, n: Array, floor: Array, beta: Array) -> float:
    """Of one fit, ``beta`` of shape ``(2,)``; ``k`` of shape ``(m,)``."""
    p = floor + (1 - floor) * expit(beta[0] + beta[1] * (x - x.mean()))
    p = np.clip(p, 1e-300, 1 - 1e-16)
    found = xlogy(k, k / (n * p)) + xlogy(n - k, (n - k) / (n * (1 - p)))
    return float(2 * found.sum())


def upper_tail(found: float, degrees: int) -> float:
    """P[chi-squared with so many degrees of freedom > the deviance]; 1 where there are none."""
    return float(chdtrc(degrees, max(found, 0.0))) if degrees > 0 else 1.0
