"""What ``teacher`` says follows from its rows, and claims no more."""

from __future__ import annotations

import pytest
from readings import said
from rows import row
from sweeps import teacher_rows


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


def test_the_truth_in_words() -> None:
    text = said(teacher_rows())
    for sentence in (
        "Up to N = 256 the width-256 network is nearer to the empirical optimum, from N = 512 on nearer to the true "
        "distribution's flow (root mean squared distance 1.21 against 2.49 at N = 8192).",
        "At N = 8192 it draws the true flow's picture for 75 % of the noises.",
        "With 16 training images, 91 % of what the width-256 network draws are copies of them",
        "RP of mlp-128 and mlp-256 is 0.75 at N = 16, down to 0.18 at N = 256 and 0.83 again at N = 8192",
    ):
        assert sentence in text


def test_distances_are_rounded_against_what_they_are_said_to_show() -> None:
    def between(gen: float, mem: float) -> str:
        own = {"floor": 5.5, "ceiling": 0.001, "gaussian": 3.3, "width": 64}
        return said(
            [
                row("teacher", "e_gen", gen, "a", "teacher", 8, **own),
                row("teacher", "e_mem", mem, "a", "optimum", 8, **own),
            ]
        )

    assert "(root mean squared distance 1.22 against 2.49 at N = 8): the crossing lies below" in between(1.214, 2.496)
    assert "nowhere in this sweep nearer" in between(2.496, 1.214)
    assert "(root mean squared distance 2.49 against 1.22 at N = 8)." in between(2.496, 1.214)


def test_the_share_of_the_true_flow_is_rounded_down() -> None:
    own = {"floor": 0.0234, "ceiling": 0.9222, "gaussian": 0.8111}
    assert "picture for 60 % of the noises" in said([row("teacher", "rp_teacher", 0.605, "a", "teacher", 8, **own)])
    assert "picture for none of the noises" in said([row("teacher", "rp_teacher", 0, "a", "teacher", 8, **own)])
