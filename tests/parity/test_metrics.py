"""Intervals and fits against statsmodels and scipy."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from samenoise.metrics import bootstrap, fit_transition, wilson


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_wilson_is_that_of_statsmodels(level: float) -> None:
    n = np.array([1, 2, 10, 500, 10_000])[:, None]
    k = np.floor(n * np.linspace(0, 1, 7))
    expected = proportion_confint(k, np.broadcast_to(n, k.shape), alpha=1 - level, method="wilson")
    np.testing.assert_allclose(wilson(k, n, level), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("statistic", [np.mean, np.median, lambda x, axis=None: np.sqrt(np.mean(x, axis=axis))])
def test_bootstrap_is_that_of_scipy(statistic: object) -> None:
    values = np.random.default_rng(0).exponential(size=150)
    expected = stats.bootstrap(
        (values,), statistic, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    # An end is off by about 2.7 standard deviations / sqrt(resamples), 0.7 % of the interval: allow five times that.
    np.testing.assert_allclose(
        bootstrap(values, statistic, count=20_000), expected, atol=0.035 * (expected.high - expected.low)
    )


@pytest.mark.parametrize("noises", [64, 512])
def test_the_transition_is_the_binomial_regression_of_statsmodels(noises: int) -> None:
    rng, log2_n = np.random.default_rng(noises), np.arange(3, 12)
    flags = log2_n[:, None] < 6.2 + rng.logistic(size=(len(log2_n), noises)) / 1.3
    k = flags.sum(1)
    fit = sm.GLM(np.stack([k, noises - k], 1), sm.add_constant(log2_n), family=sm.families.Binomial()).fit()
    ours = fit_transition(2.0**log2_n, flags)
    # The prior pulls the slope by its variance times 1 / 100.
    assert ours.slope == pytest.approx(fit.params[1], abs=2 * fit.bse[1] ** 2 * abs(fit.params[1]) / 100 + 1e-9)
    assert ours.deviance == pytest.approx(fit.deviance, rel=1e-3)
    # The logit is straight between two sizes: there the regression's curve differs by the noise of two shares.
    assert np.log2(ours.n50) == pytest.approx(-fit.params[0] / fit.params[1], abs=0.15)
    # Independent flags: the bootstrap's interval of the slope is the regression's own, up to its 1 / sqrt(noises).
    np.testing.assert_allclose(ours.slope_ci95, fit.conf_int()[1], atol=1.5 * fit.bse[1])
