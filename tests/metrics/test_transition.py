"""N50: recovered from simulated noises, with an interval that covers it, and clear where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from samenoise.metrics import fit_transition, n50_per_doubling
from samenoise.metrics.transition import _fit

LOG2_N = np.arange(3, 13)
N_TRAIN = 2.0**LOG2_N


def flags(rng: np.random.Generator, log2_n50: float, noises: int, together: bool, slope: float = 1.5) -> np.ndarray:
    """Memorized with P = expit(slope (log2_n50 - log2 N)); ``together``: each noise has one N up to which it is."""
    u = rng.logistic(size=(1 if together else len(LOG2_N), noises))
    return LOG2_N[:, None] < log2_n50 + u / slope


@pytest.mark.parametrize("together", [False, True])
def test_n50_is_recovered_and_covered(together: bool) -> None:
    rng = np.random.default_rng(0)
    fits = [fit_transition(N_TRAIN, flags(rng, 7.3, 150, together), count=300) for _ in range(150)]
    log2_n50 = np.log2([fit.n50 for fit in fits])
    assert abs(log2_n50.mean() - 7.3) < 0.03
    assert np.mean([fit.slope for fit in fits]) == pytest.approx(-1.5, rel=0.05)
    covered = np.mean([fit.ci95[0] <= 2**7.3 <= fit.ci95[1] for fit in fits])
    assert 0.89 < covered < 0.99
    slope_covered = np.mean([fit.slope_ci95[0] <= -1.5 <= fit.slope_ci95[1] for fit in fits])
    assert slope_covered > 0.87
    widths = np.log2([fit.ci95[1] / fit.ci95[0] for fit in fits])
    assert widths.mean() == pytest.approx(3.92 * log2_n50.std(), rel=0.2)


def test_flags_of_one_noise_belong_together() -> None:
    """Fully dependent flags leave a fraction of the information of independent ones: the interval must know."""
    rng = np.random.default_rng(0)
    together, apart = (fit_transition(N_TRAIN, flags(rng, 7.3, 2000, t)) for t in (True, False))
    assert np.log(together.ci95[1] / together.ci95[0]) > 1.5 * np.log(apart.ci95[1] / apart.ci95[0])


def test_the_order_of_sizes_does_not_matter() -> None:
    data = flags(np.random.default_rng(0), 7.3, 100, False)
    there, back = fit_transition(N_TRAIN, data), fit_transition(N_TRAIN[::-1], data[::-1])
    assert there.n50 == pytest.approx(back.n50)
    np.testing.assert_allclose(there.ci95, back.ci95)


def test_a_jump_between_two_sizes_puts_n50_anywhere_between() -> None:
    for last in (3, 8, 11):
        jump = np.repeat((last >= LOG2_N)[:, None], 256, axis=1)
        fit = fit_transition(N_TRAIN, jump)
        assert np.log2(fit.n50) == pytest.approx(last + 0.5, abs=0.02)
        np.testing.assert_allclose(np.log2(fit.ci95), [last + 0.025, last + 0.975], atol=0.01)
        assert -20 < fit.slope < -10
        assert fit.note == ""


@pytest.mark.parametrize(
    ("fraction", "note"),
    [
        (np.ones(10), "more than half is memorized at every size from 8 to 4096"),
        (np.linspace(0.9, 0.6, 10), "more than half is memorized at every size from 8 to 4096"),
        (np.zeros(10), "less than half is memorized at every size from 8 to 4096"),
        (np.linspace(0.3, 0, 10), "less than half is memorized at every size from 8 to 4096"),
        (np.linspace(0.2, 0.8, 10), "does not fall"),
    ],
)
def test_without_a_transition_the_note_says_why(fraction: np.ndarray, note: str) -> None:
    fit = fit_transition(N_TRAIN, np.arange(64) / 64 < fraction[:, None], count=50)
    assert np.isnan(fit.n50)
    assert np.isnan(fit.ci95).all()
    assert np.isfinite([fit.slope, *fit.slope_ci95]).all()
    assert note in fit.note


def test_few_noises_leave_the_interval_open() -> None:
    """Two noises of which one is always memorized and one never: a resample may be all or none."""
    fit = fit_transition([8, 16, 32], [[1, 1], [1, 0], [1, 0]])
    assert fit.ci95[1] == np.inf


def test_growth_with_width_is_recovered_and_covered() -> None:
    rng, widths = np.random.default_rng(0), [64, 128, 256]
    factors, covered = [], 0
    for _ in range(80):
        data = [flags(rng, 6 + 0.9 * i, 100, True) for i in range(3)]
        growth = n50_per_doubling(widths, N_TRAIN, data, count=200)
        factors.append(growth.factor)
        covered += growth.ci95[0] <= 2**0.9 <= growth.ci95[1]
    assert np.log2(factors).mean() == pytest.approx(0.9, abs=0.03)
    assert 0.86 < covered / 80 <= 1
    assert growth.n == 3
    assert growth.note == ""


def test_shared_noises_sharpen_the_growth() -> None:
    """Where width shifts every noise's N by the same factor, the noises drawn matter to N50, not to its growth."""
    u = np.random.default_rng(0).logistic(size=200)
    data = np.stack([LOG2_N[:, None] < 6 + i + u for i in range(3)])
    shared = n50_per_doubling([1, 2, 4], N_TRAIN, data, count=300)
    shuffled = np.stack([of_width[:, np.random.default_rng(i).permutation(200)] for i, of_width in enumerate(data)])
    apart = n50_per_doubling([1, 2, 4], N_TRAIN, shuffled, count=300)
    assert shared.factor == pytest.approx(2, abs=0.05)
    assert shared.factor == pytest.approx(apart.factor)
    assert np.log(shared.ci95[1] / shared.ci95[0]) < 0.5 * np.log(apart.ci95[1] / apart.ci95[0])


