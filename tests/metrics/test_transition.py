"""N50: recovered from simulated noises, with an interval that covers it, and clear where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import chi2

from samenoise.metrics import fit_transition, logistic, n50_per_doubling
from samenoise.metrics.crossing import falling

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
    """Dependent flags of the two sizes beside N50 hold less than independent ones: the interval must know. By how much:
    the variance of the mean of two Bernoulli shares p and 1 - p, of one uniform number or of two. Few noises, so that
    what is not known between the sizes is little of the interval."""
    rng, p = np.random.default_rng(0), expit(0.75)
    both = [[fit_transition(N_TRAIN, flags(rng, 7.5, 100, t), count=300) for _ in range(40)] for t in (True, False)]
    together, apart = (np.mean([np.log(fit.ci95[1] / fit.ci95[0]) for fit in fits]) for fits in both)
    assert together / apart == pytest.approx(np.sqrt(1 + (1 - p) / p), rel=0.06)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_transition_that_is_no_logistic_is_covered(sign: int) -> None:
    """Complementary log-log and log-log: the logit is no straight line between two sizes, and at many noises the
    interval is all about that."""
    rng, held = np.random.default_rng(0), []
    for _ in range(60):
        middle = rng.uniform(6, 9)
        data = LOG2_N[:, None] < middle + sign * rng.gumbel(size=1000) / 2
        low, high = np.log2(fit_transition(N_TRAIN, data, count=200).ci95)
        held.append(low <= middle - sign * np.log(np.log(2)) / 2 <= high)
    assert np.mean(held) > 0.88


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
        np.testing.assert_allclose(np.log2(fit.ci95), [last, last + 1])
        assert -20 < fit.slope < -10
        assert fit.note == ""


@pytest.mark.parametrize(
    ("fraction", "note", "ci95"),
    [
        (np.ones(10), "more than half is memorized at every size from 8 to 4096", (4096, np.inf)),
        (np.linspace(0.9, 0.8, 10), "more than half is memorized at every size from 8 to 4096", (4096, np.inf)),
        (np.zeros(10), "less than half is memorized at every size from 8 to 4096", (0, 8)),
        (np.linspace(0.3, 0, 10), "less than half is memorized at every size from 8 to 4096", (0, 8)),
        (np.linspace(0.2, 0.8, 10), "does not fall", (np.nan, np.nan)),
        ([0.9] * 8 + [0.4, 0.8], "made to fall, the memorized share is above one half", (4096, np.inf)),
    ],
)
def test_without_a_transition_the_note_says_why_and_the_interval_on_which_side(fraction, note, ci95) -> None:
    fit = fit_transition(N_TRAIN, np.arange(640) / 640 < np.asarray(fraction)[:, None], count=50)
    assert np.isnan(fit.n50)
    assert fit.ci95 == pytest.approx(ci95, nan_ok=True)
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
    # log2 N50 anywhere on (6, 7) and (7, 8).
    np.testing.assert_allclose(np.log2(growth.ci95), [0, 2])


def test_few_noises_leave_the_growth_open() -> None:
    one_of_two = np.array([[1, 1], [1, 0], [1, 0]])
    growth = n50_per_doubling([1, 2], [8, 16, 32], [one_of_two, one_of_two])
    assert growth.factor == pytest.approx(1)
    assert growth.ci95 == (0, np.inf)


def test_a_width_that_always_copies_bounds_the_growth() -> None:
    """Its N50 lies beyond the last size. To leave it out, as if the widest network were not there, tells the growth of
    the others: too little."""
    rng = np.random.default_rng(0)
    data = [flags(rng, 6, 400, True), flags(rng, 7, 400, True), np.ones((10, 400))]
    growth = n50_per_doubling([32, 64, 128], N_TRAIN, data, count=200)
    assert np.isnan(growth.factor)
    # log2 N50 6, 7 and at least 12: the slope is at least (12 - 6) / 2.
    assert np.log2(growth.ci95[0]) == pytest.approx(3, abs=0.25)
    assert np.log2(growth.ci95[0]) < 3
    assert growth.ci95[1] == np.inf
    assert growth.n == 3
    assert "N50 of width 128 is known from one side only: more than half" in growth.note


def test_a_width_that_never_copies_bounds_the_growth() -> None:
    data = [np.zeros((10, 400)), flags(np.random.default_rng(0), 7, 400, True)]
    growth = n50_per_doubling([64, 128], N_TRAIN, data, count=200)
    assert np.log2(growth.ci95[0]) == pytest.approx(7 - 3, abs=0.25)
    assert growth.ci95[1] == np.inf
    # A narrow network with the larger N50 bounds it from above.
    wrong = n50_per_doubling([128, 64], N_TRAIN, data, count=200)
    assert wrong.ci95 == (0, pytest.approx(1 / growth.ci95[0]))


def test_widths_that_say_nothing_of_the_growth() -> None:
    always = np.ones((10, 50))
    neither = n50_per_doubling([32, 64], N_TRAIN, [always, always], count=20)
    assert np.isnan([neither.factor, *neither.ci95]).all()
    assert "says nothing of how it grows; N50 of width 32 is known from one side only" in neither.note
    rising = np.arange(50) / 50 < np.linspace(0.2, 0.8, 10)[:, None]
    alone = n50_per_doubling([32, 128], N_TRAIN, [rising, always], count=20)
    assert np.isnan([alone.factor, *alone.ci95]).all()
    assert "two different widths with a transition, got 1; width 32 is left out: the memorized share" in alone.note


def plateau(rng: np.random.Generator, log2_n50: float, lapse: float, floor: float) -> np.ndarray:
    """512 noises, of which a share copies at no size and another at every one; slope 2."""
    s = expit(2 * (log2_n50 - LOG2_N))
    return rng.random((len(LOG2_N), 512)) < (floor + (1 - lapse - floor) * s)[:, None]


@pytest.mark.parametrize("lapse", [0.0, 0.03, 0.1])
def test_noises_that_never_copy_do_not_move_n50(lapse: float) -> None:
    """Half of *all* is where the share of those that can be copies is 1 / (2 (1 - lapse)). A logistic through all sizes
    bends to the plateau and finds it up to 0.4 doublings too early."""
    rng, fits, errors = np.random.default_rng(0), [], []
    for _ in range(60):
        middle = rng.uniform(6, 9)
        fits.append(fit_transition(N_TRAIN, plateau(rng, middle, lapse, 0), count=200))
        true = middle - logit(0.5 / (1 - lapse)) / 2
        errors.append([np.log2(fits[-1].n50) - true, *(np.log2(fits[-1].ci95) - true)])
    error, low, high = np.array(errors).T
    assert abs(error.mean()) < 0.04
    assert np.sqrt((error**2).mean()) < 0.08
    assert np.mean((low <= 0) & (high >= 0)) > 0.83
    rejected = np.mean([fit.p_value < 0.01 for fit in fits])
    assert rejected < 0.1 if lapse == 0 else rejected > 0.5


def test_the_known_floor_is_taken_off() -> None:
    """Where .3 of real images pass, half of all images pass long after half are copies."""
    data = np.random.default_rng(0).random((10, 4000)) < (0.3 + 0.7 * expit(1.5 * (7.3 - LOG2_N)))[:, None]
    assert np.log2(fit_transition(N_TRAIN, data, floor=0.3, count=50).n50) == pytest.approx(7.3, abs=0.06)
    assert np.log2(fit_transition(N_TRAIN, data, count=50).n50) > 7.7
    each = fit_transition(N_TRAIN, data, floor=np.full(10, 0.3), count=50)
    assert each == fit_transition(N_TRAIN, data, floor=0.3, count=50)
    assert each.slope == pytest.approx(-1.5, rel=0.1)
    assert each.p_value > 0.01
    assert fit_transition(N_TRAIN, data, floor=0.0, count=50).p_value < 1e-6


def test_the_deviance_is_that_of_statsmodels() -> None:
    import statsmodels.api as sm

    k = np.array([500, 480, 430, 300, 90, 20])
    data = np.arange(512) < k[:, None]
    fit = fit_transition(N_TRAIN[:6], data, count=20)
    design = sm.add_constant(LOG2_N[:6].astype(float))
    glm = sm.GLM(np.stack([k, 512 - k], 1), design, family=sm.families.Binomial()).fit()
    assert fit.deviance == pytest.approx(glm.deviance, rel=1e-3)  # but for the prior
    assert fit.slope == pytest.approx(glm.params[1], rel=1e-3)
    assert (fit.degrees, fit.p_value) == (4, pytest.approx(chi2.sf(fit.deviance, 4)))


def test_a_share_that_wavers_is_made_to_fall() -> None:
    """.6 and .7 in the wrong order are .65 twice; equal sizes are one size."""
    wavering = np.arange(1000) / 1000 < np.array([0.9, 0.6, 0.7, 0.2])[:, None]
    even = np.arange(1000) / 1000 < np.array([0.9, 0.65, 0.65, 0.2])[:, None]
    assert (
        fit_transition([8, 16, 32, 64], wavering, count=20).n50 == fit_transition([8, 16, 32, 64], even, count=20).n50
    )
    twice = fit_transition([8, 32, 32, 64], wavering, count=20)
    assert twice.n50 == pytest.approx(fit_transition([8, 16, 32, 64], even, count=20).n50, rel=1e-3)  # n is 2000 there
    assert twice.degrees == 1


@given(
    shares=st.lists(st.lists(st.integers(0, 20), min_size=4, max_size=4), min_size=1, max_size=5),
    weights=st.lists(st.integers(1, 3), min_size=4, max_size=4),
)
@settings(max_examples=100, deadline=None)
def test_the_falling_share_is_that_of_scikit_learn(shares: list[list[int]], weights: list[int]) -> None:
    from sklearn.isotonic import isotonic_regression

    y, w = np.array(shares) / 20, np.array(weights, dtype=float)
    expected = [isotonic_regression(row, sample_weight=w, increasing=False) for row in y]
    np.testing.assert_allclose(falling(y, w), expected, atol=1e-9)


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
    beta = logistic.fit(np.array(log2_n, float), k.astype(float), np.full(len(log2_n), noises), np.zeros(len(log2_n)))
    gradient = (k - noises * expit(beta @ X.T)) @ X - beta * [1 / 100**2, 1 / 10**2]
    np.testing.assert_allclose(gradient, 0, atol=1e-9 * noises * len(log2_n) * 30)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one row of flags"):
        fit_transition([8, 16], np.ones((3, 5)))
    with pytest.raises(ValueError, match="one floor for each"):
        fit_transition([8, 16], np.ones((2, 5)), floor=[0.1])
    with pytest.raises(ValueError, match="a floor is a share below 1"):
        fit_transition([8, 16], np.ones((2, 5)), floor=1.0)
    with pytest.raises(ValueError, match="two different training sizes"):
        fit_transition([8, 8], np.ones((2, 5)))
