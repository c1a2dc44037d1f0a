"""What ``regimes`` says follows from its rows, and claims no more."""

from __future__ import annotations

from typing import Any

import pytest
from readings import said
from rows import row
from sweeps import regime_rows
from witnesses import witnesses


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
        (2.38, [2.0, 2.8], "about 2.3 times as large (95 % interval 2.0–2.8). All widths train for the same number"),
        (1.2, [0.9, 1.6], "is not settled"),
        (0.8, [0.7, 0.9], "stop copying earlier"),
        (0.803, [0.7, 0.9], "twice the width, 0.81 times as many images"),
        (2.0, None, "without an interval"),
        (None, None, "is not determined"),
        (None, [2.07, None], "up to an N at least 2.0 times as large. All widths train for the same number of updates"),
        (None, [0.0, 0.71], "at most 0.71 times as many images."),
        (None, [0.5, None], "is not determined"),
    ],
)
def test_width(value: float | None, ci95: list[float] | None, expected: str) -> None:
    rows = [row("regimes", "n50_per_doubling", value, "mlp-128", "train", None, ci95=ci95)]
    assert expected in said(rows)


def agreeing(**own: Any) -> str:
    pair = row("regimes", "rp", 0.605, "a", "b", 100, **{"floor": 0.0} | own)
    return said([pair, *witnesses(pair)])


def test_the_gaussian_may_explain_it() -> None:
    assert "Second-order statistics do not explain the agreement at the threshold 0.95: at" in agreeing(gaussian=0.1)
    assert "do not explain the agreement is not shown" in agreeing(gaussian=0.58)
    assert "it needs agreement above that with a Gaussian, which is left open" in agreeing(gaussian=0.58)
    assert "it needs agreement above that with a Gaussian, which is not so" in agreeing(gaussian=0.7)


def test_each_baseline_stands_in_its_own_place_rounded_against_the_claim() -> None:
    """All of one row's numbers differ, and so would each sentence if two of them were swapped."""
    own = {"floor": 0.3111, "ceiling": 0.9222, "gaussian": 0.1234}
    assert agreeing(**own) == (
        "Second-order statistics do not explain the agreement at the threshold 0.95: at N = 100 a Gaussian with the "
        "mean and covariance of the training set draws a network's picture for 13 % of the noises, another network for "
        "60 %. Less strictly, the Gaussian has 0.90 against 0.90 at the calibrated threshold (there, mean and "
        "covariance may be enough) and 0.900 against 0.949 by AUC, without a threshold."
    )
    copies = row("regimes", "memorized", 0.0234, "a", "train", 100, floor=0.0719, ceiling=0.5, gaussian=0.9)
    real = "at N = 100, 2.4 % pass for copies, no more beyond the noise than the 7.1 % of held-out real images that do."
    assert real in said([copies])
    copies["baseline"] = {"floor": 0.0119, "ceiling": 0.5, "gaussian": 0.9}
    assert "at N = 100, the largest size, 2.4 % still are, against 1.1 % of held-out" in said([copies])
    fall = [row("regimes", "rp_optimum", v, "a", "optimum", n, **own) for n, v in ((8, 0.605), (16, 0.0234))]
    assert said(fall).endswith("for 60 % of the noises at N = 8 (by chance for 32 %), 2.4 % at N = 16.")


def test_rows_of_other_experiments_are_not_its_own() -> None:
    rows = [row("regimes", "rp", 0.6, "a", "b", 100, gaussian=0.1)]
    strange = [r | {"experiment": "rainbow"} for r in regime_rows()]
    assert said(rows + strange) == said(rows)
