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
so its flags belong together. It says nothing of another training run. Between two sizes nothing was measured, so each
resample takes N50 uniformly from what lies between the crossings of a straight line of the logit and of the share
itself; and where the share falls by more than three quarters from one size to the next, from all that lies between.

On 512 simulated noises at sizes a doubling apart, with logits that fall by 1.5 or 2.5 per doubling, of which a share up
to .1 never copies and one up to .03 always passes, the bias is at most 0.04 doublings and the interval covers N50 in 82
to 97 % of cases. A logistic through all sizes finds it 0.1 doublings too early where .03 never copy, and its interval
covers it in 20 to 58 %; where .1 never copy, 0.3 doublings, and 0 to 5 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit

from samenoise.checks import real
from samenoise.metrics import logistic
from samenoise.metrics.statistics import resamples

__all__ = ["Growth", "Transition", "fit_transition", "n50_per_doubling"]

STEEP = 3 / 4
"""A fall of the share from one size to the next beyond which nothing is known of what lies between."""

Array = NDArray[np.float64]


class Transition(NamedTuple):
    """N50, NaN where the data do not show it; ``note`` then says why, and is empty otherwise."""

    n50: float
    ci95: tuple[float, float]
    """0 or infinity where resampled noises may show no transition on that side; of an N50 beyond all sizes, from the
    last size (or to the first)."""
    slope: float
    """Change of logit s per doubling of N, of the best logistic through all sizes: a description, N50 is not of it."""
    slope_ci95: tuple[float, float]
    n: int
    """Noises."""
    note: str
    deviance: float
    """Of that logistic from the data: see :mod:`samenoise.metrics.logistic`."""
    degrees: int
    """Degrees of freedom: different sizes less two."""
    p_value: float
    """How often a logistic that is right would be so far off, were the flags of one noise at several N independent."""


class Growth(NamedTuple):
    """The factor by which N50 grows when the width doubles; NaN with a ``note`` where it cannot be told."""

    factor: float
    ci95: tuple[float, float]
    """An end is 0 or infinite where N50 of some width is only known to lie beyond all sizes."""
    n: int
    """Widths that it rests on."""
    note: str
    """Empty, or of which widths N50 is known from one side only, and which are left out, and why."""


class _Fits(NamedTuple):
    """Of the data, then of each resample."""

    log2_n50: Array
    """Infinite beyond all sizes, shape ``(count + 1,)``."""
    beta: Array
    """Of the logistic, shape ``(count + 1, 2)``."""
    shares: Array
    """The share that falls, of the data, shape ``(m,)``."""


class _Data(NamedTuple):
    """Flags by size, sizes ascending and each once."""

    x: Array
    """log2 of the sizes, shape ``(m,)``."""
    by_noise: Array
    """Memorized at how many of the rows of a size, shape ``(noises, m)``."""
    rows: Array
    """Rows of each size, shape ``(m,)``."""
    floor: Array


def fit_transition(
    n_train: ArrayLike, flags: ArrayLike, *, floor: ArrayLike = 0.0, count: int = 2000, seed: int = 0
) -> Transition:
    """N50.

    Args:
        n_train: training sizes, shape ``(m,)``, at least two different ones.
        flags: whether the image of noise ``i`` is memorized at size ``n_train[j]``, bool of shape ``(m, noises)``.
        floor: the share of held-out real images that pass, a number or of shape ``(m,)``, taken as known.
        count: bootstrap resamples.

    >>> noises = np.arange(1, 65) / 65                            # memorized while log2 N < 7 + logit(noise)
    >>> n_train = 2.0 ** np.arange(3, 12)
    >>> fit = fit_transition(n_train, np.log2(n_train)[:, None] < 7 + np.log(noises / (1 - noises)))
    >>> f"{np.log2(fit.n50):.2f} {fit.slope:.1f}"
    '7.00 -1.0'
    """
    data = _checked(n_train, flags, floor)
    fits = _bootstrap(data, count, seed)
    noises, slopes = len(data.by_noise), fits.beta[:, 1]
    deviance = logistic.deviance(data.x, data.by_noise.sum(0), data.rows * noises, data.floor, fits.beta[0])
    degrees = len(data.x) - 2
    (note, beyond), (low, high) = _missing(data, fits), _ends(fits, data.x)
    ends = (_interval(low[1:])[0], _interval(high[1:])[1])
    return Transition(
        np.nan if note else _exp2(fits.log2_n50[0]),
        (_exp2(ends[0]), _exp2(ends[1])) if beyond or not note else (np.nan, np.nan),
        float(slopes[0]),
        _interval(slopes[1:]),
        noises,
        note,
        deviance,
        degrees,
        logistic.upper_tail(deviance, degrees),
    )


