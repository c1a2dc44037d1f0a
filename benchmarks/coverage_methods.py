"""Two-level intervals of a share by other ways, beside the one that is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
from scipy.special import digamma, expit, logit, polygamma
from scipy.stats import t as student

from benchmarks.coverage_case import Case, Ends
from benchmarks.coverage_two_level import NOISES, SPREADS, pair, single
from samenoise.metrics.replicates import _crossed, replicated_share

Array = np.ndarray

ROWS = 24
"""Of a sweep over which variances are moderated: a third of them of either spread."""


def printed(flags: Array) -> tuple[float, float]:
    return replicated_share(flags).score.ci95


def percentile(flags: Array, count: int = 400) -> tuple[float, float]:
    """Trainings and noises drawn with replacement."""
    rng, R, n = np.random.default_rng(0), len(flags), flags.shape[-1]
    noises = rng.multinomial(n, np.full(n, 1 / n), count) / n
    by_cell = flags.reshape(-1, n).astype(float) @ noises.T
    if flags.ndim == 2:
        drawn = (rng.multinomial(R, np.full(R, 1 / R), count).T / R * by_cell).sum(0)
    else:
        rows, columns = (rng.multinomial(R, np.full(R, 1 / R), count) / R for _ in range(2))
        drawn = np.einsum("ijb,bi,bj->b", by_cell.reshape(R, R, count), rows, columns)
    return tuple(np.quantile(drawn, [0.025, 0.975]))


def over_trainings(flags: Array) -> tuple[float, float]:
    """Student's interval of the R means (of a pair by the diagonal), noises taken as given."""
    each = flags.mean(-1) if flags.ndim == 2 else np.diagonal(flags.mean(-1))
    half = student.ppf(0.975, len(each) - 1) * each.std(ddof=1) / np.sqrt(len(each))
    return each.mean() - half, each.mean() + half


def components(flags: Array, odds: bool = False) -> tuple[float, float]:
    """Unbiased components of variance, that between trainings not below 0, with Satterthwaite's degrees of freedom; on
    the scale of the share, or of its log odds."""
    cells = flags.reshape(-1, flags.shape[-1]).astype(float)
    n, value = cells.shape[1], cells.mean()
    by_noise = cells.mean(0)
    noises = by_noise.var(ddof=1) / n
    trainings, degrees = _crossed(flags.mean(-1))
    rest = cells - cells.mean(1, keepdims=True) - by_noise + value
    both = (rest**2).sum() / (n - 1) / (len(cells) - 1) / cells.size
    variance = noises + max(trainings - both, 0.0)
    known = noises**2 / (n - 1) + (trainings**2 / degrees if trainings > both else 0)
    half = student.ppf(0.975, max(variance**2 / known, 1) if known else n - 1) * np.sqrt(variance)
    if not odds or not 0 < value < 1:
        return value - half, value + half
    half /= value * (1 - value)
    return expit(logit(value) - half), expit(logit(value) + half)


def moderated(rng: np.random.Generator, replicates: int, share: float, spread: float) -> Ends:
    """The variance between trainings shrunk to that of the other rows of a sweep (Smyth 2004)."""
    others = [
        single(rng, replicates, p, s) for p, s in zip(rng.choice([0.05, 0.2, 0.5, 0.9], ROWS), _spreads(), strict=True)
    ]
    flags = [single(rng, replicates, share, spread), *others]
    variances = np.maximum([each.mean(1).var(ddof=1) / _slope(each.mean()) ** 2 for each in flags], 1e-5)
    degrees = replicates - 1
    logs = np.log(variances) - digamma(degrees / 2) + np.log(degrees / 2)
    more = logs.var(ddof=1) - polygamma(1, degrees / 2)
    prior = 2 * _trigamma_inverse(more) if more > 0 else 1e3
    usual = np.exp(logs.mean() + digamma(prior / 2) - np.log(prior / 2))
    trainings = (prior * usual + degrees * variances[0]) / (prior + degrees) / replicates
    value = float(np.clip(flags[0].mean(), 1e-4, 1 - 1e-4))
    noises = flags[0].mean(0).var(ddof=1) / NOISES / _slope(value) ** 2
    variance = noises + trainings
    half = student.ppf(0.975, (prior + degrees) * (variance / trainings) ** 2) * np.sqrt(variance)
    return expit(logit(value) - half), expit(logit(value) + half), share


def _spreads() -> Array:
    return np.resize(list(SPREADS.values()), ROWS)


def _slope(share: float) -> float:
    return max(share * (1 - share), 1e-4)


def _trigamma_inverse(x: float) -> float:
    y = 0.5 + 1 / x
    for _ in range(50):
        y += polygamma(1, y) * (1 - polygamma(1, y) / x) / polygamma(2, y)
    return float(y)


METHODS: dict[str, Callable[[Array], tuple[float, float]]] = {
    "printed": printed,
    "percentile bootstrap": percentile,
    "Student, over trainings alone": over_trainings,
    "components, Satterthwaite": components,
    "the same, log odds": lambda flags: components(flags, odds=True),
}


def cases() -> Iterator[Case]:
    for kind, draw in (("a model", single), ("a pair", pair)):
        for R, share, (size, spread) in product((2, 3, 5), (0.2, 0.9), SPREADS.items()):
            truth = f"{kind}, share {share:g}, R = {R}, {size} spread"
            for name, method in METHODS.items():
                part = 0.1 if name == "percentile bootstrap" else 0.5
                yield Case("methods", name, truth, NOISES, _by, (method, draw, R, share, spread), part)
            if kind == "a model" and R == 3:
                yield Case("methods", "moderated over 24 rows", truth, NOISES, moderated, (R, share, spread), 0.25)


def _by(
    rng: np.random.Generator,
    method: Callable[[Array], tuple[float, float]],
    draw: Callable[..., Array],
    replicates: int,
    share: float,
    spread: float,
) -> Ends:
    low, high = method(draw(rng, replicates, share, spread))
    return max(float(low), 0.0), min(float(high), 1.0), share
