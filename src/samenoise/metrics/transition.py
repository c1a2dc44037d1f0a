"""The transition from memorization to generalization: N50, the training size at which half of the images are copies.

    s(N) = (memorized(N) - f(N)) / (1 - f(N)),   f the share of held-out real images that pass (0 unless given)
    N50: s(N50) = 1/2

No curve is assumed but that ``s`` falls. A logistic one is rejected by the data (at N = 64, .617 of 512 images of
digits were copies where the best logistic had .522: some noises never give a copy), so:

1. ``s`` at the sizes is the nearest sequence that falls, in least squares (isotonic regression: Barlow, Bartholomew,
   Bremner and Brunk 1972, by its max-min formula).
2. Between the two sizes at which it passes one half, its *logit* is a straight line in log2 N: exact for a logistic,
   whatever happens at the other sizes. Shares are ``(k + 1/2) / (n + 1)`` there, so that all and none have a logit.

The interval resamples *noises*, the same draw for every N (and every width): one noise is memorized or not at many N,
so its flags belong together; and held-out images, where ``f`` is read off those. With replicates it is two-level, over
trainings too (:func:`~samenoise.metrics.replicates.two_level`, with N50 of every training); without, it says nothing of
another training. Between two sizes nothing was measured, so each
resample has a *range* for N50: between the crossings of straight lines of the logit, of the share itself and of its two
complementary log-logs (a Gumbel distribution either way round); and where the share falls by more than three quarters
from one size to the next, all that lies between. The ends of the interval are quantiles of those of the range, at the
level at which one point of it is covered in 95 % of cases wherever it lies (Imbens and Manski 2004). The coverage under
seven truths, of which two are logistic, is on the page "Coverage".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from samenoise.metrics import logistic
from samenoise.metrics.crossing import interval
from samenoise.metrics.replicates import two_level
from samenoise.metrics.statistics import Score
from samenoise.metrics.sweep import Sweep

__all__ = ["Agreement", "Transition", "agree", "exp2", "fit_transition"]


class Transition(NamedTuple):
    """N50, NaN where the data do not show it; ``note`` then says why, and is empty otherwise."""

    n50: float
    ci95: tuple[float, float]
    """0 or infinity where resampled noises may show no transition on that side; of an N50 beyond all sizes, from the
    last size (or to the first). Over noises, held-out images and, with replicates, trainings."""
    slope: float
    """Change of logit s per doubling of N, of the best logistic through all sizes: a description, N50 is not of it."""
    slope_ci95: tuple[float, float]
    """Over noises and held-out images."""
    n: int
    """Noises."""
    note: str
    deviance: float
    """Of that logistic from the data: see :mod:`samenoise.metrics.logistic`."""
    degrees: int
    """Degrees of freedom: different sizes less two."""
    p_value: float
    """How often a logistic that is right would be so far off, were the flags of one noise at several N independent."""
    noises_ci95: tuple[float, float]
    """That over noises and held-out images alone: of these very trainings."""
    each: tuple[float, ...]
    """N50 of every training by itself; 0 or infinite beyond all sizes."""


class Agreement(NamedTuple):
    """Whether several N50 are one."""

    agree: bool | None
    """Whether their intervals share a point; ``None`` where fewer than two of them are known from any side."""
    low: float
    """The least of them, or the lower end where one is known from one side only."""
    high: float
    """The largest, or the upper end."""


def fit_transition(
    n_train: ArrayLike,
    flags: ArrayLike,
    *,
    floor: ArrayLike = 0.0,
    held_out: ArrayLike | None = None,
    count: int = 2000,
    seed: int = 0,
) -> Transition:
    """N50.

    Three ways to say what a copy is give three of them: copies at the paper's threshold *in excess* of what passes of
    real images (``held_out``), copies at the calibrated threshold, and by the nearest-neighbour ratio.

    Args:
        n_train: training sizes, shape ``(m,)``, at least two different ones.
        flags: whether the image of noise ``i`` is memorized at size ``n_train[j]``, bool of shape ``(m, noises)``; with
            replicates ``(replicates, m, noises)``, at the same noises.
        floor: the share of held-out real images that pass, a number or of shape ``(m,)``, taken as known.
        held_out: instead of it, whether each of them passes, bool of shape ``(m, images)``: the same images at every
            size. The interval then knows how few they are.
        count: bootstrap resamples.

    >>> noises = np.arange(1, 65) / 65                            # memorized while log2 N < 7 + logit(noise)
    >>> n_train = 2.0 ** np.arange(3, 12)
    >>> fit = fit_transition(n_train, np.log2(n_train)[:, None] < 7 + np.log(noises / (1 - noises)))
    >>> f"{np.log2(fit.n50):.2f} {fit.slope:.1f}"
    '7.00 -1.0'
    """
    sweep = Sweep.of(n_train, flags, floor, held_out)
    fits = sweep.fits(count, seed)
    noises, slopes = len(sweep.by_noise), fits.beta[:, 1]
    deviance = logistic.deviance(sweep.x, sweep.by_noise.sum(0), sweep.rows * noises, sweep.floor, fits.beta[0])
    degrees = len(sweep.x) - 2
    note, beyond = sweep.missing(fits)
    low, high = interval(fits.ends)
    ends = (exp2(low), exp2(high)) if beyond or not note else (np.nan, np.nan)
    each = [exp2(log2_n50) for log2_n50 in trainings(n_train, flags, floor, held_out)]
    found = two_level(Score(np.nan if note else exp2(fits.log2_n50), ends, noises), each, "positive")
    return Transition(
        found.score.value,
        found.score.ci95,
        float(slopes[0]),
        interval(np.stack([slopes, slopes])),
        noises,
        note,
        deviance,
        degrees,
        logistic.upper_tail(deviance, degrees),
        found.noises_ci95,
        tuple(each),
    )


def agree(*fits: Transition) -> Agreement:
    """Whether N50 is the same whatever counts as a copy, or how far it goes from one way of counting to another.

    They disagree where two intervals do not overlap: 95 % intervals of independent estimates do so in 1 of 180 cases
    where both are right, and those of one and the same pictures less often still.

    >>> low, high = (fit_transition([8, 16, 32], np.arange(1, 65) < [[60], [k], [4]], count=200) for k in (40, 24))
    >>> agree(low, low).agree, agree(low, high).agree
    (True, False)
    """
    known = [fit for fit in fits if not np.isnan(fit.ci95[0])]
    ends = [(fit.ci95 if np.isnan(fit.n50) else (fit.n50, fit.n50)) for fit in known]
    least, most = (min(low for low, _ in ends), max(high for _, high in ends)) if ends else (np.nan, np.nan)
    if len(known) < 2:
        return Agreement(None, least, most)
    shared = max(fit.ci95[0] for fit in known) <= min(fit.ci95[1] for fit in known)
    return Agreement(shared, least, most)


def trainings(n_train: ArrayLike, flags: ArrayLike, floor: ArrayLike, held_out: ArrayLike | None) -> list[float]:
    """log2 of N50 of every training by itself, infinite beyond all sizes."""
    of_each = np.asarray(flags, dtype=bool)
    of_each = of_each[None] if of_each.ndim == 2 else of_each
    return [Sweep.of(n_train, of_one, floor, held_out).fits(0, 0).log2_n50 for of_one in of_each]


def exp2(x: float) -> float:
    """Infinite where it overflows."""
    with np.errstate(over="ignore"):
        return float(np.exp2(x))
