"""Rows with their baselines."""

import pytest
import torch

from samenoise.features import Pixel
from samenoise.lab.drawn import Drawn
from samenoise.lab.ledger import Ledger


def drawn(name: str, kinds: list[int]) -> Drawn:
    """Four images, each of one bright pixel."""
    pixel, ids = Pixel(torch.zeros(1, 2, 2)), torch.arange(4)
    images = torch.eye(4)[kinds].reshape(4, 1, 2, 2)
    return Drawn.of(name, images, pixel(images, ids, "bank"), 0.95)


A, B, HALF, QUARTER = (
    drawn("a", [0, 1, 2, 3]),
    drawn("b", [0, 1, 2, 0]),
    drawn("h", [0, 1, 0, 0]),
    drawn("q", [0, 0, 0, 0]),
)
BESIDE = {"ceilings": [(A, A), (A, HALF)], "gaussians": [(A, QUARTER), (A, HALF)]}


def test_baselines_are_the_least_favourable_of_their_pairs():
    """Of several ceilings the lowest counts, of several Gaussians the highest."""
    ledger = Ledger("regimes", 8)
    ledger.pair("rp", A, B, **BESIDE)
    [row, _] = ledger.rows
    assert (row["value"], row["baseline"]) == (0.75, {"floor": 1 / 12, "ceiling": 0.5, "gaussian": 0.5})


def test_of_distances_the_least_favourable_is_the_other_end():
    """Of a share the lowest ceiling and the highest Gaussian count; of a distance the highest and the lowest."""
    ledger = Ledger("regimes", 8)
    ledger.distances(A, B, **BESIDE)
    mae, pfd = ledger.rows
    assert mae["value"] == 0.75
    assert (mae["baseline"]["ceiling"], mae["baseline"]["gaussian"]) == (0.5, 0.5)
    # Of A with HALF two of four pairs differ, each in two pixels: (2 + 2) / 4. Of A with QUARTER it is three.
    assert pfd["value"] == pytest.approx((2 / 4) ** 0.5)
    assert (pfd["baseline"]["ceiling"], pfd["baseline"]["gaussian"]) == (pytest.approx(1), pytest.approx(1))
