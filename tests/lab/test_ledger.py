"""Rows with their baselines."""

import torch

from samenoise.features import Pixel
from samenoise.lab.drawn import Drawn
from samenoise.lab.ledger import Ledger


def test_baselines_are_the_least_favourable_of_their_pairs():
    """Of several ceilings the lowest counts, of several Gaussians the highest."""
    pixel, ids = Pixel(torch.zeros(1, 2, 2)), torch.arange(4)

    def drawn(name, kinds):
        images = torch.eye(4)[kinds].reshape(4, 1, 2, 2)
        return Drawn.of(name, images, pixel(images, ids, "bank"), 0.95)

    a, b, half, quarter = (
        drawn("a", [0, 1, 2, 3]),
        drawn("b", [0, 1, 2, 0]),
        drawn("h", [0, 1, 0, 0]),
        drawn("q", [0, 0, 0, 0]),
    )
    ledger = Ledger("regimes", 8)
    ledger.pair("rp", a, b, ceilings=[(a, a), (a, half)], gaussians=[(a, quarter), (a, half)])
    [row, _] = ledger.rows
    assert (row["value"], row["baseline"]) == (0.75, {"floor": 1 / 12, "ceiling": 0.5, "gaussian": 0.5})
