"""Non-inferiority and detection: exact by enumeration, and error rates within their bounds in simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import multinomial

from samenoise.metrics.noninferiority import (
    drop_bound,
    noises_for_drop,
    noises_for_margin,
    noninferior,
    p_value,
)

REPEATS = 1000


def nam(b, c, n, margin):
    """The statistic, its nuisance found by trying."""
    q = np.linspace(0, (1 - margin) / 2, 20001)[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = n - b - c
        log = b * np.log(q + margin) + c * np.log(q) + rest * np.log1p(-2 * q - margin)
    likeliest = q[np.nanargmax(log)] if c else max(0.0, (b - margin * (2 * n - b)) / (2 * n))
    return (n * margin - (b - c)) / math.sqrt(n * (2 * likeliest + margin - margin**2))


@pytest.mark.parametrize(("n", "margin"), [(9, 0.2), (14, 0.1)])
def test_the_p_value_is_the_largest_over_the_unknown_by_enumeration(n, margin):
    cells = [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]
    z = {cell: nam(*cell, n, margin) for cell in cells}
    grid = np.linspace(0, math.sqrt((1 - margin) / 2), 201) ** 2
    probability = {
        cell: np.array(
            [multinomial.pmf([*cell, n - sum(cell)], n, [q + margin, q, 1 - 2 * q - margin]) for q in grid[:-1]]
        )
        for cell in cells
    }
    for cell in [(0, 0), (1, 0), (0, 1), (2, 1), (n // 2, 0), (0, n // 2)]:
        as_large = sum(probability[other] for other in cells if z[other] >= z[cell] - 1e-3)
        assert p_value(*cell, n, margin) == pytest.approx(float(np.max(as_large)), abs=2e-3), cell


def test_with_a_ceiling_that_never_fails_it_is_the_rule_of_the_binomial():
    """0 of n leaves (1 - delta)^n; nothing else has as large a statistic while the margin is all there is."""
    for n in (20, 59, 149):
        p = p_value(0, 0, n, 0.05 if n < 100 else 0.02)
        assert p == pytest.approx((0.95 if n < 100 else 0.98) ** n, rel=1e-6)


def passing(draws, n, margin):
    """Whether each comparison, of ``(b, c, rest)``, makes the claim; every outcome is judged once."""
    known = {cell: p_value(*cell, n, margin) <= 0.05 for cell in {(int(b), int(c)) for b, c, _ in draws}}
    return np.array([known[int(b), int(c)] for b, c, _ in draws])


@pytest.mark.parametrize(("n", "margin"), [(60, 0.05), (150, 0.02), (300, 0.05)])
@pytest.mark.parametrize("p_c", [0.0, 0.02, 0.1])
def test_a_pair_that_is_worse_by_the_margin_passes_in_five_of_a_hundred_at_most(n, margin, p_c):
    """1,000 comparisons at the edge of the claim; the count may lie 3 standard errors above 5 %."""
    rng = np.random.default_rng(1)
    draws = rng.multinomial(n, [p_c + margin, p_c, 1 - 2 * p_c - margin], REPEATS)
    assert passing(draws, n, margin).mean() <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / REPEATS)


@pytest.mark.parametrize("drop", [0.01, 0.02, 0.1])
def test_a_drop_is_noticed_in_95_of_a_hundred(drop):
    """At the number of noises that is said, a share ``drop`` of differing noises shows at least one in 95 % of runs."""
    n = noises_for_drop(drop)
    seen = np.random.default_rng(2).binomial(n, drop, REPEATS) > 0
    assert seen.mean() >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / REPEATS)
    assert 1 - (1 - drop) ** n >= 0.95 > 1 - (1 - drop) ** (n - 1)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05, 0.3])
def test_the_bound_on_the_drop_holds_in_95_of_a_hundred(share):
    n = 120
    counts = np.random.default_rng(3).binomial(n, share, REPEATS)
    bounds = {k: drop_bound(n, k) for k in set(counts.tolist())}
    held = np.array([bounds[k] >= share for k in counts.tolist()])
    assert held.mean() >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / REPEATS)


def test_no_difference_of_300_bounds_the_rate_at_one_per_cent():
    assert 0.0099 < drop_bound(300) < 0.01
    assert drop_bound(noises_for_drop(0.02)) <= 0.02 < drop_bound(noises_for_drop(0.02) - 1)
    assert drop_bound(5, 5) == 1


@pytest.mark.parametrize(("margin", "differ"), [(0.1, 0.02), (0.05, 0.0)])
def test_as_many_noises_as_are_said_show_that_a_pair_is_as_good(margin, differ):
    """1,000 comparisons of a pair with its own ceiling: the claim is made in 80 % of them."""
    n = noises_for_margin(margin, differ)
    draws = np.random.default_rng(4).multinomial(n, [differ, differ, 1 - 2 * differ], REPEATS)
    assert passing(draws, n, margin).mean() >= 0.8 - 3 * math.sqrt(0.16 / REPEATS)
    fewer = noises_for_margin(margin, differ, power=0.5)
    assert fewer <= n


def test_the_test_is_paired():
    ceiling = np.ones(200, dtype=bool)
    ceiling[:8] = False
    assert noninferior(ceiling, ceiling, 0.02).difference == 0
    other = np.roll(ceiling, 50)
    alike, apart = noninferior(ceiling, ceiling, 0.02), noninferior(ceiling, other, 0.02)
    assert apart.difference == 0
    assert alike.p < apart.p
    assert noninferior(ceiling, ceiling & (np.arange(200) % 20 > 0), 0.02).holds is False


@pytest.mark.parametrize("margin", [0.0, 1.0, -0.1])
def test_a_margin_is_a_share(margin):
    with pytest.raises(ValueError, match="a margin is a share"):
        noninferior([True], [True], margin)
    with pytest.raises(ValueError, match="a drop is a share"):
        noises_for_drop(margin)


def test_flags_are_of_the_same_noises():
    with pytest.raises(ValueError, match="the same noises"):
        noninferior([True, False], [True], 0.1)
