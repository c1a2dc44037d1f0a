"""How many noises a claim needs, and whether an agreement is no worse than a ceiling, less a margin.

Notation: of ``n`` noises, ``b`` match at the ceiling and not in the pair, ``c`` in the pair and not at the ceiling; the
rest are alike. ``p_b`` and ``p_c`` are their probabilities, and ``D = p_b - p_c`` is what the pair is worse by.

    H0: D >= delta      against      H1: D < delta

Ordering: the score statistic of Nam (1997) and Tango (1998), whose variance is taken at ``D = delta``:

    z = (n delta - (b - c)) / sqrt(n (2 q + delta - delta^2)),    q the likeliest p_c with p_b = q + delta

The p-value is exact: the largest probability, over the unknown ``p_c``, of a ``z`` at least as large when
``D = delta`` (Chan 1998). So the error rate is at most the level, for any n and whatever the ceiling.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, bdtri, gammaln, xlog1py, xlogy

__all__ = ["NonInferiority", "drop_bound", "noises_for_drop", "noises_for_margin", "noninferior"]

GRID = 201
"""Values of the unknown p_c that the p-value is the largest over; equal steps of its square root."""


class NonInferiority(NamedTuple):
    """The test that a pair is no worse than its ceiling, less a margin."""

    p: float
    """One-sided exact p-value; the claim holds at 95 % where it is at most 0.05."""
    difference: float
    """Share at the ceiling less share of the pair: what the pair is worse by."""
    n: int
    margin: float

    @property
    def holds(self) -> bool:
        """Whether "no worse" is shown at 95 %."""
        return self.p <= 0.05


def noninferior(ceiling: ArrayLike, pair: ArrayLike, margin: float) -> NonInferiority:
    """Is the share of noises that match in a pair no lower than that at its ceiling, less ``margin``?

    Args:
        ceiling: whether a noise matches when a generator is compared with itself, bool of shape ``(n,)``.
        pair: whether it matches between the two generators, the same noises.
        margin: delta, in 0 < margin < 1.

    >>> found = noninferior([True] * 149, [True] * 149, 0.02)
    >>> found.holds, noninferior([True] * 148, [True] * 148, 0.02).holds
    (True, False)
    """
    at_ceiling, in_pair = np.asarray(ceiling, dtype=bool), np.asarray(pair, dtype=bool)
    if at_ceiling.shape != in_pair.shape or at_ceiling.ndim != 1 or not len(in_pair):
        raise ValueError(f"a paired test needs the same noises: got shapes {at_ceiling.shape} and {in_pair.shape}")
    b, c, n = int((at_ceiling & ~in_pair).sum()), int((in_pair & ~at_ceiling).sum()), len(in_pair)
    return NonInferiority(p_value(b, c, n, margin), (b - c) / n, n, margin)


def p_value(b: int, c: int, n: int, margin: float) -> float:
    """The exact p-value of ``b`` and ``c`` of ``n``."""
    if not 0 < margin < 1:
        raise ValueError(f"a margin is a share between 0 and 1, got {margin}")
    return _largest(_most(_statistic(np.array(float(b)), np.array(float(c)), n, margin), n, margin), n, margin)


def _statistic(b: NDArray[np.float64], c: NDArray[np.float64], n: int, margin: float) -> NDArray[np.float64]:
    """Nam's z; it falls as b grows and rises with c."""
    # The likeliest q solves 2 n q^2 - B q - C = 0, with p_b = q + delta.
    B = (b + c) - margin * (2 * n - b + c)
    C = c * margin * (1 - margin)
    q = (B + np.sqrt(B**2 + 8 * n * C)) / (4 * n)
    spread = np.sqrt(np.maximum(n * (2 * q + margin * (1 - margin)), 1e-300))
    z: NDArray[np.float64] = (n * margin - (b - c)) / spread
    return z


