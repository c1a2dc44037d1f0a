"""Intervals of a mean and of a median."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, t

from samenoise.metrics.locations import mean_interval, median_interval

Array = np.ndarray

values = st.integers(0, 10**6).map(lambda seed: np.random.default_rng(seed).gamma(0.5 + seed % 3, size=5 + seed % 60))


def test_without_skewness_it_is_students() -> None:
    x = np.array([-3.0, -1, 0, 1, 3]) + 7
    half = t.ppf(0.975, 4) * x.std(ddof=1) / np.sqrt(5)
    np.testing.assert_allclose(mean_interval(x), [7 - half, 7 + half])


@settings(max_examples=60, deadline=None)
@given(x=values, level=st.sampled_from([0.5, 0.95, 0.999]))
def test_the_ends_solve_halls_equation(x: Array, level: float) -> None:
    """With the standard deviation over n: Student's quantile over sqrt(n - 1)."""
    m, s, n = x.mean(), x.std(), len(x)
    g = ((x - m) ** 3).mean() / s**3
    for end, sign in zip(mean_interval(x, level), (1, -1), strict=True):
        w = (m - end) / s
        at = w + g * w**2 / 3 + g**2 * w**3 / 27 + g / (6 * n)
        assert at == pytest.approx(sign * t.ppf(0.5 + level / 2, n - 1) / np.sqrt(n - 1), rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(x=values)
def test_a_mean_moves_with_its_values(x: Array) -> None:
    low, high = mean_interval(x)
    assert low < x.mean() < high
    np.testing.assert_allclose(mean_interval(3 * x + 2), [3 * low + 2, 3 * high + 2])
    np.testing.assert_allclose(mean_interval(-x), [-high, -low])
    skewed = ((x - x.mean()) ** 3).mean() > 0
    assert (high - x.mean() > x.mean() - low) == skewed  # the longer arm is on the side of the longer tail


def test_nothing_varies() -> None:
    assert mean_interval(np.full(9, 0.1)) == (pytest.approx(0.1), pytest.approx(0.1))
    assert mean_interval(np.array([3.0])) == (3, 3)
    assert median_interval(np.array([3.0])) == (3, 3)


def test_a_skewed_mean_is_covered() -> None:
    """Where Student's interval holds it in 93 of 100 cases."""
    rng, hits = np.random.default_rng(0), np.zeros(2)
    for _ in range(1500):
        x = rng.chisquare(1, 64)
        half = t.ppf(0.975, 63) * x.std(ddof=1) / 8
        for k, (low, high) in enumerate((mean_interval(x), (x.mean() - half, x.mean() + half))):
            hits[k] += low <= 1 <= high
    assert 0.936 < hits[0] / 1500 < 0.965
    assert hits[1] / 1500 < hits[0] / 1500 - 0.008


@pytest.mark.parametrize("n", [9, 64, 65, 513])
def test_a_median_lies_between_the_two_order_statistics_beside_the_level(n: int) -> None:
    """The values are their own ranks, so that the ends can be read."""
    low, high = median_interval(np.arange(n, dtype=float))
    assert low + high == pytest.approx(n - 1)
    outer, inner = int(np.floor(low)), int(np.floor(low)) + 1
    levels = [1 - 2 * binom.cdf(k, n, 0.5) for k in (outer, inner)]
    assert levels[0] >= 0.95 >= levels[1]


def test_few_values_leave_their_range() -> None:
    assert median_interval(np.array([5.0, 1, 2])) == (1, 5)


def test_a_median_is_covered_at_odd_and_even_n() -> None:
    rng = np.random.default_rng(0)
    for n in (64, 65):
        held = [low <= 1 <= high for low, high in (median_interval(rng.lognormal(size=n)) for _ in range(1500))]
        assert 0.935 < np.mean(held) < 0.965
