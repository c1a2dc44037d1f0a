"""Intervals over noises of all that is not a plain share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import torch

from benchmarks.coverage_case import Case, Ends
from samenoise.metrics import bootstrap, rp_floor
from samenoise.metrics.flow_distance import pfd_of
from samenoise.metrics.locations import mean_interval, median_interval

Array = np.ndarray
Draw = Callable[[np.random.Generator, int], Array]

SQUARED: dict[str, tuple[Draw, float]] = {
    "chi-squared, 20 degrees": (lambda rng, n: rng.chisquare(20, n), 20.0),
    "exponential": (lambda rng, n: rng.exponential(size=n), 1.0),
    "chi-squared, 1 degree": (lambda rng, n: rng.chisquare(1, n), 1.0),
    "log-normal, sigma 1": (lambda rng, n: rng.lognormal(0, 1, n), float(np.exp(0.5))),
    "log-normal, sigma 1.5": (lambda rng, n: rng.lognormal(0, 1.5, n), float(np.exp(1.125))),
    "half copies (squared distance .001 times)": (lambda rng, n: _mixed(rng, n, 0.5, 0.001), 0.5005),
    "10 % failures, 10 times as far": (lambda rng, n: _mixed(rng, n, 0.1, 100), 10.9),
    "2 % failures, 5 times as far": (lambda rng, n: _mixed(rng, n, 0.02, 25), 1.48),
    "2 % failures, 20 times as far": (lambda rng, n: _mixed(rng, n, 0.02, 400), 8.98),
}
"""Squared distances and their mean."""

APART = 3.0
"""Times their root mean square, how far pictures of different noises are apart, where nothing fails."""

FAR = {
    "10 % failures, 10 times as far": 10.0,
    "2 % failures, 5 times as far": 5.0,
    "2 % failures, 20 times as far": 20.0,
}

NUMBERS: dict[str, tuple[Draw, float, float]] = {
    "normal": (lambda rng, n: rng.normal(size=n), 0.0, 0.0),
    "log-normal, sigma 1": (lambda rng, n: rng.lognormal(0, 1, n), float(np.exp(0.5)), 1.0),
    "exponential": (lambda rng, n: rng.exponential(size=n), 1.0, float(np.log(2))),
    "uniform": (lambda rng, n: rng.random(n), 0.5, 0.5),
}
"""Numbers, their mean and their median."""

KINDS = {"pictures of 10 even kinds": np.full(10, 0.1), "one kind in 5 pictures": np.array([0.2, *[0.01] * 80])}


def _mixed(rng: np.random.Generator, n: int, share: float, factor: float) -> Array:
    return rng.chisquare(5, n) / 5 * np.where(rng.random(n) < share, factor, 1)


def cases() -> Iterator[Case]:
    for n, (truth, (draw, mean)) in product((64, 128, 512), SQUARED.items()):
        root = float(np.sqrt(mean))
        yield Case("one-level", "PFD", truth, n, _pfd, (draw, n, root, FAR.get(truth, APART * root)))
        yield Case("replaced", "PFD, percentile bootstrap", truth, n, _old_pfd, (draw, n, root), 0.25)
        if truth in FAR:
            yield Case("replaced", "PFD, of what is seen alone", truth, n, _seen, (draw, n, root))
    for n, (truth, (draw, mean, median)) in product((64, 65, 512), NUMBERS.items()):
        yield Case("one-level", "nn_distance", truth, n, _median, (draw, n, median))
        yield Case("replaced", "nn_distance, percentile bootstrap", truth, n, _old_median, (draw, n, median), 0.25)
        yield Case("one-level", "mean of a number", truth, n, _mean, (draw, n, mean))
    for n, (truth, shares) in product((64, 512), KINDS.items()):
        yield Case("one-level", "floor of RP (n / 2, a bound)", truth, n, _floor, (n, shares), 0.25)


def _pfd(rng: np.random.Generator, draw: Draw, n: int, true: float, far: float) -> Ends:
    return (*pfd_of(torch.from_numpy(draw(rng, n)), far).ci95, true)


def _seen(rng: np.random.Generator, draw: Draw, n: int, true: float) -> Ends:
    return (*pfd_of(torch.from_numpy(draw(rng, n))).ci95, true)


def _old_pfd(rng: np.random.Generator, draw: Draw, n: int, true: float) -> Ends:
    return _bootstrap(draw(rng, n), lambda x, axis: np.sqrt(x.mean(axis)), true)


def _median(rng: np.random.Generator, draw: Draw, n: int, true: float) -> Ends:
    return (*median_interval(draw(rng, n)), true)


def _old_median(rng: np.random.Generator, draw: Draw, n: int, true: float) -> Ends:
    return _bootstrap(draw(rng, n), np.median, true)


def _mean(rng: np.random.Generator, draw: Draw, n: int, true: float) -> Ends:
    return (*mean_interval(draw(rng, n)), true)


def _bootstrap(values: Array, statistic: Callable[..., Array], true: float) -> Ends:
    low, high = bootstrap(values, statistic, vectorized=True)
    return float(low), float(high), true


def _floor(rng: np.random.Generator, n: int, shares: Array) -> Ends:
    """Two pictures match where they are of one kind, so that the true floor is the sum of squared shares."""
    kinds = torch.from_numpy(np.eye(len(shares), dtype=np.float32)[rng.choice(len(shares), n, p=shares)])
    return (*rp_floor(kinds, kinds, 0.5).ci95, float((shares**2).sum()))
