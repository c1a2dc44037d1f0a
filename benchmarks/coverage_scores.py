"""Ranks, distances of distributions, leftover noise, excess of copies, and N50 with floors and replicates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import torch
from scipy.special import expit

from benchmarks.coverage_case import Case, Ends
from benchmarks.coverage_n50 import LOG2_N, RESAMPLES, TRUTHS
from samenoise.metrics import (
    KID,
    RBF,
    Score,
    fit_transition,
    leftover,
    memorized_excess,
    mmd,
    mmd_gap,
    n50_per_doubling,
    rp_ranks,
    variation,
)
from samenoise.metrics.kernel_distance import Kernel
from samenoise.metrics.statistics import proportion

Array = np.ndarray
Pair = Callable[[np.random.Generator, int], tuple[Array, Array]]


def cases() -> Iterator[Case]:
    for n, truth in product((64, 256), PAIRS):
        for kind in ("rp_auc", "rp_top1"):
            yield Case("scores", kind, truth, n, _ranked, (kind, truth, n), 0.5)
    for n, (truth, shift), (name, kernel) in product((64, 256), SHIFTS.items(), KERNELS.items()):
        yield Case("scores", f"mmd, {name}", truth, n, _distance, (shift, kernel, n), 0.25)
        if shift:
            yield Case("scores", f"mmd_gap, {name}", truth, n, _gap, (shift, kernel, n), 0.25)
    for n, truth in product((64, 512), LEFT):
        yield Case("scores", "leftover", truth, n, _left, (truth, n), 0.5)
    for n, f, excess in product((64, 512), (0.01, 0.05, 0.4, 0.9), (0.0, 0.05, 0.5, 0.95)):
        yield Case("scores", "memorized_excess", f"f {f:g}, excess {excess:g}", n, _excess, (f, excess, n, 150))
    for (truth, (draw, median)), images in product(TRUTHS.items(), (60, 300)):
        yield Case("scores", "n50, excess", f"{truth}, {images} held out", 256, _n50, (draw, median, 256, images), 0.15)
    for count, spread in product((2, 3, 5), (0.05, 0.2, 0.6)):
        truth = f"{count} trainings, N50 varies by {spread:g} doublings"
        yield Case("two-level", "n50", truth, 256, _trained, (count, spread, 256), 0.15)
        yield Case("two-level", "n50_per_doubling", truth, 256, _grown, (count, spread, 256), 0.1)


def _noisy(level: float) -> Pair:
    """Both sides are what they share, and noise of their own."""

    def draw(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        shared = rng.normal(size=(n, 16))
        return shared + level * rng.normal(size=shared.shape), shared + level * rng.normal(size=shared.shape)

    return draw


def _some(share: float) -> Pair:
    """A share of the noises gives the same picture, all others give any."""

    def draw(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        a, other = rng.normal(size=(2, n, 64))
        return a, np.where(rng.random((n, 1)) < share, a, other)

    return draw


def _copies(images: int, share: float) -> Pair:
    """Copies of a few images, of the same one for a share of the noises; no two alike in every number."""
    train = np.random.default_rng(0).normal(size=(images, 32))

    def draw(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        first = rng.integers(images, size=n)
        second = np.where(rng.random(n) < share, first, rng.integers(images, size=n))
        return tuple(train[which] + 0.05 * rng.normal(size=(n, 32)) for which in (first, second))  # type: ignore[return-value]

    return draw


def _hub(share: float) -> Pair:
    """A share of the pictures of one side is the mean of all, which many resemble."""

    def draw(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        a, b = (side + 1 for side in _noisy(0.5)(rng, n))
        return a, np.where(rng.random((n, 1)) < share, 1.0, b)

    return draw


PAIRS: dict[str, Pair] = {
    "independent": _some(0.0),
    "near: noise of 0.7": _noisy(0.7),
    "noise of 1.2": _noisy(1.2),
    "far: noise of 3": _noisy(3.0),
    "99 of 100 pictures the same": _some(0.99),
    "9 of 10 pictures the same": _some(0.9),
    "half of the pictures the same": _some(0.5),
    "copies of 8 images, 9 of 10 the same": _copies(8, 0.9),
    "copies of 64 images, 9 of 10 the same": _copies(64, 0.9),
    "a tenth of one side is the mean picture": _hub(0.1),
}


@cache
def _true_ranks(truth: str, n: int) -> tuple[float, float]:
    """Means over many draws: the AUC does not depend on n, top-1 does."""
    rng = np.random.default_rng(1)
    found = [_ranks(truth, rng, n) for _ in range(200_000 // n)]
    return float(np.mean([r.auc.value for r in found])), float(np.mean([r.top1.value for r in found]))


def _ranks(truth: str, rng: np.random.Generator, n: int) -> Any:
    a, b = PAIRS[truth](rng, n)
    return rp_ranks(torch.from_numpy(a), torch.from_numpy(b))


def _ranked(rng: np.random.Generator, kind: str, truth: str, n: int) -> Ends:
    ranks, true = _ranks(truth, rng, n), _true_ranks(truth, n)
    score: Score = ranks.auc if kind == "rp_auc" else ranks.top1
    return (*score.ci95, true[kind == "rp_top1"])


DIMENSIONS = 16
SHIFTS = {"both one": 0.0, "a shift of 0.1": 0.1, "a shift of 0.3": 0.3, "a shift of 1": 1.0}
"""Of standard deviations, in every one of 16 numbers."""
KERNELS: dict[str, Kernel] = {"RBF": RBF(3.0), "KID": KID}


@cache
def _true_distance(shift: float, kernel: Kernel) -> float:
    """Of N(0, 1) and N(shift, 1) in every number, in closed form."""
    d = DIMENSIONS
    if isinstance(kernel, RBF):
        b = kernel.bandwidth**2
        return float(2 * (1 + 2 / b) ** (-d / 2) * (1 - np.exp(-(shift**2) * d / (2 * (b + 2)))))

    # E (1 + x . y / d)^3 by the moments of x . y: its mean is m . m', its variance d + |m|^2 + |m'|^2.
    def mean(first: float, second: float) -> float:
        m, p, q = first * second * d, first**2 * d, second**2 * d
        square = m**2 + d + p + q
        cube = m**3 + 3 * m * (d + p + q) + 6 * m
        return 1 + 3 * m / d + 3 * square / d**2 + cube / d**3

    return mean(shift, shift) + mean(0, 0) - 2 * mean(shift, 0)


def _rows(rng: np.random.Generator, n: int, shift: float) -> torch.Tensor:
    return torch.from_numpy(rng.normal(size=(n, DIMENSIONS)) + shift)


def _distance(rng: np.random.Generator, shift: float, kernel: Kernel, n: int) -> Ends:
    return (*mmd(_rows(rng, n, shift), _rows(rng, 150, 0), kernel).ci95, _true_distance(shift, kernel))


def _gap(rng: np.random.Generator, shift: float, kernel: Kernel, n: int) -> Ends:
    """Of pictures half as far, from the same noises."""
    far, true = _rows(rng, n, shift), _true_distance(shift / 2, kernel) - _true_distance(shift, kernel)
    return (*mmd_gap(far - shift / 2, far, _rows(rng, 150, 0), kernel).ci95, true)


LEFT = ("0.05 in independent pictures", "0.05 in pictures that follow their noise", "0.05 in pictures with heavy tails")


def _left(rng: np.random.Generator, truth: str, n: int) -> Ends:
    scale = np.linspace(0.02, 1, 32)
    real = variation(torch.from_numpy(rng.normal(size=(2000, 32)) * scale))
    z, own = rng.normal(size=(2, n, 32))
    pictures, true = scale * own, 0.05
    if "follow" in truth:
        pictures, true = scale * z, 0.05 + float(np.mean(scale[:2]))
    if "heavy" in truth:
        pictures = pictures * np.exp(rng.normal(size=(n, 1)))
    return (*leftover(torch.from_numpy(pictures + 0.05 * z), torch.from_numpy(z), real).score.ci95, true)


def _excess(rng: np.random.Generator, f: float, excess: float, n: int, images: int) -> Ends:
    m = proportion(int(rng.binomial(n, f + (1 - f) * excess)), n)
    return (*memorized_excess(m, proportion(int(rng.binomial(images, f)), images)).ci95, excess)


def _n50(rng: np.random.Generator, draw: Any, median: float, n: int, images: int) -> Ends:
    """In doublings of N; up to half of the real images pass, more of them in larger training sets."""
    middle, floor = rng.uniform(6, 9), 0.5 * expit(LOG2_N - 8.0)[:, None]
    flags = (LOG2_N[:, None] < middle + draw(rng, (1, n))) | (rng.random(n) < floor)
    fit = fit_transition(2.0**LOG2_N, flags, held_out=rng.random(images) < floor, count=RESAMPLES)
    low, high = np.log2(fit.ci95)
    return low, high, middle + median


def _flags(rng: np.random.Generator, middle: float, count: int, spread: float, u: Array) -> Array:
    """A training moves all noises, and each of them."""
    own = spread * rng.normal(size=(count, 1, 1)) + 0.3 * rng.normal(size=(count, 1, len(u)))
    return LOG2_N[:, None] < middle + u + own


def _trained(rng: np.random.Generator, count: int, spread: float, n: int) -> Ends:
    middle = rng.uniform(6, 9)
    flags = _flags(rng, middle, count, spread, rng.logistic(size=n) / 1.5)
    with np.errstate(divide="ignore"):
        low, high = np.log2(fit_transition(2.0**LOG2_N, flags, count=RESAMPLES).ci95)
    return low, high, middle


def _grown(rng: np.random.Generator, count: int, spread: float, n: int) -> Ends:
    first, by, u = rng.uniform(5, 7), rng.uniform(0.5, 1.5), rng.logistic(size=n) / 1.5
    flags = np.stack([_flags(rng, first + by * k, count, spread, u) for k in range(2)])
    with np.errstate(divide="ignore"):
        low, high = np.log2(n50_per_doubling([64, 128], 2.0**LOG2_N, flags, count=RESAMPLES).ci95)
    return low, high, by
