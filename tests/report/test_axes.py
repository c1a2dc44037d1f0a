"""The axis of sizes."""

from __future__ import annotations

import matplotlib
import pytest

from samenoise.report.axes import size_axis
from samenoise.report.ink import RC, new_figure


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("sizes", [(8, 64, 512), (8, 900, 1000, 1100), (2, 3, 1500, 1501)])
def test_a_tick_has_the_name_of_its_size_or_none(sizes: tuple[int, ...], narrow: bool) -> None:
    with matplotlib.rc_context(RC):
        axes = new_figure(narrow, 3.0).add_subplot()
        size_axis(axes, sizes, narrow)
        named = dict(zip(axes.get_xticks(), (tick.get_text() for tick in axes.get_xticklabels()), strict=True))
    assert list(named) == list(sizes)
    assert all(text in ("", f"{size:g}") for size, text in named.items())
    assert named[sizes[0]] == str(sizes[0]), "its right neighbour is far away"
    assert named[sizes[-1]] == str(sizes[-1]), "of those that would touch, the largest has its name"