def _most(z: NDArray[np.float64], n: int, margin: float) -> NDArray[np.float64]:
    """For each c from 0 to n, the largest b whose statistic is at least ``z``; -1 where there is none."""
    c = np.arange(n + 1, dtype=np.float64)
    low, high = np.full(n + 1, -1.0), n - c
    while (low < high).any():
        middle = np.ceil((low + high) / 2)
        enough = (_statistic(middle, c, n, margin) >= z - 1e-9) & (middle >= 0)
        low, high = np.where(enough, middle, low), np.where(enough, high, middle - 1)
    return low


def _largest(most: NDArray[np.float64], n: int, margin: float) -> float:
    """The largest probability of ``B <= most[C]`` over p_c, at p_b = p_c + margin."""
    c = np.arange(n + 1)
    worst = 0.0
    for q in np.linspace(0, math.sqrt((1 - margin) / 2), GRID) ** 2:
        weight = _pmf(c, n, q)
        some = (weight > 1e-12) & (most >= 0)
        inside = bdtr(most[some], n - c[some], min((q + margin) / (1 - q), 1.0))
        worst = max(worst, float((weight[some] * inside).sum()))
    return min(worst, 1.0)


def _pmf(k: NDArray[np.int64], n: int, p: float) -> NDArray[np.float64]:
    """Of the binomial distribution, without the overhead of scipy.stats, which would be most of the time."""
    out: NDArray[np.float64] = np.exp(
        gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + xlogy(k, p) + xlog1py(n - k, -p)
    )
    return out


def noises_for_drop(drop: float, level: float = 0.95) -> int:
    """Noises of which at least one differs, with probability ``level``, where a share ``drop`` of all differ.

    If none of so many differs, fewer than ``drop`` of all do, with that confidence.

    >>> noises_for_drop(0.01), noises_for_drop(0.02)
    (299, 149)
    """
    if not 0 < drop < 1:
        raise ValueError(f"a drop is a share between 0 and 1, got {drop}")
    n = math.ceil(math.log1p(-level) / math.log1p(-drop) - 1e-9)
    return max(n, 1)


def drop_bound(n: int, differing: int = 0, level: float = 0.95) -> float:
    """The largest share of differing noises that ``differing`` of ``n`` leave possible (Clopper and Pearson 1934).

    >>> round(drop_bound(300), 4)
    0.0099
    """
    return 1.0 if differing >= n else float(bdtri(differing, n, 1 - level))


def noises_for_margin(margin: float, differ: float = 0.0, power: float = 0.8) -> int:
    """Noises for :func:`noninferior` to hold with probability ``power``, where a pair is as good as its ceiling.

    Args:
        margin: delta.
        differ: probability of a noise that matches at the ceiling and not in the pair, and as much the other way
            round; 0 where both match at every noise.

    Raises:
        ValueError: more than 100,000 would be needed.

    >>> noises_for_margin(0.02), noises_for_margin(0.05)
    (149, 59)
    """
    low, high = 1, noises_for_drop(margin)
    while _power(high, margin, differ) < power:
        low, high = high, 2 * high
        if high > 100_000:
            raise ValueError(f"a margin of {margin} needs more than 100,000 noises where {differ:.0%} differ by chance")
    while high - low > max(1, low // 100):
        middle = (low + high) // 2
        low, high = (low, middle) if _power(middle, margin, differ) >= power else (middle, high)
    return high


def _power(n: int, margin: float, differ: float) -> float:
    """Probability of p <= 0.05 where both discordant probabilities are ``differ``."""
    # The statistic orders all outcomes, so those that pass are those above one of them.
    if not differ:
        return float(p_value(0, 0, n, margin) <= 0.05)
    c = np.arange(n + 1)
    weight = _pmf(c, n, differ)
    low, high = 1.4, 2.4
    for _ in range(8):  # the least statistic whose p-value is at most 5 %
        z = (low + high) / 2
        passed = _largest(_most(np.array(z), n, margin), n, margin) <= 0.05
        low, high = (low, z) if passed else (z, high)
    most = _most(np.array(high), n, margin)
    some = (weight > 1e-12) & (most >= 0)
    return float((weight[some] * bdtr(most[some], n - c[some], differ / (1 - differ))).sum())
