"""Two-level intervals: over noises, and over trainings.

An interval over noises says how a score would vary with other noises, and nothing of another training of the same
models. With R replicates of every model (other weights, other training noise; the same data, noises and subsets) noises
and trainings are crossed: every training is drawn from at the same noises. Then

    variance of the mean  =  over noises, of the mean over trainings
                           + over trainings, of each model: that of its R means over all else, divided by R

(for two models less that of their interaction, which both terms of the sum hold), and the interval is Student's, with
Satterthwaite's degrees of freedom (1946): R - 1 or a few more where trainings decide, endlessly many where noises do.
They are ``nu (1 + q)^2`` with ``nu`` those of the trainings and ``q`` the ratio of the variance over noises to that
over trainings, here its median-unbiased estimate: with R = 3 the mean of ``1 / chi^2`` is infinite, and by q as it
stands the interval is too short too often.

It is built on the interval over noises alone, whose two arms are stretched, each arm ``h`` to ``t sqrt((h / z)^2 + v)``
with ``v`` the variance over trainings, on the log odds of a share and the log of a distance. So it is never narrower
than that, and is that, exactly, with one replicate. What both variances hold of single noises in single trainings is
not taken off: to do so makes the interval no shorter where the spread between trainings matters (the degrees of freedom
fall), and it covers less often.

*Pairs within one set of replicates* (two seeds of one model) are ``R (R - 1) / 2`` values that share models: their
variance is the jackknife's, a replicate left out at a time. Of two replicates there is one such pair, which says
nothing of another: its interval is that over noises.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, gammaincinv, logit, ndtri, stdtrit

from samenoise.metrics.flow_distance import pfd_of
from samenoise.metrics.locations import mean_interval, median_interval
from samenoise.metrics.statistics import Score, proportion

__all__ = ["Replicated", "replicated_mean", "replicated_median", "replicated_pfd", "replicated_share", "two_level"]

Array = NDArray[np.float64]
Scale = Literal["share", "positive", "number"]


class Replicated(NamedTuple):
    """A score over replicates."""

    score: Score
    """Mean over trainings and noises, with its two-level interval; ``n`` counts noises."""
    noises_ci95: tuple[float, float]
    """That over noises alone: of these very trainings."""
    replicates: tuple[int, ...]
    """Of each model; of one set whose pairs are compared with one another, its size alone."""
    spread: float
    """Standard deviation of the score of single trainings (of single pairs of them); NaN of one."""


def two_level(over_noises: Score, each: ArrayLike, scale: Scale = "number", *, within: bool = False) -> Replicated:
    """The interval of any score over noises and trainings.

    Args:
        over_noises: the mean over trainings, with its interval over noises alone.
        each: the score of every training, shape ``(R,)``; of a pair of models that of every training of the one with
            every training of the other, ``(R_a, R_b)``; and so on, an axis a model. A model that is not trained, as a
            closed form, has an axis of 1. Where the score of some training is not finite (its N50 lies beyond all
            sizes), the interval is everything.
        scale: ``"share"`` for what lies in [0, 1], ``"positive"`` for what lies above 0 (a distance, N50, a factor of
            growth), ``"number"`` for all else.
        within: both axes of ``each`` are the same replicates of one model; the pairs above the diagonal are read.

    >>> found = two_level(Score(0.5, (0.45, 0.55), 400), [0.48, 0.50, 0.52], "share")
    >>> f"{found.score.ci95[0]:.3f} {found.score.ci95[1]:.3f} {found.spread:.2f}"
    '0.443 0.557 0.02'
    """
    values, value, noises = np.asarray(each, dtype=np.float64), over_noises.value, over_noises.ci95
    replicates = values.shape[:1] if within else values.shape
    single = values[np.triu_indices(len(values), 1)] if within else values.ravel()
    spread = float(single.std(ddof=1)) if single.size > 1 and np.isfinite(single).all() else math.nan
    if scale == "positive" and value > 0:
        with np.errstate(divide="ignore"):
            values, single = np.log(values), np.log(single)
    if not (math.isfinite(value) and np.isfinite(single).all()):
        known = noises if not math.isfinite(value) else _EVERYTHING[scale]
        return Replicated(over_noises._replace(ci95=known), noises, replicates, spread)
    variance, degrees = _within(values) if within else _crossed(values)
    if variance == 0:
        return Replicated(over_noises, noises, replicates, spread)
    to, back, slope = _SCALES[scale]
    trainings = variance if scale == "positive" else variance * slope(value) ** 2
    errors = np.abs([to(end) - to(value) for end in noises]) / float(ndtri(0.975))
    finite = errors[np.isfinite(errors)]  # an arm may be endless: a share that may be 0, an N50 beyond all sizes
    ratio = float((finite**2).mean()) / trainings if len(finite) else 0.0
    # chi^2 with so few degrees lies below its mean more often than not: by its median the ratio is not taken too high.
    ratio *= 2 * float(gammaincinv(degrees / 2, 0.5)) / degrees
    reach = float(stdtrit(degrees * (1 + ratio) ** 2, 0.975))
    arms = reach * np.hypot(errors, math.sqrt(trainings))
    ends = float(back(to(value) - arms[0])), float(back(to(value) + arms[1]))
    return Replicated(Score(value, ends, over_noises.n), noises, replicates, spread)


def replicated_share(flags: ArrayLike | torch.Tensor, *, within: bool = False) -> Replicated:
    """The share of noises that pass, over replicates: RP, MAE score, memorized, NN ratio.

    Args:
        flags: whether each noise passes, shape ``(R, n)``; of a pair of models ``(R_a, R_b, n)``; an axis a model.
        within: as for :func:`two_level`, of shape ``(R, R, n)``.

    With one replicate it is :func:`~samenoise.metrics.statistics.proportion`. With several the mean over trainings has
    the variance of ``n_eff`` independent flags, between n and all that were drawn, and the interval that of these.
    """
    values, cells = _cells(flags, within)
    count, n = cells.shape
    passed, variance = float(cells.sum()) / count, float(cells.mean(0).var()) / n
    effective = None
    if count > 1 and variance > 0:
        effective = float(np.clip(passed / n * (1 - passed / n) / variance, n, cells.size))
    return two_level(proportion(passed, n, effective), values.mean(-1), "share", within=within)


def replicated_pfd(squared: ArrayLike | torch.Tensor, *, within: bool = False) -> Replicated:
    """PFD over replicates, the root of the mean of squared distances over noises and trainings.

    Args:
        squared: as the flags of :func:`replicated_share`. With one replicate it is :func:`~samenoise.metrics.pfd`.
    """
    values, cells = _cells(squared, within)
    over_noises = pfd_of(torch.from_numpy(cells.mean(0)))
    return two_level(over_noises, np.sqrt(values.mean(-1)), "positive", within=within)


def replicated_mean(values: ArrayLike | torch.Tensor, *, within: bool = False) -> Replicated:
    """The mean of any number over replicates; ``values`` as the flags of :func:`replicated_share`."""
    values, cells = _cells(values, within)
    by_noise = cells.mean(0)
    score = Score(float(by_noise.mean()), mean_interval(by_noise), len(by_noise))
    return two_level(score, values.mean(-1), within=within)


def replicated_median(values: ArrayLike | torch.Tensor, *, within: bool = False) -> Replicated:
    """The mean over replicates of the median over noises, as of ``nn_distance``; ``values`` as the flags of
    :func:`replicated_share`, above 0.

    The arms of the intervals of single medians are added as standard errors are, with the correlation of being above
    the median between trainings: a median errs by ``sum_i sign(x_i - median)``, to first order.
    """
    values, cells = _cells(values, within)
    median = np.median(cells, axis=1)
    ends = np.array([median_interval(cell) for cell in cells])
    sides = np.sign(cells - median[:, None])
    correlation = sides @ sides.T / cells.shape[1]
    np.fill_diagonal(correlation, 1.0)
    low, high = (math.sqrt(max(arm @ correlation @ arm, 0.0)) / len(arm) for arm in np.abs(ends.T - median))
    value = float(median.mean())
    over_noises = Score(value, (value - low, value + high), cells.shape[1])
    return two_level(over_noises, np.median(values, axis=-1), "positive", within=within)


def _cells(values: ArrayLike | torch.Tensor, within: bool) -> tuple[Array, Array]:
    """The values, and of every training or pair of trainings those over noises, shape ``(cells, n)``."""
    found = np.asarray(values, dtype=np.float64)
    if found.ndim < 2 or 0 in found.shape:
        raise ValueError(f"an axis of replicates for each model, then one of noises: got shape {found.shape}")
    if within and (found.ndim != 3 or found.shape[0] != found.shape[1] or len(found) < 2):
        raise ValueError(f"pairs within R >= 2 replicates have shape (R, R, n): got {found.shape}")
    cells = found[np.triu_indices(len(found), 1)] if within else found.reshape(-1, found.shape[-1])
    return found, cells


def _crossed(each: Array) -> tuple[float, float]:
    """Variance of the mean by the trainings of every model, and its degrees of freedom; 0 of single trainings."""
    axes = [axis for axis, size in enumerate(each.shape) if size > 1]
    parts = []
    for axis in axes:
        others = tuple(other for other in range(each.ndim) if other != axis)
        parts.append((float(each.mean(others).var(ddof=1)) / each.shape[axis], each.shape[axis] - 1))
    if len(axes) == 2:
        a, b = axes
        rest = each - each.mean(a, keepdims=True) - each.mean(b, keepdims=True) + each.mean()
        degrees = (each.shape[a] - 1) * (each.shape[b] - 1)
        parts.append((-float((rest**2).sum()) / degrees / each.size, degrees))
    variance = sum(part for part, _ in parts)
    if variance <= 1e-24:
        return 0.0, math.inf
    return variance, max(variance**2 / sum(part**2 / degrees for part, degrees in parts), 1.0)


def _within(each: Array) -> tuple[float, float]:
    """The same of all pairs of one set of replicates, by the jackknife: a replicate left out at a time."""
    count = len(each)
    if count < 3:
        return 0.0, math.inf
    pairs = np.triu(each, 1)
    of_one = pairs.sum(0) + pairs.sum(1)
    without = (pairs.sum() - of_one) * 2 / ((count - 1) * (count - 2))
    variance = (count - 1) / count * float(((without - without.mean()) ** 2).sum())
    return (variance, count - 1) if variance > 1e-24 else (0.0, math.inf)


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


def _exp(x: float) -> float:
    return math.exp(x) if x < 700 else math.inf


_EVERYTHING: dict[str, tuple[float, float]] = {
    "share": (0.0, 1.0),
    "positive": (0.0, math.inf),
    "number": (-math.inf, math.inf),
}
_SCALES: dict[str, tuple[Callable[[float], Any], Callable[[float], Any], Callable[[float], float]]] = {
    "share": (logit, expit, lambda x: 1 / (x * (1 - x))),
    "positive": (_log, _exp, lambda x: 1 / x),
    "number": (float, float, lambda x: 1.0),
}
"""There, back, and by how much more than the score it grows."""
