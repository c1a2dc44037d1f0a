"""Numbers in the table of all scores."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenoise.report.page import exact, shown


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_is_shown_as_one_only_where_it_is(share: tuple[int, int]) -> None:
    value = share[0] / share[1]
    assert (float(shown(value)) == 1) == (value == 1)
    assert abs(float(shown(value)) - value) <= 0.0005 + 1e-12


@given(st.floats(allow_nan=False))
def test_an_exact_number_has_all_its_digits(value: float) -> None:
    assert float(exact(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.5, "0.500"),
        (1.0, "1.000"),
        (0.9996, "0.999600"),
        (-12.34567, "-12.346"),
        (99.9994, "99.999"),
        (123456.7, "1.235e+05"),
        (512, "512"),
        (math.inf, "∞"),
        ((0.25, 0.75), "0.250 – 0.750"),
        (("process", "width"), "process, width"),
        ({"seed": 1, "share": 0.5}, "seed: 1, share: 0.500"),
        ("heun", "heun"),
    ],
)
def test_by_hand(value: object, text: str) -> None:
    assert shown(value) == text
