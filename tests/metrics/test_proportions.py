"""Intervals of a share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from samenoise.metrics import mid_p, wilson


def test_wilson_solves_its_equation_and_keeps_to_the_ends() -> None:
    k = np.arange(21)
    for p in wilson(k, 20):
        inside = p[1:-1]
        np.testing.assert_allclose((k[1:-1] / 20 - inside) ** 2, 1.959964**2 * inside * (1 - inside) / 20, rtol=1e-6)
    low, high = wilson([0, 20], 20)
    assert low[0] == 0
    assert high[1] == 1
    assert high[0] == pytest.approx(1 - low[1])
    assert 0 < high[0] < 0.2
    with pytest.raises(ValueError, match="k = 3"):
        wilson(3, 2)
    with pytest.raises(ValueError, match="n > 0"):
        wilson(0, 0)


@settings(max_examples=200, deadline=None)
@given(n=st.integers(1, 3000), part=st.floats(0, 1), level=st.sampled_from([0.5, 0.95, 0.9999]))
def test_mid_p_halves_the_chance_of_the_count_itself(n: int, part: float, level: float) -> None:
    """By sums of binomial chances, another way to the incomplete beta function."""
    k = round(part * n)
    low, high = map(float, mid_p(k, n, level))
    assert 0 <= low <= k / n <= high <= 1
    for end, tail, outside in ((low, (1 - level) / 2, k == 0), (high, (1 + level) / 2, k == n)):
        if outside:
            assert end == (k > 0)
        else:
            assert binom.sf(k, n, end) + binom.pmf(k, n, end) / 2 == pytest.approx(tail, rel=1e-7)


def test_mid_p_mirrors_and_takes_counts_that_are_not_whole() -> None:
    low, high = mid_p([3, 3.5, 4], 10)
    mirrored = mid_p([7, 6.5, 6], 10)
    np.testing.assert_allclose(1 - mirrored[1], low, rtol=1e-12)
    np.testing.assert_allclose(1 - mirrored[0], high, rtol=1e-12)
    assert np.all(np.diff(low) > 0.02)
    assert np.all(np.diff(high) > 0.02)
    near = mid_p([1e-9, 10 - 1e-9], 10)
    np.testing.assert_allclose(near, mid_p([0, 10], 10), atol=1e-7)
    with pytest.raises(ValueError, match="k = 3"):
        mid_p(3, 2)


@pytest.mark.parametrize("n", [64, 512])
def test_mid_p_covers_on_average_over_any_neighbourhood(n: int) -> None:
    """And Wilson's does not, where less than one image is expected to pass."""
    k = np.arange(n + 1)
    odds = np.exp(np.arange(np.log(0.1 / n), 0, 0.02))
    p = odds / (1 + odds)
    coverage = []
    for interval in (mid_p, wilson):
        low, high = interval(k, n)
        held = (low <= p[:, None]) & (p[:, None] <= high)
        coverage.append((binom.pmf(k, n, p[:, None]) * held).sum(1))
    mean = np.convolve(coverage[0], np.full(23, 1 / 23), mode="valid")
    assert mean.min() > 0.948
    assert mean[n * p[11:-11] > 5].max() < 0.958
    assert coverage[0].min() > 0.915
    assert coverage[1].min() < 0.85
