"""N50 with floors that few held-out images tell, with replicates, and whether several of them agree."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from samenoise.metrics import agree, fit_transition, n50_per_doubling
from samenoise.metrics.replicates import two_level
from samenoise.metrics.statistics import Score

LOG2_N = np.arange(3, 13)
N_TRAIN = 2.0**LOG2_N
FLOOR = 0.5 * expit(LOG2_N - 8.0)
"""Of real images that pass: more of them in larger training sets."""


def pictures(rng: np.random.Generator, log2_n50: float, noises: int, slope: float = 1.5) -> np.ndarray:
    """Copies, or else new pictures that pass as real images do."""
    copies = LOG2_N[:, None] < log2_n50 + rng.logistic(size=noises) / slope
    return copies | real(rng, noises)


def real(rng: np.random.Generator, images: int) -> np.ndarray:
    """Nested training sets: an image that passes goes on passing."""
    return rng.random(images) < FLOOR[:, None]


def test_a_floor_read_off_many_images_is_a_known_one() -> None:
    rng = np.random.default_rng(0)
    flags, held_out = pictures(rng, 7.3, 400), real(rng, 20_000)
    known = fit_transition(N_TRAIN, flags, floor=held_out.mean(1), count=200)
    read = fit_transition(N_TRAIN, flags, held_out=held_out, count=200)
    assert read.n50 == known.n50
    np.testing.assert_allclose(np.log2(read.ci95), np.log2(known.ci95), atol=0.02)
    assert read.slope == known.slope
    assert read.deviance == known.deviance


def test_few_held_out_images_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    flags, held_out = pictures(rng, 8.5, 4000), real(rng, 60)
    known = fit_transition(N_TRAIN, flags, floor=held_out.mean(1), count=400)
    read = fit_transition(N_TRAIN, flags, held_out=held_out, count=400)
    assert np.diff(np.log2(read.ci95)) > 1.5 * np.diff(np.log2(known.ci95))
    both = [pictures(rng, 6, 4000), flags]
    growth = [
        n50_per_doubling([1, 2], N_TRAIN, both, count=400, **how)
        for how in ({"floor": held_out.mean(1)}, {"held_out": held_out})
    ]
    assert growth[0].factor == growth[1].factor
    assert np.diff(np.log2(growth[1].ci95)) > 1.2 * np.diff(np.log2(growth[0].ci95))


@pytest.mark.parametrize("images", [40, 300])
def test_the_excess_is_covered_however_few_tell_the_floor(images: int) -> None:
    rng, covered = np.random.default_rng(0), 0
    for _ in range(120):
        middle = rng.uniform(6, 9)
        fit = fit_transition(N_TRAIN, pictures(rng, middle, 200), held_out=real(rng, images), count=200)
        covered += fit.ci95[0] <= 2**middle <= fit.ci95[1]
    assert covered / 120 > 0.89


def test_all_held_out_images_of_a_draw_may_pass() -> None:
    fit = fit_transition([8, 16, 32], np.arange(64) < [[60], [40], [33]], held_out=np.array([[1, 0]] * 3), count=200)
    assert np.isfinite(fit.n50)
    assert not np.isnan(fit.ci95).any()


def shifted(rng: np.random.Generator, log2_n50: float, noises: int, trainings: int, spread: float) -> np.ndarray:
    """Trainings whose N50 differ, at the same noises."""
    u = rng.logistic(size=noises) / 1.5
    own = rng.normal(size=(trainings, 1, 1)) * spread
    return LOG2_N[:, None] < log2_n50 + u + own


def test_replicates_have_a_two_level_interval_and_their_own_n50() -> None:
    rng = np.random.default_rng(0)
    flags = shifted(rng, 7.3, 256, 3, 0.4)
    fit, singles = fit_transition(N_TRAIN, flags, count=300), [fit_transition(N_TRAIN, one, count=20) for one in flags]
    assert fit.each == tuple(one.n50 for one in singles)
    assert min(fit.each) < fit.n50 < max(fit.each)
    assert fit.n == 256
    assert fit.ci95[0] < fit.noises_ci95[0] < fit.noises_ci95[1] < fit.ci95[1]
    expected = two_level(Score(fit.n50, fit.noises_ci95, 256), fit.each, "positive")
    assert fit.ci95 == expected.score.ci95
    one = fit_transition(N_TRAIN, flags[:1], count=300)
    assert one == fit_transition(N_TRAIN, flags[0], count=300)
    assert one.ci95 == one.noises_ci95


def test_the_same_training_three_times_says_what_it_says_once() -> None:
    flags = shifted(np.random.default_rng(0), 7.3, 256, 1, 0.0)
    once, thrice = (fit_transition(N_TRAIN, np.repeat(flags, k, axis=0), count=300) for k in (1, 3))
    assert thrice.n50 == pytest.approx(once.n50, rel=0.01)  # but for the half picture that a share is rounded by
    np.testing.assert_allclose(np.log2(thrice.ci95), np.log2(once.ci95), atol=0.03)


def test_a_training_beyond_all_sizes_leaves_everything_open() -> None:
    flags = shifted(np.random.default_rng(0), 7.3, 100, 3, 0.0).copy()
    flags[2] = True
    fit = fit_transition(N_TRAIN, flags, count=100)
    assert fit.each[2] == np.inf
    assert fit.ci95 == (0, np.inf)
    assert np.isfinite(fit.noises_ci95).all()


@pytest.mark.parametrize("spread", [0.05, 0.4])
def test_trainings_are_covered(spread: float) -> None:
    rng, covered, alone = np.random.default_rng(0), 0, 0
    for _ in range(120):
        middle = rng.uniform(6, 9)
        fit = fit_transition(N_TRAIN, shifted(rng, middle, 200, 3, spread), count=200)
        covered += fit.ci95[0] <= 2**middle <= fit.ci95[1]
        alone += fit.noises_ci95[0] <= 2**middle <= fit.noises_ci95[1]
    assert covered / 120 > 0.9
    assert spread < 0.1 or alone / 120 < 0.7


def test_growth_over_replicates() -> None:
    rng, covered, alone = np.random.default_rng(0), 0, 0
    for _ in range(60):
        u = rng.logistic(size=150) / 1.5
        own = rng.normal(size=(2, 3, 1, 1)) * 0.4
        flags = LOG2_N[:, None] < np.array([6.0, 7.0])[:, None, None, None] + u + own
        growth = n50_per_doubling([64, 128], N_TRAIN, flags, count=100)
        covered += growth.ci95[0] <= 2 <= growth.ci95[1]
        alone += growth.noises_ci95[0] <= 2 <= growth.noises_ci95[1]
    assert covered / 60 > 0.9
    assert alone / 60 < 0.6
    single = n50_per_doubling([64, 128], N_TRAIN, flags[:, :1], count=100)
    assert single == n50_per_doubling([64, 128], N_TRAIN, flags[:, 0], count=100)
    assert single.ci95 == single.noises_ci95


def test_several_agree_where_their_intervals_share_a_point() -> None:
    rng = np.random.default_rng(0)
    near, same, far = (
        fit_transition(N_TRAIN, LOG2_N[:, None] < middle + rng.logistic(size=300) / 1.5, count=200)
        for middle in (7.0, 7.05, 9.0)
    )
    found = agree(near, same)
    assert found.agree is True
    assert (found.low, found.high) == (min(near.n50, same.n50), max(near.n50, same.n50))
    assert agree(near, same, far).agree is False
    assert agree(near, same, far).high == far.n50


def test_one_known_from_a_side_agrees_with_what_lies_there() -> None:
    known = fit_transition(N_TRAIN, LOG2_N[:, None] < 7 + np.linspace(-2, 2, 100), count=100)
    beyond = fit_transition(N_TRAIN, np.ones((10, 100)), count=100)
    rising = fit_transition(N_TRAIN, np.arange(100) / 100 < np.linspace(0.2, 0.8, 10)[:, None], count=100)
    assert agree(known, beyond) == (False, known.n50, np.inf)
    assert agree(beyond, beyond).agree is True
    assert agree(known, rising) == (None, known.n50, known.n50)
    assert agree(rising).agree is None
    assert np.isnan(agree(rising)[1:]).all()


def test_wrong_shapes_of_held_out_flags_are_refused() -> None:
    flags = np.arange(10) < [[8], [2]]
    with pytest.raises(ValueError, match="one row of held-out flags"):
        fit_transition([8, 16], flags, held_out=np.ones((3, 5)))
    with pytest.raises(ValueError, match="give one of both"):
        fit_transition([8, 16], flags, floor=0.1, held_out=np.zeros((2, 5)))
    with pytest.raises(ValueError, match="a floor is a share below 1"):
        fit_transition([8, 16], flags, held_out=np.ones((2, 5)))
    with pytest.raises(ValueError, match="one row of flags"):
        fit_transition([8, 16], np.ones((2, 3, 5)))