def n50_per_doubling(
    widths: Sequence[float],
    n_train: ArrayLike,
    flags: ArrayLike,
    *,
    floor: ArrayLike = 0.0,
    count: int = 2000,
    seed: int = 0,
) -> Growth:
    """The factor by which N50 grows per doubling of width: 2 to the least-squares slope of log2 N50 on log2 width.

    Args:
        widths: shape ``(w,)``.
        n_train: training sizes, shape ``(m,)``, the same for every width.
        flags: shape ``(w, m, noises)``, the same noises for every width; the bootstrap draws them once for all.
        floor: as of :func:`fit_transition`, the same for every width.

    A width that copies more (or less) than half at every size is not left out, which would bias the growth: its N50
    lies beyond the last (or first) size, so that the growth has a bound and no value. A width at which copying does not
    fall is left out and named in the note; the rest must be two different ones.
    """
    kept, lows, highs, notes = [], [], [], []
    for number, (width, of_width) in enumerate(zip(widths, _flags(flags), strict=True)):
        data = _checked(n_train, of_width, floor)
        fits = _bootstrap(data, count, seed, number)
        missing, beyond = _missing(data, fits)
        if missing:
            what = f"N50 of width {width:g} is known from one side only" if beyond else f"width {width:g} is left out"
            notes.append(f"{what}: {missing}")
        if missing and not beyond:
            continue
        low, high = _ends(fits, data.x)
        kept.append(np.log2(real(width, "a width", above=0)))
        lows.append(low)
        highs.append(high)
    note = "; ".join(notes)
    if len(set(kept)) < 2:
        rest = f"growth needs two different widths with a transition, got {len(set(kept))}"
        return Growth(np.nan, (np.nan, np.nan), len(kept), f"{rest}; {note}" if note else rest)
    centred = np.array(kept) - np.mean(kept)
    weights = (centred / (centred @ centred))[:, None]
    # The least and the most that the slope can be, each N50 anywhere between its ends.
    ends = np.stack([lows, highs]) * np.where(weights == 0, np.nan, weights)
    least, most = (np.nansum(end, axis=0) for end in (ends.min(0), ends.max(0)))
    ci95 = _exp2(_interval(least[1:])[0]), _exp2(_interval(most[1:])[1])
    if not (np.isfinite(least[0]) or np.isfinite(most[0])):
        rest = "N50 of these widths says nothing of how it grows"
        return Growth(np.nan, (np.nan, np.nan), len(kept), f"{rest}; {note}")
    return Growth(_exp2(least[0]) if least[0] == most[0] else np.nan, ci95, len(kept), note)


def _checked(n_train: ArrayLike, flags: ArrayLike, floor: ArrayLike) -> _Data:
    sizes, flags = np.asarray(n_train, dtype=np.float64), _flags(flags)
    if sizes.ndim != 1 or flags.ndim != 2 or len(flags) != len(sizes) or flags.shape[1] == 0:
        raise ValueError(f"one row of flags for each training size: got shapes {sizes.shape} and {flags.shape}")
    if len(np.unique(sizes)) < 2 or not np.all((sizes > 0) & np.isfinite(sizes)):
        raise ValueError(f"a transition needs two different training sizes above 0, got {sizes.tolist()}")
    floors = np.asarray(floor, dtype=np.float64)
    if floors.ndim and floors.shape != sizes.shape:
        raise ValueError(f"one floor for each training size: got shapes {sizes.shape} and {floors.shape}")
    if not np.all((floors >= 0) & (floors < 1)):
        raise ValueError(f"a floor is a share below 1, got {floors.tolist()}")
    ordered, place = np.unique(sizes, return_inverse=True)
    of_size = np.zeros((len(sizes), len(ordered)))
    of_size[np.arange(len(sizes)), place] = 1
    rows = of_size.sum(0)
    by_noise = np.ascontiguousarray(flags.T.astype(np.float64) @ of_size)
    return _Data(np.log2(ordered), by_noise, rows, np.broadcast_to(floors, sizes.shape) @ of_size / rows)


