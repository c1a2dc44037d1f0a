"""What ``teacher`` says follows from its rows, and claims no more."""

from __future__ import annotations

import pytest
from readings import said
from rows import row


@pytest.mark.parametrize(
    ("gen", "expected"),
    [
        ((4, 3, 1), "Up to N = 4 the width-64 network is nearer to the empirical optimum, from N = 8 on"),
        ((4, 4, 4), "nowhere in this sweep"),
        ((1, 1, 1), "at every size measured"),
        ((4, 1, 4), "at N = 4 only"),
    ],
)
def test_the_crossing_to_the_true_flow(gen: tuple[float, ...], expected: str) -> None:
    rows = [row("teacher", "e_gen", v, "mlp-64", "teacher", n, width=64) for n, v in zip((2, 4, 8), gen, strict=True)]
    rows += [row("teacher", "e_mem", 2, "mlp-64", "optimum", n, width=64) for n in (2, 4, 8)]
    assert expected in said(rows)
