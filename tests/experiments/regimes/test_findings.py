"""What ``regimes`` says follows from its rows, and claims no more."""

from __future__ import annotations

import pytest
from readings import said
from rows import row
from sweeps import all_rows


def test_headlines_of_the_digits() -> None:
    text = said(all_rows())
    for sentence in (
        "With 8 training images, 99 % of what the width-128 network draws are copies of them; the share is one half at "
        "about N = 97 (95 % interval 88–109); from N = 512 on, none of 512 is a copy.",
        "at N = 1500, 2 % pass for copies, no more than the 7 % of held-out real images that do.",
        "A network twice as wide goes on copying up to an N about 2.3 times as large (95 % interval 2.0–2.8).",
        "RP of mlp-128 and mlp-256 is 0.82 at N = 8, down to 0.24 at N = 256 and 0.57 again at N = 1500: both copy at "
        "the one end and agree on new pictures at the other",
        "draw the same picture for 40 % of the noises at N = 890 (floor 0 %): that is generalization, not memory.",
        "Up to N = 256 the width-256 network is nearer to the empirical optimum, from N = 512 on nearer to the true "
        "distribution's flow (root mean squared distance 1.21 against 2.49 at N = 8192).",
        "At N = 8192 it draws the true flow's picture for 75 % of the noises.",
    ):
        assert sentence in text


def test_a_network_that_stays_at_the_optimum_or_never_was_there() -> None:
    def optimum(*values: float) -> str:
        sizes = zip((8, 16), values, strict=True)
        return said([row("regimes", "rp_optimum", v, "mlp-64", "optimum", n, width=64) for n, v in sizes])

    assert "for 85 % of the noises at N = 8, 1 % at N = 16." in optimum(0.8594, 0.0098)
    for flat in ((0.0, 0.0), (0.5, 0.75)):
        assert f"{100 * flat[1]:.1f} % at N = 16: no fall with N is seen" in optimum(*flat)


@pytest.mark.parametrize(
    ("value", "ci95", "expected"),
    [
        (2.38, [2.0, 2.8], "about 2.3 times as large"),
        (1.2, [0.9, 1.6], "is not settled"),
        (0.8, [0.7, 0.9], "stop copying earlier"),
        (2.0, None, "without an interval"),
        (None, None, "is not determined"),
    ],
)
def test_width(value: float | None, ci95: list[float] | None, expected: str) -> None:
    rows = [row("regimes", "n50_per_doubling", value, "mlp-64", "mlp-128", None, ci95=ci95)]
    assert expected in said(rows)


def test_nothing_is_concluded_from_what_are_no_pictures() -> None:
    """Networks that return something like their noise agree above every floor."""

    def said_at(distance: float) -> str:
        rows = [row("splits", "rp_split", 0.9, "m/a", "m/b", 100, floor=0.0)]
        rows += [
            row("splits", "nn_distance", distance, name, "data", 100, ci95=None, floor=2.0) for name in ("m/a", "m/b")
        ]
        rows += [row("regimes", "rp", 0.9, "a", "b", 100, gaussian=0.0)]
        rows += [
            row("regimes", "nn_distance", distance, name, "data", 100, ci95=None, floor=2.0) for name in ("a", "b")
        ]
        return said(rows)

    assert "generalization" in said_at(2.9)
    assert "do not explain the agreement" in said_at(2.9)
    assert "generalization" not in said_at(3.1)
    assert "do not explain the agreement" not in said_at(3.1)
    assert said_at(3.1).count("far from all real images") == 2


def test_the_gaussian_may_explain_it() -> None:
    assert "do not explain" in said([row("regimes", "rp", 0.6, "a", "b", 100, gaussian=0.1)])
    assert "may explain" in said([row("regimes", "rp", 0.6, "a", "b", 100, gaussian=0.58)])
