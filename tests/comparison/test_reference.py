"""Which side is nearer to a reference: paired, and exact."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from samenoise.comparison import SideSpec, compare

SHAPE = (3, 4, 4)


def exact(noise):
    return np.tanh(noise)


def off(amount, sign=1):
    def draws(noise):
        return np.tanh(noise) + amount * np.sin(9 * noise + sign)

    return draws


def compared(a, b, **how):
    found = compare(
        *(SideSpec(a, "a"), SideSpec(b, "b")), reference=SideSpec(exact, "r"), shape=SHAPE, noises=40, ceiling=0, **how
    )
    [nearer] = found.nearer
    return nearer


def test_the_nearer_side_is_named_with_its_test():
    found = compared(off(0.1), off(0.05))
    assert found.share.value == 1
    assert found.share.n == 40
    assert found.p == pytest.approx(2 * 0.5**40)
    assert "a : b: b is nearer to r at 100% of 40 noises" in str(found)
    assert found.pfd[0] == pytest.approx(2 * found.pfd[1], rel=1e-3)
    assert compared(off(0.05), off(0.1)).share.value == 0


def test_two_sides_as_near_are_not_told_apart():
    found = compared(off(0.1, 1), off(0.1, 2))
    k, n = round(found.share.value * found.share.n), found.share.n
    assert found.p == pytest.approx(min(1, 2 * binom.cdf(min(k, n - k), n, 0.5)))
    assert found.p > 0.05
    assert "neither is shown to be nearer" in str(found)
    assert compared(exact, exact).share is None
    assert "equally near" in str(compared(exact, exact))


def test_rp_with_the_reference_is_compared_by_mcnemar():
    def part(limit):
        def draws(noise):
            image = np.tanh(noise)
            image[noise[:, 0, 0, 0] > limit] *= -1
            return image

        return draws

    found = compared(part(0.5), part(-0.5))
    noise = compare(exact, exact, shape=SHAPE, noises=40, ceiling=0).noises.bank[:40][:, 0, 0, 0].numpy()
    between = int(((noise > -0.5) & (noise <= 0.5)).sum())
    assert between > 5
    assert found.rp == (float((noise <= 0.5).mean()), float((noise <= -0.5).mean()))
    assert found.rp_p == pytest.approx(2 * 0.5**between)


def test_the_reference_is_drawn_and_shown_beside_the_sides():
    found = compare(exact, off(0.1), reference=SideSpec(exact, "r"), shape=SHAPE, noises=8, ceiling=4)
    assert list(found.sides) == ["exact", "draws", "r"]
    assert found.strip.sides == ["exact", "draws", "r"]
    assert set(found.ceilings) == {"exact", "draws"}
    assert len(found.pairs) == 1
