"""Intervals, curves and calibrated thresholds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from samenoise.metrics import THRESHOLDS, Score, bootstrap, calibrated_threshold, mid_p, threshold_curve
from samenoise.metrics.statistics import BLOCK, KEPT, proportion, resamples

similarities = st.lists(st.integers(-8, 8).map(lambda i: i / 8), min_size=1, max_size=30)  # ties, and exact ones


def test_the_complement_mirrors() -> None:
    assert Score(0.25, (0.125, 0.5), 8).complement == Score(0.75, (0.5, 0.875), 8)


def test_fewer_effective_trials_widen_the_interval_alone() -> None:
    plain, effective = proportion(30, 100), proportion(30, 100, effective=20)
    assert plain[::2] == effective[::2]
    assert effective.ci95 == tuple(map(float, mid_p(6, 20)))


def test_resamples_are_fixed_uniform_and_their_own() -> None:
    drawn = np.stack(list(resamples(10, 4000)))
    assert drawn[0].tolist() == np.stack(list(resamples(10, 1)))[0].tolist() == [8, 7, 6, 4, 7, 2, 8, 5, 5, 9]
    assert drawn.min() == 0
    assert drawn.max() == 9
    counts = np.bincount(drawn.ravel(), minlength=10)
    assert np.abs(counts / 4000 - 1).max() < 0.07  # 4 standard errors
    assert not np.array_equal(drawn, np.stack(list(resamples(10, 4000, seed=1))))


def test_bootstrap_takes_rows_whole_and_any_statistic() -> None:
    x = np.random.default_rng(0).normal(size=(200, 1))
    values = np.concatenate([x, -x], axis=1)
    low, high = bootstrap(values, lambda v: v.mean(0), count=500)
    assert low.shape == high.shape == (2,)
    np.testing.assert_allclose(low[0], -high[1])
    assert bootstrap(values, lambda v: v.sum(1).max(), count=20) == (0, 0)
    with pytest.raises(ValueError, match="no samples"):
        bootstrap(values[:0], np.mean)


@pytest.mark.parametrize("n", [7, KEPT + 1])
@pytest.mark.parametrize("count", [1, BLOCK, BLOCK + 1, 3 * BLOCK - 1])
def test_draws_are_those_of_the_recipe_whatever_the_block(n: int, count: int) -> None:
    """One generator for each draw: key [seed, 1], counter [0, 0, r, 0]."""
    words = [np.random.Philox(key=[5, 1], counter=[0, 0, r, 0]).random_raw(n) for r in range(count)]
    expected = [np.floor((w >> np.uint64(11)) * 2.0**-53 * n) for w in words]
    np.testing.assert_array_equal(np.stack(list(resamples(n, count, 5))), expected)


@pytest.mark.parametrize("statistic", [np.median, np.mean])
def test_many_resamples_at_once_give_the_bits_of_one_by_one(statistic: Callable[..., Any]) -> None:
    values = np.random.default_rng(0).normal(size=333)
    one_by_one = bootstrap(values, lambda v: statistic(v), count=600, seed=2)
    assert bootstrap(values, statistic, count=600, seed=2, vectorized=True) == one_by_one


@settings(deadline=None)
@given(values=similarities)
def test_a_curve_is_the_share_above_each_threshold(values: list[float]) -> None:
    curve = threshold_curve(torch.tensor(values))
    expected = [np.mean(np.array(values) > t) for t in THRESHOLDS.tolist()]
    np.testing.assert_array_equal(curve, expected)
    assert THRESHOLDS[60].item() == pytest.approx(0.6)
    assert len(THRESHOLDS) == 101


@settings(deadline=None)
@given(values=similarities, rate=st.sampled_from([0.0, 0.01, 0.07, 0.1, 0.29, 0.5, 0.99]))
def test_the_calibrated_threshold_is_the_smallest_that_keeps_the_rate(values: list[float], rate: float) -> None:
    null = torch.tensor(values)
    threshold = calibrated_threshold(null, rate)
    assert (null > threshold).double().mean() <= rate
    assert (null > np.nextafter(np.float32(threshold), np.float32(-2))).double().mean() > rate


def test_the_calibrated_threshold_counts_whole_images() -> None:
    null = torch.arange(100.0) / 128
    assert calibrated_threshold(null, 0.29) == 70 / 128  # 0.29 * 100 is 28.999... in floating point
    assert calibrated_threshold(torch.ones(10)) == 1  # then nothing passes
    with pytest.raises(ValueError, match="no similarities"):
        calibrated_threshold(torch.empty(0))
    with pytest.raises(ValueError, match="rate"):
        calibrated_threshold(null, 1.0)
