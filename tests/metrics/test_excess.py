"""Copying in excess of real data: its value, its ends, and what it says where little or nothing can be said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom
from statsmodels.stats.proportion import confint_proportions_2indep

from samenoise.metrics import Score, memorized_excess
from samenoise.metrics.statistics import proportion


def test_it_is_the_share_that_no_look_alike_explains() -> None:
    """Of pictures that are copies or else pass as real images do."""
    copies, real = 0.35, 0.4
    found = memorized_excess(proportion(1000 * (copies + (1 - copies) * real), 1000), proportion(400, 1000))
    assert found.value == pytest.approx(copies)
    assert found.n == 1000
    assert found.ci95[0] < copies < found.ci95[1]


def test_it_may_be_negative() -> None:
    found = memorized_excess(proportion(0, 500), proportion(150, 300))
    assert found.value == -1
    assert found.ci95[0] < -1 < found.ci95[1] < 0
    nearly = memorized_excess(proportion(95, 500), proportion(60, 300))
    assert nearly.ci95[0] < nearly.value < 0 < nearly.ci95[1]


@pytest.mark.parametrize("passing", [(450, 512, 126, 300), (30, 512, 3, 150), (256, 512, 60, 200), (5, 64, 6, 64)])
def test_the_interval_is_near_the_score_interval_of_a_ratio_of_shares(passing: tuple[int, int, int, int]) -> None:
    """Koopman's (1984), by statsmodels; another method, so near and no more."""
    k, n, real, images = passing
    found = memorized_excess(proportion(k, n), proportion(real, images))
    ratio = confint_proportions_2indep(n - k, n, images - real, images, compare="ratio", method="score")
    length = ratio[1] - ratio[0]
    np.testing.assert_allclose(found.ci95, [1 - ratio[1], 1 - ratio[0]], atol=0.05 * length)


def test_known_floors_leave_the_uncertainty_of_the_pictures() -> None:
    m = proportion(300, 512)
    assert memorized_excess(m, Score(0.0, (0.0, 0.0), 100)).ci95 == pytest.approx(m.ci95)
    known = memorized_excess(m, Score(0.2, (0.2, 0.2), 100))
    assert known.ci95 == pytest.approx([(end - 0.2) / 0.8 for end in m.ci95])
    unknown = memorized_excess(m, proportion(20, 100))
    assert unknown.ci95[1] - unknown.ci95[0] > 1.3 * (known.ci95[1] - known.ci95[0])


def test_wider_shares_widen_it() -> None:
    """Two-level intervals, say: what is given is what counts."""
    m, f = proportion(300, 512), proportion(30, 150)
    wide = memorized_excess(m._replace(ci95=(0.4, 0.75)), f)
    assert wide.ci95[0] < memorized_excess(m, f).ci95[0]
    assert wide.ci95[1] > memorized_excess(m, f).ci95[1]


def test_where_every_real_image_passes_nothing_is_known() -> None:
    found = memorized_excess(proportion(500, 512), proportion(40, 40))
    assert math.isnan(found.value)
    assert found.ci95 == (-math.inf, 1)


@pytest.mark.parametrize("pictures", [0, 512])
def test_none_and_all(pictures: int) -> None:
    found = memorized_excess(proportion(pictures, 512), proportion(0, 150))
    assert found.value == pictures / 512
    assert found.ci95[1] == 1 if pictures else found.ci95[0] < 0


@pytest.mark.parametrize(("f", "excess"), [(0.0, 0.3), (0.05, 0.02), (0.4, 0.0), (0.9, 0.3)])
def test_it_covers(f: float, excess: float) -> None:
    """Exactly, over all counts of 64 pictures and 64 real images."""
    pictures, images = (binom.pmf(np.arange(65), 64, share) for share in (f + (1 - f) * excess, f))
    shares = [proportion(k, 64) for k in range(65)]
    covered = total = 0.0
    for k, real in zip(*np.nonzero(np.outer(pictures, images[:64]) > 1e-5), strict=True):
        chance = pictures[k] * images[real]
        low, high = memorized_excess(shares[k], shares[real]).ci95
        covered, total = covered + chance * (low <= excess <= high), total + chance
    assert 0.93 < covered / total < 0.97
