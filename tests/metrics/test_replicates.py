"""Intervals over noises and trainings."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import t

from samenoise.metrics import (
    Score,
    fit_transition,
    pfd,
    replicated_mean,
    replicated_median,
    replicated_pfd,
    replicated_share,
    two_level,
)
from samenoise.metrics.locations import median_interval
from samenoise.metrics.proportions import mid_p
from samenoise.metrics.statistics import proportion

Array = np.ndarray


def drawn(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


def test_one_replicate_is_todays_interval_bit_for_bit() -> None:
    x = drawn(1, 97)
    flags = x > 0.6
    found = replicated_share(flags)
    assert found.score == proportion(int(flags.sum()), 97)
    assert found.noises_ci95 == found.score.ci95
    assert found.replicates == (1,)
    assert math.isnan(found.spread)
    assert replicated_share(flags[None]).score == found.score  # of a pair
    a = torch.from_numpy(drawn(97, 3))
    assert replicated_pfd((a**2).sum(1)[None]).score == pfd(a, torch.zeros(97, 3, dtype=torch.float64))
    assert replicated_median(np.exp(x)).score.ci95 == pytest.approx(median_interval(np.exp(x[0])))


@pytest.mark.parametrize("kind", ["alike", "in part", "making up for one another"])
def test_trainings_count_for_as_many_noises_as_their_mean_varies_like(kind: str) -> None:
    """From those of one to those of all, and no more: flags that make up for one another say nothing of noises."""
    flags = drawn(2, 97) > 0.6
    if kind == "alike":
        flags[1] = flags[0]
    if kind == "making up for one another":
        flags[1] = ~flags[0]
        flags[:, 0] = True
    p, means = flags.mean(), [(float(first) + float(second)) / 2 for first, second in flags.T]
    effective = p * (1 - p) * 97**2 / sum((each - p) ** 2 for each in means)
    between = {"alike": effective == pytest.approx(97), "in part": 100 < effective < 190}
    assert between.get(kind, effective > 200), effective
    found = replicated_share(flags)
    assert found.score.value == pytest.approx(p)
    expected = mid_p(p * min(effective, 194), min(effective, 194))
    assert found.noises_ci95 == pytest.approx(tuple(map(float, expected)))


def test_replicates_that_agree_add_nothing() -> None:
    flags = np.repeat(drawn(1, 97) > 0.6, 3, axis=0)
    found = replicated_share(flags)
    assert found.score.ci95 == pytest.approx(proportion(int(flags[0].sum()), 97).ci95)
    assert found.spread == 0
    nothing = replicated_share(np.zeros((3, 64)))
    assert nothing.score == proportion(0, 64)


@pytest.mark.parametrize("of", [replicated_share, replicated_pfd, replicated_mean, replicated_median])
@pytest.mark.parametrize("shape", [(3, 200), (3, 2, 200), (1, 4, 200), (2, 1, 3, 200)])
def test_it_is_never_narrower_than_over_noises_and_sees_no_order(of, shape) -> None:
    offsets = drawn(*shape[:-1], 1, seed=1)
    values = np.exp(drawn(*shape) + offsets) if of is not replicated_share else drawn(*shape) + offsets > 0.5
    found = of(values)
    (low, high), noises = found.score.ci95, found.noises_ci95
    assert low < noises[0] < found.score.value < noises[1] < high
    assert found.replicates == shape[:-1]
    again = of(values[::-1][..., ::-1])
    np.testing.assert_allclose(again.score.ci95, found.score.ci95)
    assert found.spread > 0


def test_where_trainings_decide_it_is_students() -> None:
    """Of two trainings 12.7, of three 4.30 standard errors of their mean."""
    for each in ([0.3, 0.5], [0.3, 0.5, 0.55]):
        exact = two_level(Score(float(np.mean(each)), (np.mean(each) - 1e-9, np.mean(each) + 1e-9), 64), each)
        half = t.ppf(0.975, len(each) - 1) * np.std(each, ddof=1) / math.sqrt(len(each))
        np.testing.assert_allclose(exact.score.ci95, np.mean(each) + half * np.array([-1, 1]), rtol=1e-5)


def test_the_variance_of_a_crossed_pair_is_that_of_its_components() -> None:
    """Components by the mean squares of statsmodels' analysis of variance: E[MS] = s_ab^2 + R s^2."""
    import pandas as pd
    import statsmodels.api as sm
    from statsmodels.formula.api import ols

    each = drawn(4, 3, seed=5) * 0.1 + drawn(4, 1, seed=6) + drawn(1, 3, seed=7)
    table = pd.DataFrame({"y": each.ravel(), "a": np.repeat(range(4), 3), "b": np.tile(range(3), 4)})
    squares = sm.stats.anova_lm(ols("y ~ C(a) + C(b)", table).fit())["mean_sq"].to_numpy()
    degrees = np.array([3, 2, 6])
    rest = squares[2]
    variance = (squares[0] - rest) / 3 / 4 + (squares[1] - rest) / 4 / 3 + rest / 12
    parts = np.array([squares[0] / 12, squares[1] / 12, -rest / 12])
    half = t.ppf(0.975, variance**2 / (parts**2 / degrees).sum()) * math.sqrt(variance)
    found = two_level(Score(0.0, (-1e-9, 1e-9), 64), each)
    np.testing.assert_allclose(found.score.ci95, [-half, half], rtol=1e-5)


