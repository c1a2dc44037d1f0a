"""Two-level intervals: noises and trainings crossed.

A training passes a share of noises whose log odds are normal over trainings, with the standard deviation `spread`: 0.1
is small, 0.3 middling, 0.8 large (0.03, 0.07 and 0.17 of a share of one half). Which noises pass is correlated between
trainings: half of the variance of what decides it is the noise's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, ndtri

from benchmarks.coverage_case import Case, Ends
from samenoise.experiments.lowrank.intervals import mean as mean_of_ranks
from samenoise.experiments.lowrank.intervals import score as rank_score
from samenoise.metrics.replicates import (
    Replicated,
    replicated_mean,
    replicated_median,
    replicated_pfd,
    replicated_share,
)

Array = np.ndarray

SHARES = (0.02, 0.2, 0.5, 0.9)
SPREADS = {"small": 0.1, "middling": 0.3, "large": 0.8}
NOISES = 512
OWN = 0.5
"""Of the variance of what decides whether a noise passes."""
TOGETHER = 0.3
"""Of the variance between pairs of trainings: what no model of the two does alone."""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(61)


@cache
def middle(share: float, spread: float) -> float:
    """The median log odds of trainings that pass `share` on average."""
    weights = _WEIGHTS / _WEIGHTS.sum()
    return brentq(lambda m: float(weights @ expit(m + spread * _NODES)) - share, -20, 20)


def single(rng: np.random.Generator, replicates: int, share: float, spread: float, n: int = NOISES) -> Array:
    """Flags of one model, shape (R, n)."""
    passes = expit(middle(share, spread) + spread * rng.normal(size=(replicates, 1)))
    decides = np.sqrt(OWN) * rng.normal(size=n) + np.sqrt(1 - OWN) * rng.normal(size=(replicates, n))
    return decides < ndtri(passes)


def pair(rng: np.random.Generator, replicates: int, share: float, spread: float, n: int = NOISES) -> Array:
    """Flags of a pair of models, shape (R, R, n)."""
    R, normal = replicates, rng.normal
    apart = np.sqrt((1 - TOGETHER) / 2) * (normal(size=(R, 1)) + normal(size=R)) + np.sqrt(TOGETHER) * normal(
        size=(R, R)
    )
    passes = expit(middle(share, spread) + spread * apart)
    rest = normal(size=(R, 1, n)) + normal(size=(1, R, n)) + normal(size=(R, R, n))
    return np.sqrt(OWN) * normal(size=n) + np.sqrt((1 - OWN) / 3) * rest < ndtri(passes)[..., None]


def seeds(rng: np.random.Generator, replicates: int, share: float, spread: float, n: int = NOISES) -> Array:
    """Flags of the pairs of R trainings of one model, shape (R, R, n)."""
    R, normal = replicates, rng.normal
    of_one, of_noise = normal(size=R), normal(size=(R, n))
    apart = np.sqrt((1 - TOGETHER) / 2) * (of_one[:, None] + of_one) + np.sqrt(TOGETHER) * normal(size=(R, R))
    passes = expit(middle(share, spread) + spread * apart)
    rest = of_noise[:, None] + of_noise + normal(size=(R, R, n))
    return np.sqrt(OWN) * normal(size=n) + np.sqrt((1 - OWN) / 3) * rest < ndtri(passes)[..., None]


def cases() -> Iterator[Case]:
    for kind, draw, within in (("a model", single, False), ("a pair", pair, False), ("two seeds", seeds, True)):
        for R, share, (size, spread) in product((2, 3, 5), SHARES, SPREADS.items()):
            if within and R == 2:
                continue
            truth, part = f"share {share:g}, R = {R}, {size} spread", 1.0 if kind == "a model" else 0.5
            yield Case("two-level", f"share of {kind}", truth, NOISES, _share, (draw, R, share, spread, within), part)
    for R, (size, spread) in product((2, 3, 5), SPREADS.items()):
        truth = f"R = {R}, {size} spread"
        yield Case(
            "two-level", "share of a model", f"share 0.2, {truth}", 64, _share, (single, R, 0.2, spread, False, 64)
        )
        yield Case("two-level", "PFD of a model", truth, NOISES, _number, (replicated_pfd, R, spread))
        yield Case("two-level", "nn_distance of a model", truth, NOISES, _number, (replicated_median, R, spread), 0.5)
        yield Case("two-level", "mean of a model", truth, NOISES, _number, (replicated_mean, R, spread))
        yield Case("two-level", "mean rank (`lowrank`), images crossed", truth, 64, _rank, (R, spread), 0.25)


def _share(
    rng: np.random.Generator,
    draw: Callable[..., Array],
    replicates: int,
    share: float,
    spread: float,
    within: bool,
    n: int = NOISES,
) -> Ends:
    return (*replicated_share(draw(rng, replicates, share, spread, n), within=within).score.ci95, share)


def _number(rng: np.random.Generator, interval: Callable[..., Replicated], replicates: int, spread: float) -> Ends:
    """Distances of which the logs have the standard deviation 0.5 over noises, and half of `spread` over trainings."""
    logs = _logs(rng, replicates, spread, NOISES) / 2
    # The mean square of exp(N(0, v)) is exp(2 v), its mean exp(v / 2).
    values, true = {
        replicated_pfd: (np.exp(2 * logs), np.exp((1 + spread**2) / 4)),
        replicated_median: (np.exp(logs), np.exp(spread**2 / 8)),
        replicated_mean: (logs, 0.0),
    }[interval]
    return (*interval(values).score.ci95, float(true))


def _rank(rng: np.random.Generator, replicates: int, spread: float) -> Ends:
    return (*rank_score(mean_of_ranks, _logs(rng, replicates, spread, 64)).ci95, 0.0)


def _logs(rng: np.random.Generator, replicates: int, spread: float, n: int) -> Array:
    """Normal numbers of variance 1 over noises, half of it the noise's own, and of `spread` over trainings."""
    noises = np.sqrt(OWN) * rng.normal(size=n) + np.sqrt(1 - OWN) * rng.normal(size=(replicates, n))
    return noises + spread * rng.normal(size=(replicates, 1))