def _flags(flags: ArrayLike) -> NDArray[np.bool_]:
    found = np.asarray(flags)
    if not np.all((found == 0) | (found == 1)):
        raise ValueError("a flag is true or false, and nothing between")
    return found.astype(bool)


def _missing(data: _Data, fits: _Fits) -> tuple[str, bool]:
    """Why the data show no transition, empty where they do; and whether N50 lies beyond all sizes then."""
    x, found = data.x, float(fits.log2_n50[0])
    fractions = data.by_noise.sum(0) / (data.rows * len(data.by_noise))
    sizes, half = f"every size from {2 ** x.min():g} to {2 ** x.max():g}", data.floor + (1 - data.floor) / 2
    if np.all(fractions > half):
        return f"more than half is memorized at {sizes}", True
    if np.all(fractions < half):
        return f"less than half is memorized at {sizes}", True
    if fits.shares[0] <= fits.shares[-1]:
        return "the memorized share does not fall as the training size grows", False
    if np.isfinite(found):
        return "", False
    return f"made to fall, the memorized share is {'above' if found > 0 else 'below'} one half at {sizes}", True


def _ends(fits: _Fits, x: Array) -> tuple[Array, Array]:
    """Between what log2 N50 lies, in the data and in each resample: itself, or from the last size (to the first) on."""
    found = fits.log2_n50
    return np.where(found == np.inf, x[-1], found), np.where(found == -np.inf, x[0], found)


def _bootstrap(data: _Data, count: int, seed: int, number: int = 0) -> _Fits:
    """``number`` is that of the fit among several: all see the same noises drawn, but each draws what its own flags
    leave open."""
    noises = len(data.by_noise)
    trials: Array = data.rows * noises
    drawn = [np.bincount(draw, minlength=noises) @ data.by_noise for draw in resamples(noises, count, seed)]
    k = np.stack([data.by_noise.sum(0), *drawn])
    shares: Array = _falling((k / trials - data.floor) / (1 - data.floor), data.rows)
    words = np.random.Philox(key=[seed, 2], counter=[0, 0, number, 0]).random_raw(count + 1)
    u: Array = words.astype(np.float64) * 2.0**-64
    beta = logistic.fit(data.x, k, trials, data.floor)
    return _Fits(_crossing(data.x, shares, trials, u), beta, shares[0])


def _falling(y: Array, weights: Array) -> Array:
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


def _crossing(x: Array, shares: Array, trials: Array, u: Array) -> Array:
    """log2 of where falling ``shares``, of shape ``(fits, m)``, pass one half: of the first by a straight line of the
    logit, of the others anywhere (``u`` of the way) that the data leave open."""
    row = np.arange(len(shares))
    # Between the last size at one half or more and the first at one half or less: the same, where a share is one half.
    left = (shares >= 0.5).sum(1) - 1
    right = (shares > 0.5).sum(1)
    i, j = np.maximum(left, 0), np.minimum(right, len(x) - 1)
    y = np.clip(shares, 0, 1)
    high, low = y[row, i], y[row, j]
    v, w = (logit((share * trials[at] + 0.5) / (trials[at] + 1)) for share, at in ((high, i), (low, j)))
    between = (left >= 0) & (right < len(x)) & (i < j)
    curved, straight = (
        np.divide(p, p - q, where=between, out=np.zeros(len(p))) for p, q in ((v, w), (high - 0.5, low - 0.5))
    )
    steep = high - low > STEEP
    start = np.where(steep, 0.0, np.minimum(curved, straight))
    part = start + u * np.where(steep, 1.0, np.abs(curved - straight))
    part[0] = curved[0]
    # A share of one half itself puts N50 in the middle of all sizes that have it.
    found = np.where(between, x[i] + (x[j] - x[i]) * part, (x[i] + x[j]) / 2)
    return np.where(left < 0, -np.inf, np.where(right == len(x), np.inf, found))


def _interval(drawn: NDArray[Any]) -> tuple[float, float]:
    """95 % of the resamples, by order statistics (infinite ones cannot be interpolated), rounded outwards."""
    return float(np.quantile(drawn, 0.025, method="lower")), float(np.quantile(drawn, 0.975, method="higher"))


def _exp2(x: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.exp2(x))
