"""Differences at the same noises, intervals that hold together, and effects of factors on agreement."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations, product

import numpy as np
from scipy.special import expit, ndtri

from benchmarks.coverage_case import Case, Ends
from benchmarks.coverage_two_level import SPREADS, middle
from samenoise.metrics.factors import additive
from samenoise.metrics.paired import (
    distance_difference,
    mcnemar,
    mean_difference,
    median_difference,
    share_difference,
)
from samenoise.metrics.simultaneous import simultaneous_shares

Array = np.ndarray

EFFECTS = {
    "process": -0.1,
    "parameterisation": -0.2,
    "architecture": -0.1,
    "width": -0.05,
    "procedure": -0.3,
    "updates": -0.1,
}


def cases() -> Iterator[Case]:
    for n, (only_a, only_b) in product((64, 512), ((0.02, 0.02), (0.05, 0.01), (0.1, 0.1), (0.2, 0.05), (0.3, 0.3))):
        truth = f"a alone {only_a:g}, b alone {only_b:g}"
        yield Case("comparisons", "difference of shares", truth, n, _shares, (n, only_a, only_b), 2.0)
        if only_a == only_b:
            yield Case("comparisons", "McNemar's test, p > 0.05", truth, n, _mcnemar, (n, only_a), 2.0)
    for n in (64, 512):
        for tail in (0.5, 1.0):
            truth = f"log-normal, sigma {tail:g}"
            yield Case("comparisons", "difference of PFD", truth, n, _numbers, ("pfd", n, tail))
            yield Case("comparisons", "difference of means", truth, n, _numbers, ("mean", n, tail))
            yield Case("comparisons", "difference of nn_distance", truth, n, _numbers, ("median", n, tail), 0.05)
        truth = "log-normal, sigma 1, one side ten times the other"
        yield Case("comparisons", "difference of PFD", truth, n, _numbers, ("pfd", n, 1.0, 10.0))
        yield Case("comparisons", "difference of means", truth, n, _numbers, ("mean", n, 1.0, 10.0))
    for R, (size, spread) in product((2, 3, 5), SPREADS.items()):
        truth = f"R = {R}, {size} spread"
        yield Case("two-level", "difference of the shares of two models", truth, 512, _two_level, (R, spread))
        yield Case("two-level", "RP(x, y) - RP(x, z)", truth, 512, _shared, (R, spread), 0.25)
    for models, n in ((10, 64), (10, 512), (30, 512)):
        pairs = models * (models - 1) // 2
        for level in (0.05, 0.5, 0.9):
            truth = f"RP of {pairs} pairs around {level:g}"
            yield Case(
                "comparisons", "all at once", truth, n, _together, (models, n, level), 0.5 if models == 10 else 0.1
            )
    for models, pair in ((0.0, 0.05), (0.02, 0.05), (0.1, 0.05), (0.2, 0.02)):
        for factor in EFFECTS:
            truth = f"{factor}; models {models:g}, pairs {pair:g}"
            yield Case("effects", "effect on RP", truth, 435, _effect, (factor, models, pair), 0.25)


def _shares(rng: np.random.Generator, n: int, only_a: float, only_b: float) -> Ends:
    kind = rng.choice(3, n, p=[only_a, only_b, 1 - only_a - only_b])
    return (*share_difference(kind == 0, kind == 1).score.ci95, only_a - only_b)


def _mcnemar(rng: np.random.Generator, n: int, only: float) -> Ends:
    """Holds where the test does not reject."""
    kind = rng.choice(3, n, p=[only, only, 1 - 2 * only])
    return (0.0, 1.0, 0.5) if mcnemar(kind == 0, kind == 1).p_value > 0.05 else (0.0, 1.0, 2.0)


def _numbers(rng: np.random.Generator, kind: str, n: int, tail: float, times: float = 1.2) -> Ends:
    """Two log-normal numbers with half of their logs' variance in common; the one as many times the other."""
    common = rng.normal(size=n)
    a, b = (factor * np.exp(tail * np.sqrt(0.5) * (common + rng.normal(size=n))) for factor in (times, 1.0))
    if kind == "pfd":
        return (*distance_difference(a, b).score.ci95, (np.sqrt(times) - 1) * float(np.exp(tail**2 / 4)))
    if kind == "mean":
        return (*mean_difference(a, b).score.ci95, (times - 1) * float(np.exp(tail**2 / 2)))
    return (*median_difference(a, b).score.ci95, times - 1)


def _two_level(rng: np.random.Generator, replicates: int, spread: float, n: int = 512) -> Ends:
    """Shares .5 and .3; the noises decide for both."""
    noise, flags = rng.normal(size=n), []
    for share in (0.5, 0.3):
        passes = expit(middle(share, spread) + spread * rng.normal(size=(replicates, 1)))
        flags.append(np.sqrt(0.5) * (noise + rng.normal(size=(replicates, n))) < ndtri(passes))
    return (*share_difference(flags[0][:, None], flags[1][None]).score.ci95, 0.2)


def _shared(rng: np.random.Generator, replicates: int, spread: float, n: int = 512) -> Ends:
    R, normal = replicates, rng.normal
    x, x_noise, noise = normal(size=(R, 1)), normal(size=(R, 1, n)), normal(size=n)
    flags = []
    for share in (0.5, 0.3):
        passes = expit(middle(share, spread) + spread * np.sqrt(0.5) * (x + normal(size=R)))
        rest = x_noise + normal(size=(1, R, n)) + normal(size=(R, R, n))
        flags.append(np.sqrt(0.5) * noise + np.sqrt(1 / 6) * rest < ndtri(passes)[..., None])
    return (*share_difference(flags[0][:, :, None], flags[1][:, None]).score.ci95, 0.2)


def _together(rng: np.random.Generator, models: int, n: int, level: float) -> list[Ends]:
    """All pairs of models, each with its own share."""
    i, j = np.triu_indices(models, 1)
    true = expit(np.log(level / (1 - level)) + 0.5 * np.linspace(-1, 1, len(i)))
    of_model = rng.normal(size=(models, n))
    decides = np.sqrt(0.5) * rng.normal(size=n) + np.sqrt(1 / 6) * (
        of_model[i] + of_model[j] + rng.normal(size=(len(i), n))
    )
    found = simultaneous_shares(decides < ndtri(true)[:, None])
    return [(*score.ci95, each) for score, each in zip(found, true, strict=True)]


@cache
def _matrix() -> tuple[list[str], list[tuple[str, str]], list[list[str]]]:
    """The models of the preset `digits-matrix`, their pairs, and what these differ in."""
    from samenoise.experiments.matrix.measure import differs
    from samenoise.lab.presets import load

    models = load("digits-matrix").common.models
    pairs = list(combinations(models, 2))
    return list(models), pairs, [differs(models[a], models[b]) for a, b in pairs]


def _effect(rng: np.random.Generator, factor: str, of_models: float, of_pairs: float) -> Ends:
    models, pairs, differs = _matrix()
    u = dict(zip(models, of_models * rng.normal(size=len(models)), strict=True))
    scores = [
        0.5 + sum(EFFECTS.get(each, 0.0) for each in some) + u[a] + u[b]
        for (a, b), some in zip(pairs, differs, strict=True)
    ]
    scores += of_pairs * rng.normal(size=len(pairs))
    return (*additive(scores, pairs, differs, list(EFFECTS)).effects[factor].ci95, EFFECTS[factor])
