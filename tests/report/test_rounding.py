"""Numbers in words are rounded against the claim they serve."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenoise.report import rounding


@given(st.floats(0, 1))
def test_shares_are_rounded_against_the_claim(share: float) -> None:
    low, high = (
        float(f(share).removesuffix(" %")) / 100 for f in (rounding.percent_at_least, rounding.percent_at_most)
    )
    assert low <= share + 1e-12
    assert high >= share - 1e-12
    assert high - low <= 0.0101


@given(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)).map(sorted), st.integers(0, 3))
def test_an_interval_is_rounded_outward(ends: list[float], digits: int) -> None:
    low, high = map(float, rounding.interval((ends[0], ends[1]), digits).split("–"))
    assert low <= ends[0] < low + 10.0**-digits + 1e-9
    assert high - 10.0**-digits - 1e-9 < ends[1] <= high


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((0.512, 0.598), "0.51–0.60"),
        ((0.0, 0.0), "0.00–0.00"),
        ((-0.00841, -0.00465), "−0.0085 to −0.0046"),
        ((-0.0004, 0.02), "−0.001 to 0.020"),
        ((0.5, float("inf")), "0.50–∞"),
    ],
)
def test_a_small_interval_keeps_two_digits_that_say_something(ends: tuple[float, float], expected: str) -> None:
    assert rounding.small_interval(ends) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rounding.percent_at_least(0.9996), "99.9 %"),
        (rounding.percent_at_most(0.0004), "0.1 %"),
        (rounding.percent_at_most(0.0), "0 %"),
        (rounding.percent_at_least(0.57), "57 %"),  # 0.57 * 100 is 56.99999999999999 in floating point
        (rounding.at_least(0.57), "0.57"),
        (rounding.about(8.04), "8"),
        (rounding.about(8.06), "8.1"),
        (rounding.about(10.4), "10"),
        (rounding.interval((0.789, float("inf")), 1), "0.7–∞"),
    ],
)
def test_rounding_by_hand(text: str, expected: str) -> None:
    assert text == expected
