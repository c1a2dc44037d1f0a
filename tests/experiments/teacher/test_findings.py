"""What ``teacher`` says follows from its rows, and claims no more."""

from __future__ import annotations

from typing import Any

import pytest
from readings import said
from rows import row
from sweeps import teacher_rows


def distance(metric: str, value: float, n: int, spread: float = 0.1, **own: Any) -> dict[str, Any]:
    b = "teacher" if metric == "e_gen" else "optimum"
    ends = {"ci95": [value - spread, value + spread], "width": 64}
    return row("teacher", metric, value, "mlp-64", b, n, **ends | own)


@pytest.mark.parametrize(
    ("gen", "expected"),
    [
        ((4, 3, 1), "Up to N = 4 the width-64 network is nearer to the empirical optimum, from N = 8 on"),
        ((4, 4, 4), "nowhere in this sweep"),
        ((1, 1, 1), "at every size measured"),
        ((4, 1, 4), "at N = 4 only"),
        ((4, 2.05, 1), "at N = 8 only"),
        ((4, 1, 1.95), "at N = 4 only"),
        ((4, 1.95, 2), "nowhere in this sweep seen to be nearer"),
    ],
)
def test_the_crossing_to_the_true_flow(gen: tuple[float, ...], expected: str) -> None:
    rows = [distance("e_gen", v, n) for n, v in zip((2, 4, 8), gen, strict=True)]
    rows += [distance("e_mem", 2, n) for n in (2, 4, 8)]
    assert expected in said(rows)


def test_the_crossing_is_that_of_the_widest_network() -> None:
    rows = [distance(metric, v, 8) for metric, v in (("e_gen", 3), ("e_mem", 9))]
    wide = [distance(metric, v, 8, width=128) | {"a": "mlp-128"} for metric, v in (("e_gen", 2), ("e_mem", 1))]
    assert "The width-128 network is nowhere in this sweep seen to be nearer" in said(rows + wide)


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
        own = {"floor": 5.5, "ceiling": 0.001, "gaussian": 3.3}
        return said([distance("e_gen", gen, 8, **own), distance("e_mem", mem, 8, **own)])

    assert "(root mean squared distance 1.22 against 2.49 at N = 8): the crossing lies below" in between(1.214, 2.496)
    assert "nowhere in this sweep seen to be nearer" in between(2.496, 1.214)
    assert "(root mean squared distance 2.49 against 1.22 at N = 8)." in between(2.496, 1.214)


def test_nearer_to_the_truth_than_to_copies_is_no_sign_of_learning_where_the_gaussian_is_as_near() -> None:
    def beside(gaussian: float | None, **own: Any) -> str:
        return said([distance("e_gen", 1, 8, gaussian=gaussian, **own), distance("e_mem", 2, 8)])

    assert "no sign of learning" not in beside(1.2)
    assert "no sign of learning" not in beside(None)
    assert "At N = 8 that is no sign of learning: what the Gaussian of its training set draws is 1.00 from" in beside(1)
    assert "no sign of learning" in beside(1.05), "the interval of the network's distance holds it"
    assert "no sign of learning" in beside(1.2) + beside(1.2, spread=0.3)


def test_the_true_flows_picture_is_drawn_more_than_by_chance_and_by_the_gaussian() -> None:
    def drawn(**own: Any) -> str:
        return said([row("teacher", "rp_teacher", 0.605, "a", "teacher", 8, **own)])

    assert drawn(floor=0.1, gaussian=0.2).endswith("for 60 % of the noises.")
    assert drawn(floor=0.603, gaussian=0.2).endswith("not shown to be more than chance does, for 61 %.")
    assert drawn(floor=0.1, gaussian=0.7).endswith("more than the Gaussian of its training set does, for 70 %.")


def test_the_share_of_the_true_flow_is_rounded_down() -> None:
    own = {"floor": 0.0234, "ceiling": 0.9222, "gaussian": 0.1111}
    assert "picture for 60 % of the noises" in said([row("teacher", "rp_teacher", 0.605, "a", "teacher", 8, **own)])
    assert "picture for none of the noises" in said([row("teacher", "rp_teacher", 0, "a", "teacher", 8, **own)])
