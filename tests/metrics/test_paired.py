"""Differences of scores at the same noises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import ttest_1samp

from samenoise.metrics import (
    distance_difference,
    mcnemar,
    mean_difference,
    median_difference,
    replicated_mean,
    share_difference,
)
from samenoise.metrics.locations import mean_interval

Array = np.ndarray


def two(n: int, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    return np.exp(common + rng.normal(size=n)), np.exp(common + rng.normal(size=n) - 0.3)


@pytest.mark.parametrize("shift", [0, 0.2, 1.0, 9])
def test_mcnemar_is_that_of_statsmodels(shift: float) -> None:
    from statsmodels.stats.contingency_tables import mcnemar as other

    a, b = two(80)
    a, b = a > 1, b > 1 + shift
    table = [[np.sum(a & b), np.sum(a & ~b)], [np.sum(~a & b), np.sum(~a & ~b)]]
    found = mcnemar(a, b)
    assert found.p_value == pytest.approx(other(table, exact=True).pvalue)
    assert (found.only_a, found.only_b) == (table[0][1], table[1][0])
    assert mcnemar(a, a) == (0, 0, 1)


def test_a_difference_of_shares_is_that_of_bonett_and_price() -> None:
    a, b = (values > 1 for values in two(120))
    found = share_difference(a, b).score
    p, q = (np.sum(a & ~b) + 1) / 122, (np.sum(b & ~a) + 1) / 122
    half = ndtri(0.975) * math.sqrt((p + q - (p - q) ** 2) / 122)
    assert found.value == pytest.approx(a.mean() - b.mean())
    assert found.ci95 == pytest.approx((p - q - half, p - q + half))
    assert share_difference(b, a).score.ci95 == pytest.approx((-found.ci95[1], -found.ci95[0]))
    low, high = share_difference(a, a).score.ci95
    assert low == -high < 0  # that no noise tells two models apart does not say that none would


@pytest.mark.parametrize("difference", [mean_difference, distance_difference, median_difference])
def test_what_is_hard_for_both_does_not_count(difference) -> None:
    a, b = two(300)
    paired = difference(a, b).score
    shuffled = difference(a, np.random.default_rng(1).permutation(b)).score
    assert shuffled.value == pytest.approx(paired.value)
    assert paired.ci95[1] - paired.ci95[0] < 0.9 * (shuffled.ci95[1] - shuffled.ci95[0])
    assert difference(a, a).score[:2] == (0, (0, 0))
    turned = difference(b, a).score
    np.testing.assert_allclose([turned.value, *turned.ci95], [-paired.value, -paired.ci95[1], -paired.ci95[0]])


def test_a_difference_of_means_reaches_as_far_as_either_interval_of_them() -> None:
    """Student's, which skewness of one side shortens, and that without skewness, which heavy tails of both do."""
    farther = set()
    for seed in range(8):
        a, b = two(64, seed)
        found = mean_difference(a, b).score.ci95
        student, without = ttest_1samp(a - b, 0).confidence_interval(), mean_interval(a - b)
        assert found == pytest.approx((min(student.low, without[0]), max(student.high, without[1])))
        farther |= {(student.low < without[0], student.high > without[1])}
    assert len(farther) > 1, "now the one, now the other"
    assert mean_difference([1.5], [1.0]).score.ci95 == (0.5, 0.5), "of one noise nothing is known"


def test_a_difference_of_distances_is_of_roots() -> None:
    """Its standard error, by the jackknife."""
    a, b = two(400)
    found = distance_difference(a, b).score
    assert found.value == pytest.approx(math.sqrt(a.mean()) - math.sqrt(b.mean()))
    without = [np.sqrt((x.sum() - x) / 399) for x in (a, b)]
    error = math.sqrt(399**2 / 400 * (without[0] - without[1]).var())
    assert found.ci95[1] - found.ci95[0] == pytest.approx(2 * 1.966 * error, rel=0.05)


def test_replicates_of_a_shared_model_are_shared() -> None:
    """x, y and x, z: what x brings to both falls out; what y and z bring does not."""
    rng = np.random.default_rng(0)
    x, y, z = (rng.normal(size=shape) for shape in ((4, 1, 1), (1, 3, 1), (1, 2, 1)))
    left, right = rng.normal(size=(4, 3, 50)) * 0.01 + 9 * x + y, rng.normal(size=(4, 2, 50)) * 0.01 + 9 * x + z
    found = mean_difference(left[:, :, None], right[:, None])
    assert found.replicates == (4, 3, 2)
    assert found.score.value == pytest.approx(left.mean() - right.mean())
    full = left[:, :, None] - right[:, None]
    assert found.score.ci95 == pytest.approx(replicated_mean(full).score.ci95)
    without_x = mean_difference(left[:, :, None] - 9 * x[:, :, None], right[:, None] - 9 * x[:, :, None])
    assert found.score.ci95 == pytest.approx(without_x.score.ci95)


def test_a_difference_of_shares_lies_within_one() -> None:
    flags = np.zeros((2, 60))
    flags[0] = 1
    assert share_difference(flags, np.zeros((1, 60))).score.ci95 == (-1, 1)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(3,\) and \(4,\)"):
        mean_difference(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match="same noises"):
        share_difference(np.ones((2, 3)), np.ones(3))
