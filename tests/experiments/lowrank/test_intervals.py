"""Intervals over images and trainings, and what is read off the ranks, on arrays whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from samenoise.experiments.lowrank.intervals import interval, mean, score
from samenoise.experiments.lowrank.ranks import depth, dip_sigma, nearest
from samenoise.experiments.lowrank.recovery import crossing, samples_half

RNG = np.random.default_rng


@pytest.mark.parametrize(
    ("replicates", "nested", "between", "least"),
    [(2, True, 1.0, 0.82), (3, False, 1.0, 0.88), (3, True, 0.1, 0.88), (5, True, 1.0, 0.88)],
)
def test_an_interval_holds_the_mean_as_often_as_it_says(
    replicates: int, nested: bool, between: float, least: float
) -> None:
    """Of trainings that hardly differ, where images decide, and of such as differ more than the mean of images does."""
    rng, n, draws = RNG(1), 24, 120
    held = 0
    for _ in range(draws):
        shifts = rng.normal(0, between, (replicates, 1))
        noise = rng.normal(0, 2, (replicates if nested else 1, n))
        low, high = interval(mean, shifts + noise, nested=nested)
        held += bool(low < 0 < high)
    assert held / draws >= least


def test_of_trainings_that_draw_alike_the_interval_is_that_over_images() -> None:
    values = RNG(6).normal(0, 1, (1, 40))
    assert np.allclose(interval(mean, np.repeat(values, 3, axis=0)), interval(mean, values), rtol=1e-12)


def test_one_training_has_an_interval_over_images_alone() -> None:
    values = RNG(2).normal(0, 1, (1, 400))
    low, high = interval(mean, values)
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(400), rel=0.15)
    assert score(mean, values).n == 400


def test_intervals_are_the_same_for_the_same_values() -> None:
    values = RNG(3).normal(0, 1, (2, 9, 3))
    assert np.array_equal(interval(mean, values), interval(mean, values))


def test_groups_share_their_trainings() -> None:
    """What trainings differ by is gone in a difference of the same trainings."""
    rng = RNG(4)
    shifts = rng.normal(0, 50, (3, 1))
    one, other = shifts + rng.normal(0, 0.1, (3, 30)), shifts + rng.normal(0, 0.1, (3, 20))
    low, high = interval(lambda a, b: a.mean() - b.mean(), one, other)
    assert high - low < 0.2


def test_an_interval_stays_where_the_number_can_be() -> None:
    found = score(np.mean, np.array([[0.0, 0.1, 0.0], [0.9, 1.0, 0.8]]), within=(0, 1))
    assert found.ci95[0] >= 0
    assert found.ci95[1] <= 1


def ranks(curve: list[float], noise: float = 0.0, replicates: int = 2, images: int = 32, seed: int = 0) -> np.ndarray:
    own = RNG(seed).normal(0, noise, (replicates, images, len(curve)))
    return np.asarray(curve) + own


def test_a_dip_is_as_deep_as_its_lower_side() -> None:
    found = depth(ranks([60, 40, 20, 30, 50]))
    assert (found.value, found.ci95, found.n) == (30, (30, 30), 32)
    assert dip_sigma((0.1, 0.3, 1, 3, 10), ranks([60, 40, 20, 30, 50])) == 1


@pytest.mark.parametrize("curve", [[60, 50, 40, 30, 20], [0, 1, 2, 10, 14]])
def test_a_line_that_falls_or_rises_has_no_dip(curve: list[float]) -> None:
    assert depth(ranks(curve)).value <= 0
    assert depth(ranks(curve, noise=1)).ci95[0] < 0


def test_noise_on_a_flat_line_is_no_dip() -> None:
    """The lowest level of the one half is any level of the other: there it lies above the lower of the two ends. In one
    of twenty runs at most the lower end may lie above nothing, or twice that by chance."""
    found = [depth(ranks([40.0] * 13, noise=5, seed=seed)) for seed in range(60)]
    assert -1 < np.mean([each.value for each in found]) < 0
    assert sum(each.ci95[0] > 0 for each in found) <= 6


def test_the_nearest_level_is_so_by_a_factor() -> None:
    assert nearest((0.01, 0.1, 1.0), 0.04) == 1
    assert nearest((0.01, 0.1, 1.0), 0.03) == 0


def test_a_line_crosses_one_half_in_proportion_to_the_logarithm() -> None:
    assert crossing((1, 2, 4), (0.8, 0.6, 0.4)) == pytest.approx(2 * math.sqrt(2))
    assert crossing((1, 2, 4), (0.8, 0.5, 0.3)) == pytest.approx(2)
    assert crossing((1, 2, 4), (0.4, 0.6, 0.4)) == -math.inf
    assert crossing((1, 2, 4), (0.9, 0.8, 0.7)) == math.inf


def test_half_a_subspace_has_its_interval_or_its_reason() -> None:
    rng, shares = RNG(5), (1, 2, 4, 8)
    errors = np.array([0.9, 0.7, 0.4, 0.2]) + rng.normal(0, 0.05, (3, 20, 1))
    found, note = samples_half(shares, errors)
    assert found is not None
    assert not note
    assert 2 < found.ci95[0] < found.value < found.ci95[1] < 4
    assert found.value == pytest.approx(crossing(shares, errors.mean((0, 1)).tolist()))
    assert samples_half(shares, errors + 1) == (None, "one half is not reached up to N/d = 8")
    assert samples_half(shares, errors - 0.6) == (None, "below one half from the least N/d on, 1")
    wide, note = samples_half(shares, errors + rng.normal(0, 0.5, (3, 1, 1)))
    assert note == "the interval reaches beyond the N/d that were measured"
    assert wide is not None
