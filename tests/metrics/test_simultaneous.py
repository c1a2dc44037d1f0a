"""Intervals that hold together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from samenoise.metrics import joint_level, mid_p, simultaneous_shares


def test_of_one_score_it_is_its_own_level_and_of_equal_ones_too() -> None:
    x = np.random.default_rng(0).normal(size=(1, 300))
    assert joint_level(x) == pytest.approx(0.95, abs=0.008)
    assert joint_level(np.repeat(x, 40, axis=0)) == pytest.approx(joint_level(x), abs=0.008)
    assert joint_level(-3 * x + 7) == pytest.approx(joint_level(x), abs=1e-9)


def test_of_independent_scores_it_is_sidaks() -> None:
    x = np.eye(200)[:20]  # as good as uncorrelated
    assert joint_level(x) == pytest.approx(0.95 ** (1 / 20), abs=0.0006)
    nothing_varies = np.zeros((20, 200))
    assert joint_level(nothing_varies) == pytest.approx(0.95 ** (1 / 20), abs=0.0006)


def test_it_grows_with_the_scores_and_falls_with_their_correlation() -> None:
    rng = np.random.default_rng(0)
    common, own = rng.normal(size=400), rng.normal(size=(60, 400))
    levels = [joint_level(own[:5]), joint_level(own), joint_level(own + 3 * common)]
    assert levels[0] < levels[1]
    assert levels[2] < levels[1]


def test_shares_have_their_own_interval_at_that_level() -> None:
    flags = np.random.default_rng(0).random((7, 150)) < np.linspace(0.01, 0.9, 7)[:, None]
    found = simultaneous_shares(flags)
    level = joint_level(flags)
    for row, score in zip(flags, found, strict=True):
        assert score.value == row.mean()
        assert score.ci95 == pytest.approx(tuple(map(float, mid_p(row.sum(), 150, level))))
        assert score.n == 150
    assert 0.98 < level < 0.995


def test_all_hold_at_once() -> None:
    rng, held, alone = np.random.default_rng(0), 0, 0
    true = expit(np.linspace(-1, 1, 15))
    at = np.quantile(np.sqrt(0.5) * np.random.default_rng(1).logistic(size=(2, 400_000)).sum(0), true)
    for _ in range(150):
        decides = np.sqrt(0.5) * (rng.logistic(size=200) + rng.logistic(size=(15, 200)))
        flags = decides < at[:, None]
        low, high = np.array([score.ci95 for score in simultaneous_shares(flags)]).T
        held += np.all((low <= true) & (true <= high))
        low, high = mid_p(flags.sum(1), 200)
        alone += np.all((low <= true) & (true <= high))
    assert 0.9 < held / 150 < 0.99
    assert alone / 150 < 0.85


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="a row of values for each score"):
        joint_level(np.ones(5))
