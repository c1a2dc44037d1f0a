"""The transition from memorization to generalization: N50, the training size at which half of the images are copies.

Model: ``logit P[memorized] = slope (log2 N - log2 N50)``, with a negative slope, fitted by maximum likelihood over the
training sizes ``N``. The interval resamples *noises*, the same draw for every N (and every width): one noise
is memorized or not at many N, so its flags belong together. It says nothing of another training run.

Prior: slope ~ N(0, 10^2) per doubling of N, and the intercept at the mean of log2 N ~ N(0, 100^2). At 10 per doubling
the whole transition takes one doubling, so data of a hundred noises do not feel it; it keeps the fit finite where the
flags jump from all to none between two sizes, and puts N50 halfway. Such flags only tell which two sizes N50 lies
between, so there the interval draws it from all that lies between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from samenoise.metrics.statistics import resamples

__all__ = ["Growth", "Transition", "fit_transition", "n50_per_doubling"]

PRECISION = np.array([100.0**-2, 10.0**-2])
"""1 / variance of the prior on intercept and slope."""

Array = NDArray[np.float64]


class Transition(NamedTuple):
    """N50, NaN where the data do not show it; ``note`` then says why, and is empty otherwise."""

    n50: float
    ci95: tuple[float, float]
    """0 or infinity where resampled noises may show no transition on that side."""
    slope: float
    """Change of logit P[memorized] per doubling of N."""
    slope_ci95: tuple[float, float]
    n: int
    """Noises."""
    note: str


class Growth(NamedTuple):
    """The factor by which N50 grows when the width doubles; NaN with a ``note`` where it cannot be told."""

    factor: float
    ci95: tuple[float, float]
    n: int
    """Widths that it rests on."""
    note: str
    """Empty, or which widths are left out and why."""


def fit_transition(n_train: ArrayLike, flags: ArrayLike, *, count: int = 2000, seed: int = 0) -> Transition:
    """Fit N50.

    Args:
        n_train: training sizes, shape ``(m,)``, at least two different ones.
        flags: whether the image of noise ``i`` is memorized at size ``n_train[j]``, bool of shape ``(m, noises)``.
        count: bootstrap resamples.

    >>> noises = np.arange(1, 65) / 65                            # memorized while log2 N < 7 + logit(noise)
    >>> n_train = 2.0 ** np.arange(3, 12)
    >>> fit = fit_transition(n_train, np.log2(n_train)[:, None] < 7 + np.log(noises / (1 - noises)))
    >>> f"{np.log2(fit.n50):.2f} {fit.slope:.1f}"
    '7.00 -1.0'
    """
    x, flags = _checked(n_train, flags)
    log2_n50, slopes = _bootstrap(x, flags, count, seed)
    slope, slope_ci95 = float(slopes[0]), _interval(slopes[1:])
    note = _missing(x, flags.mean(1), slope)
    if note:
        return Transition(np.nan, (np.nan, np.nan), slope, slope_ci95, flags.shape[1], note)
    low, high = _interval(log2_n50[1:])
    return Transition(_exp2(log2_n50[0]), (_exp2(low), _exp2(high)), slope, slope_ci95, flags.shape[1], "")


def n50_per_doubling(
    widths: Sequence[float], n_train: ArrayLike, flags: ArrayLike, *, count: int = 2000, seed: int = 0
) -> Growth:
    """The factor by which N50 grows per doubling of width: 2 to the least-squares slope of log2 N50 on log2 width.

    Args:
        widths: shape ``(w,)``.
        n_train: training sizes, shape ``(m,)``, the same for every width.
        flags: shape ``(w, m, noises)``, the same noises for every width; the bootstrap draws them once for all.

    Widths without a transition in the data are left out and named in the note; the rest must be two different ones.
    """
    kept, rows, notes = [], [], []
    for number, (width, of_width) in enumerate(zip(widths, np.asarray(flags, dtype=bool), strict=True)):
        x, checked = _checked(n_train, of_width)
        log2_n50, slopes = _bootstrap(x, checked, count, seed, number)
        if missing := _missing(x, checked.mean(1), float(slopes[0])):
            notes.append(f"width {width:g} is left out: {missing}")
            continue
        kept.append(np.log2(width))
        rows.append(log2_n50)
    note = "; ".join(notes)
    if len(set(kept)) < 2:
        rest = f"growth needs two different widths with a transition, got {len(set(kept))}"
        return Growth(np.nan, (np.nan, np.nan), len(kept), f"{rest}; {note}" if note else rest)
    centred = np.array(kept) - np.mean(kept)
    with np.errstate(invalid="ignore"):
        growth = centred @ np.stack(rows) / (centred @ centred)
    # A resample without a transition at some width could have any slope: it widens both ends.
    unknown = ~np.isfinite(growth[1:])
    low = _interval(np.where(unknown, -np.inf, growth[1:]))[0]
    high = _interval(np.where(unknown, np.inf, growth[1:]))[1]
    return Growth(_exp2(growth[0]), (_exp2(low), _exp2(high)), len(kept), note)


def _checked(n_train: ArrayLike, flags: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    sizes, flags = np.asarray(n_train, dtype=np.float64), np.asarray(flags, dtype=bool)
    if sizes.ndim != 1 or flags.ndim != 2 or len(flags) != len(sizes) or flags.shape[1] == 0:
        raise ValueError(f"one row of flags for each training size: got shapes {sizes.shape} and {flags.shape}")
    if len(np.unique(sizes)) < 2 or sizes.min() <= 0:
        raise ValueError(f"a transition needs two different training sizes above 0, got {sizes.tolist()}")
    return np.log2(sizes), flags


def _missing(x: Array, fractions: Array, slope: float) -> str:
    """Why the data show no transition; empty where they do."""
    if fractions.min() > 0.5:
        return f"more than half is memorized at every size from {2 ** x.min():g} to {2 ** x.max():g}"
    if fractions.max() < 0.5:
        return f"less than half is memorized at every size from {2 ** x.min():g} to {2 ** x.max():g}"
    return "" if slope < 0 else "the memorized share does not fall as the training size grows"


def _bootstrap(x: Array, flags: NDArray[np.bool_], count: int, seed: int, number: int = 0) -> tuple[Array, Array]:
    """log2 N50 and slope, each of shape ``(count + 1,)``: of the data, then of the resamples.

    ``number`` is that of the fit among several: all see the same noises drawn, but each draws what its own flags leave
    open."""
    noises = flags.shape[1]
    by_noise = np.ascontiguousarray(flags.T, dtype=np.float64)
    drawn = [np.bincount(draw, minlength=noises) @ by_noise for draw in resamples(noises, count, seed)]
    k = np.stack([by_noise.sum(0), *drawn])
    intercept, slope = _fit(np.stack([np.ones_like(x), x - x.mean()], axis=1), k, noises).T
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = x.mean() - intercept / slope
    # Without a fall, N50 is beyond all sizes, on the side that the level tells.
    log2_n50 = np.where(slope < 0, crossing, np.where(intercept > 0, np.inf, -np.inf))
    last = np.where(k == noises, x, -np.inf).max(1)
    first = np.where(k == 0, x, np.inf).min(1)
    jump = ((k == 0) | (k == noises)).all(1) & np.isfinite(first - last) & (last < first)
    jump[0] = False
    u = np.random.Philox(key=[seed, 2], counter=[0, 0, number, 0]).random_raw(count + 1) * 2.0**-64
    log2_n50[jump] = (last + u * np.where(jump, first - last, 0.0))[jump]
    return log2_n50, slope


def _fit(X: Array, k: Array, n: int) -> Array:
    """Logistic regressions of ``k`` of ``n``, shape ``(fits, m)``, on ``X``, shape ``(m, 2)``: Newton, all at once."""

    beta = np.zeros((len(k), 2))
    for _ in range(100):
        p = expit(beta @ X.T)
        gradient = (k - n * p) @ X - PRECISION * beta
        information = np.einsum("fm,mi,mj->fij", n * p * (1 - p), X, X) + np.diag(PRECISION)
        step = np.linalg.solve(information, gradient[..., None])[..., 0]
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    return beta


def _interval(drawn: NDArray[Any]) -> tuple[float, float]:
    """95 % of the resamples, by order statistics (infinite ones cannot be interpolated), rounded outwards."""
    return float(np.quantile(drawn, 0.025, method="lower")), float(np.quantile(drawn, 0.975, method="higher"))


def _exp2(x: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.exp2(x))
