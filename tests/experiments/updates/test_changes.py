"""By how much a share changes between two numbers of updates, and what its interval leaves."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from rows import row, wilson
from statsmodels.stats.proportion import confint_proportions_2indep

from samenoise.experiments.updates.changes import FEW, Change, Course, change, course
from samenoise.experiments.updates.series import along_updates, last_doubling
from samenoise.lab.run_files import Row
from tests.experiments.updates.made import copied


def share(k: int, n: int, updates: int = 1000, **more: Any) -> Row:
    own = {"ci95": wilson(k / n, n), "updates": updates} | more
    return Row.of(row("updates", "memorized", None, "m", "train", 8, **own) | {"value": k / n})


@pytest.mark.parametrize(("k", "m", "n"), [(40, 55, 97), (0, 3, 128), (500, 512, 512), (700, 690, 2048), (0, 0, 64)])
def test_an_interval_of_a_difference_is_newcombes(k: int, m: int, n: int) -> None:
    found = change(share(k, n), share(m, n))
    expected = confint_proportions_2indep(m, n, k, n, method="newcomb", compare="diff")
    assert found.value == pytest.approx((m - k) / n)
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-6)


def test_an_interval_covers_the_difference_as_often_as_it_says() -> None:
    """Of independent shares; of shares of the same noises that go together it is wider than need be."""
    rng, n, inside, together = np.random.default_rng(0), 256, [], []
    for _ in range(2000):
        a, b = rng.binomial(n, [0.4, 0.55])
        inside.append(0.15)
        found = change(share(int(a), n), share(int(b), n))
        inside[-1] = found.low <= 0.15 <= found.high
        u = rng.random(n)
        found = change(share(int((u < 0.4).sum()), n), share(int((u < 0.55).sum()), n))
        together.append(found.low <= 0.15 <= found.high)
    assert 0.935 < np.mean(inside) < 0.965
    assert np.mean(together) > 0.99


def test_a_wider_interval_of_either_widens_that_of_the_change() -> None:
    """So that intervals over noises and trainings are taken whole."""
    narrow = change(share(50, 100), share(60, 100))
    for wide in (
        change(share(50, 100, ci95=[0.2, 0.8]), share(60, 100)),
        change(share(50, 100), share(60, 100, ci95=[0.2, 0.9])),
    ):
        assert wide.low < narrow.low
        assert wide.high > narrow.high
    unknown = change(share(50, 100, ci95=None), share(60, 100, ci95=None))
    assert course(unknown) is Course.OPEN


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.06, 0.12, Course.RISES),
        (0.001, 0.08, Course.RISES),
        (0.0, 0.08, Course.OPEN),
        (-0.08, -0.001, Course.FALLS),
        (-0.08, 0.0, Course.OPEN),
        (-0.06, 0.06, Course.OPEN),
        (-0.06, 0.02, Course.OPEN),
        (-0.02, 0.06, Course.OPEN),
        (-0.049, 0.049, Course.LEVEL),
        (0.01, 0.049, Course.LEVEL),
        (-0.049, -0.01, Course.LEVEL),
        (0.01, 0.05, Course.RISES),
        (-0.05, -0.01, Course.FALLS),
    ],
)
def test_level_is_what_lies_within_few_points_of_no_change(low: float, high: float, expected: Course) -> None:
    assert FEW == 0.05
    assert course(Change((low + high) / 2, low, high)) is expected


@pytest.mark.parametrize(
    ("counts", "before"), [((500, 1000, 2000), 1000), ((500, 900, 1100, 2000), 900), ((10, 1500, 2000), 10)]
)
def test_the_last_step_is_a_doubling_at_least(counts: tuple[int, ...], before: int) -> None:
    points = [share(1, 10, updates) for updates in counts]
    assert [s.tag("updates") for s in last_doubling(points)] == [before, counts[-1]]


def test_lines_run_along_the_updates_small_sizes_and_narrow_networks_first() -> None:
    rows = copied([0.1, 0.2, 0.3, 0.4], n=128, width=64) + copied([0.5] * 4, n=64, width=256) + copied([0.4] * 4, n=64)
    rows += [row("updates", "memorized", 0.5, "held-out", "train", 64), row("regimes", "memorized", 0.5, "m", "t", 64)]
    lines = along_updates([Row.of(r) for r in reversed(rows)], "memorized")
    assert [(line.a, line.n) for line in lines] == [("mlp-128", 64), ("mlp-256", 64), ("mlp-64", 128)]
    for points in lines.values():
        assert all(s.tag("updates") < t.tag("updates") for s, t in pairwise(points))
