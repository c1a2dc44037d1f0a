"""N50 and how it grows with the width, under transitions of several shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
from scipy.special import logit

from benchmarks.coverage_case import Case, Ends
from samenoise.metrics import fit_transition, n50_per_doubling

Array = np.ndarray

LOG2_N = np.arange(3, 13)
RESAMPLES = 500

Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]


def _lapse(rng: np.random.Generator, shape: tuple[int, ...], share: float) -> Array:
    return np.where(rng.random(shape) < share, -np.inf, rng.logistic(size=shape) / 1.5)


TRUTHS: dict[str, tuple[Draw, float]] = {
    "logistic, 0.8 a doubling": (lambda rng, shape: rng.logistic(size=shape) / 0.8, 0.0),
    "logistic, 1.5 a doubling": (lambda rng, shape: rng.logistic(size=shape) / 1.5, 0.0),
    "logistic, 3 a doubling": (lambda rng, shape: rng.logistic(size=shape) / 3, 0.0),
    "complementary log-log, 1 a doubling": (lambda rng, shape: rng.gumbel(size=shape), -np.log(np.log(2))),
    "complementary log-log, 2 a doubling": (lambda rng, shape: rng.gumbel(size=shape) / 2, -np.log(np.log(2)) / 2),
    "log-log, 2 a doubling": (lambda rng, shape: -rng.gumbel(size=shape) / 2, np.log(np.log(2)) / 2),
    "a tenth never copy": (lambda rng, shape: _lapse(rng, shape, 0.1), -logit(0.5 / 0.9) / 1.5),
}
"""By how much later than the middle a noise is memorized up to, in doublings of N, and its median."""


def cases() -> Iterator[Case]:
    for n, (truth, (draw, median)) in product((64, 256, 1024), TRUTHS.items()):
        for more, rows in (("", 1), (", noises apart at every N", len(LOG2_N))):
            yield Case("one-level", "N50", truth + more, n, _n50, (draw, median, (rows, n)), 0.15)
    for n, truth in product((64, 512), ("logistic, 1.5 a doubling", "complementary log-log, 2 a doubling")):
        yield Case("one-level", "n50_per_doubling", truth, n, _growth, (TRUTHS[truth][0], n), 0.1)


def _n50(rng: np.random.Generator, draw: Draw, median: float, shape: tuple[int, int]) -> Ends:
    """In doublings of N."""
    middle = rng.uniform(6, 9)
    flags = np.broadcast_to(LOG2_N[:, None] < middle + draw(rng, shape), (len(LOG2_N), shape[1]))
    low, high = np.log2(fit_transition(2.0**LOG2_N, flags, count=RESAMPLES).ci95)
    return low, high, middle + median


def _growth(rng: np.random.Generator, draw: Draw, n: int) -> Ends:
    """In doublings of N per doubling of the width; three widths at the same noises."""
    first, by = rng.uniform(5, 7), rng.uniform(0.5, 1.5)
    flags = np.stack([LOG2_N[:, None] < first + by * k + draw(rng, (1, n)) for k in range(3)])
    low, high = np.log2(n50_per_doubling([64, 128, 256], 2.0**LOG2_N, flags, count=RESAMPLES).ci95)
    return low, high, by
