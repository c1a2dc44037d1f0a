"""Rows in the order in which they are drawn and told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rows import row

from samenoise.lab.run_files import Row, by_pair

WIDTHS = st.lists(st.sampled_from([8, 16, 100, 128, 1024]), min_size=1, max_size=5, unique=True)
SIZES = st.lists(st.integers(2, 2000), min_size=1, max_size=4, unique=True)


@given(WIDTHS, SIZES)
def test_narrow_networks_come_first_whatever_their_names_sort_to(widths: list[int], sizes: list[int]) -> None:
    """And lines without a width before them, each from small sizes to large."""
    made = [row("regimes", "gl", 0.5, f"mlp-{w}", "train", n, width=w) for w in widths for n in sizes]
    made += [row("regimes", "gl", 0.5, "optimum", "train", n) for n in sizes]
    lines = by_pair([Row.of(each) for each in made], "regimes", "gl")
    assert [a for a, _, _ in lines] == ["optimum", *(f"mlp-{w}" for w in sorted(widths))]
    assert all([s.n_train for s in line] == sorted(sizes) for line in lines.values())