def test_jumps_leave_the_growth_open_too() -> None:
    data = np.stack([np.repeat((last >= LOG2_N)[:, None], 64, axis=1) for last in (6, 7)])
    growth = n50_per_doubling([1, 2], N_TRAIN, data)
    assert growth.factor == pytest.approx(2, rel=0.01)
    # log2 N50 uniform on (6, 7) and (7, 8): the 95 % of their difference by the triangular distribution.
    half = 1 - np.sqrt(0.05)
    np.testing.assert_allclose(np.log2(growth.ci95), [1 - half, 1 + half], atol=0.05)


def test_few_noises_leave_the_growth_open() -> None:
    one_of_two = np.array([[1, 1], [1, 0], [1, 0]])
    growth = n50_per_doubling([1, 2], [8, 16, 32], [one_of_two, one_of_two])
    assert growth.factor == pytest.approx(1)
    assert growth.ci95 == (0, np.inf)


def test_widths_without_a_transition_are_named() -> None:
    rng = np.random.default_rng(0)
    data = [flags(rng, 6, 100, True), flags(rng, 7, 100, True), np.ones((10, 100))]
    growth = n50_per_doubling([32, 64, 128], N_TRAIN, data, count=50)
    assert growth.n == 2
    assert growth.factor == n50_per_doubling([32, 64], N_TRAIN, data[:2], count=50).factor
    assert "width 128 is left out: more than half" in growth.note
    alone = n50_per_doubling([32, 128], N_TRAIN, data[1:], count=50)
    assert np.isnan(alone.factor)
    assert "two different widths with a transition, got 1; width 128" in alone.note


@settings(max_examples=60, deadline=None)
@given(
    log2_n=st.lists(st.integers(0, 30), min_size=2, max_size=10, unique=True),
    noises=st.integers(1, 10**5),
    seed=st.integers(0, 10**6),
)
def test_newton_finds_the_maximum(log2_n: list[int], noises: int, seed: int) -> None:
    """The posterior is concave, so its maximum is where its gradient vanishes: for counts of any kind."""
    X = np.stack([np.ones(len(log2_n)), np.array(log2_n) - np.mean(log2_n)], axis=1)
    rng = np.random.default_rng(seed)
    k = np.concatenate([rng.integers(0, noises + 1, (10, len(log2_n))), noises * rng.integers(0, 2, (10, len(log2_n)))])
    beta = _fit(X, k.astype(float), noises)
    gradient = (k - noises * expit(beta @ X.T)) @ X - beta * [1 / 100**2, 1 / 10**2]
    np.testing.assert_allclose(gradient, 0, atol=1e-9 * noises * len(log2_n) * 30)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one row of flags"):
        fit_transition([8, 16], np.ones((3, 5)))
    with pytest.raises(ValueError, match="two different training sizes"):
        fit_transition([8, 8], np.ones((2, 5)))
