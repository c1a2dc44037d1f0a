"""Small networks whose every weight does something, for tests of all networks."""

from __future__ import annotations

import torch
from torch import Tensor

from samenoise.networks import Network, build

NARROW = {"mlp": 24, "unet": 8, "ncsnpp": 8, "dit": 32, "uvit": 32}
"""Widths for tests."""
SHALLOW = {"mlp": 2, "unet": 1, "ncsnpp": 1, "dit": 2, "uvit": 5}
SHAPE = (1, 8, 8)


def stirred(name: str, shape: tuple[int, ...] = SHAPE, width: int | None = None) -> Network:
    """A network away from its initial weights, at which some ignore noise level or image."""
    network = build(name, shape, width or NARROW[name], SHALLOW[name])
    generator = torch.Generator().manual_seed(1)
    for p in network.parameters():
        p.data += 0.1 * torch.randn(p.shape, generator=generator)
    return network


def inputs(batch: int, shape: tuple[int, ...] = SHAPE) -> tuple[Tensor, Tensor]:
    """``x`` and ``c_noise``."""
    return torch.randn(batch, *shape, generator=torch.Generator().manual_seed(2)), torch.linspace(-2, 2, batch)
