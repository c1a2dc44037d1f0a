"""Numbers of the terminal's tables."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from samenoise.report.tables import hundredths


@given(st.floats(0, 1))
def test_a_share_takes_three_characters_and_is_one_only_where_it_is(value: float) -> None:
    text = hundredths(value)
    assert len(text) == 3
    assert (float(text) == 1) == (value == 1)
    assert abs(float(text) - value) <= 0.01


def test_no_value_is_a_dash() -> None:
    assert hundredths(None) == "–"