def test_pairs_within_one_set_are_left_out_a_replicate_at_a_time() -> None:
    upper = np.triu(drawn(5, 5, seed=3), 1)
    pairs = [(i, j) for i in range(5) for j in range(i + 1, 5)]
    without = [np.mean([upper[p] for p in pairs if k not in p]) for k in range(5)]
    half = t.ppf(0.975, 4) * math.sqrt(4 / 5 * np.sum((without - np.mean(without)) ** 2))
    garbage = upper + np.tril(np.full((5, 5), np.nan))
    found = two_level(Score(0.0, (-1e-9, 1e-9), 64), garbage, within=True)
    np.testing.assert_allclose(found.score.ci95, [-half, half], rtol=1e-5)
    assert found.replicates == (5,)
    assert found.spread == pytest.approx(np.std([upper[p] for p in pairs], ddof=1))


def test_one_pair_of_seeds_says_nothing_of_another() -> None:
    flags = np.broadcast_to(drawn(90) > 0, (2, 2, 90))
    found = replicated_share(flags, within=True)
    assert found.score == proportion(int(flags[0, 1].sum()), 90)
    assert math.isnan(found.spread)


def test_a_share_keeps_to_zero_and_one_and_a_distance_above_zero() -> None:
    few = np.zeros((3, 64))
    few[0, :5] = 1
    low, high = replicated_share(few).score.ci95
    assert 0 <= low < 5 / 192 < high < 1
    assert replicated_share(1 - few).score.ci95 == pytest.approx((1 - high, 1 - low))
    low, high = replicated_pfd(np.array([[1.0] * 64, [100.0] * 64])).score.ci95
    assert 0 < low < math.sqrt(50.5) < high


def test_a_score_of_one_training_beyond_all_bounds_leaves_everything_open() -> None:
    """N50 of three trainings, of which one copies at every size."""
    sizes, noise = 2.0 ** np.arange(3, 10), drawn(3, 1, 80, seed=2)
    flags = np.log2(sizes)[:, None] < np.array([6.0, 6.5, 7.0])[:, None, None] + noise
    each = [fit_transition(sizes, of_one, count=100).n50 for of_one in flags]
    pooled = fit_transition(np.tile(sizes, 3), flags.reshape(-1, 80), count=100)
    over_noises = Score(pooled.n50, pooled.ci95, pooled.n)
    found = two_level(over_noises, each, "positive")
    assert found.score.ci95[0] < pooled.ci95[0] < 2**6.5 < pooled.ci95[1] < found.score.ci95[1] < math.inf
    assert two_level(over_noises, [each[0], math.inf, each[2]], "positive").score.ci95 == (0, math.inf)
    assert two_level(over_noises, [each[0], math.nan, each[2]], "positive").score.ci95 == (0, math.inf)
    unknown = Score(math.nan, (512, math.inf), 80)
    assert two_level(unknown, [math.nan] * 3, "positive").score.ci95 == (512, math.inf)


@pytest.mark.parametrize(("replicates", "spread"), [(3, 0.05), (3, 0.5), (5, 0.2)])
def test_it_covers_where_a_bootstrap_of_both_levels_does_not(replicates: int, spread: float) -> None:
    """Numbers of which the noises have variance 1/64, and trainings another."""
    rng, held, drawn_again = np.random.default_rng(0), 0, 0
    for _ in range(500):
        noises = rng.normal(size=64) + rng.normal(size=(replicates, 64))
        values = noises / math.sqrt(2) + spread * rng.normal(size=(replicates, 1))
        low, high = replicated_mean(values).score.ci95
        held += low <= 0 <= high
        if spread < 0.5:
            continue
        rows = rng.multinomial(replicates, np.full(replicates, 1 / replicates), 200) / replicates
        columns = rng.multinomial(64, np.full(64, 1 / 64), 200) / 64
        low, high = np.quantile((rows @ values * columns).sum(1), [0.025, 0.975])
        drawn_again += low <= 0 <= high
    assert 0.91 < held / 500 < 0.985
    assert drawn_again / 500 < 0.85


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="an axis of replicates"):
        replicated_share(np.ones(5))
    with pytest.raises(ValueError, match=r"shape \(R, R, n\)"):
        replicated_share(np.ones((2, 3, 5)), within=True)
