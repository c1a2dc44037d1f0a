"""What every network is: ``F(x, c_noise, cond)``, made into a denoiser by ``NetworkDenoiser``.

    x         c_in x_t, shape (batch, *shape)
    c_noise   ln(sigma / alpha) / 4 within +-LOG_SNR_BOUND, shape (batch,)

Initial weights are a function of the seed alone.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from samenoise.checks import END, whole
from samenoise.data.limits import MAX_PIXELS
from samenoise.denoiser import LOG_SNR_BOUND

__all__ = ["MAX_DEPTH", "MAX_WIDTH", "DiffusersNetwork", "Network", "seeded", "timestep"]

MAX_WIDTH = 2**13
MAX_DEPTH = 2**8
"""Beyond, a network is asked for by mistake, and memory would be the first to say so."""


class Network(nn.Module, ABC):
    """A network of images.

    Attributes:
        name: as :func:`samenoise.networks.build` has it.
        shape: shape of one image.
        width: the number that a sweep of capacity changes: features, or channels of the first level.
        depth: layers, counted as each network says.

    Raises:
        TypeError: one of these is no whole number.
        ValueError: a size is not above 0, an image has more than :data:`~samenoise.data.limits.MAX_PIXELS` numbers, a
            width is more than :data:`MAX_WIDTH` or a depth more than :data:`MAX_DEPTH`.
    """

    name: ClassVar[str]

    def __init__(self, shape: tuple[int, ...], width: int, depth: int) -> None:
        super().__init__()
        self.shape = tuple(whole(n, "a size of an image", 1) for n in shape)
        if not self.shape or math.prod(self.shape) > MAX_PIXELS:
            raise ValueError(f"a network draws images of 1 .. {MAX_PIXELS:,} numbers, got the shape {self.shape}")
        self.width = whole(width, "the width of a network", 1, MAX_WIDTH + 1)
        self.depth = whole(depth, "the depth of a network", 1, MAX_DEPTH + 1)

    def forward(self, x: Tensor, c_noise: Tensor, cond: Tensor | None = None) -> Tensor:
        """Predict from scaled noisy images.

        Args:
            x: shape ``(batch, *shape)``.
            c_noise: ``ln(sigma / alpha) / 4``, shape ``(batch,)``.
            cond: these networks take no condition.

        Returns:
            The prediction, of the shape of ``x``.
        """
        if cond is not None:
            raise ValueError(f"this {type(self).__name__} was made without classes: call it with cond=None")
        return self.predict(x, c_noise)

    @abstractmethod
    def predict(self, x: Tensor, c_noise: Tensor) -> Tensor:
        """:meth:`forward` without a condition."""

    def config(self) -> dict[str, Any]:
        """What it was made of, but for the seed; :func:`samenoise.networks.from_config` is the inverse."""
        return {"name": self.name, "shape": list(self.shape), "width": self.width, "depth": self.depth}

    @property
    def core(self) -> nn.Module:
        """The module whose state dict a checkpoint holds."""
        return self

    @property
    def parameters_count(self) -> int:
        """Trained numbers."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


class DiffusersNetwork(Network):
    """A model of diffusers as a network; its checkpoint is that model's own, which diffusers reads."""

    model: Any

    @property
    def core(self) -> nn.Module:
        core: nn.Module = self.model
        return core


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Modules made inside draw their weights from ``seed``; torch's global generators are left as they were."""
    with torch.random.fork_rng(devices=[]):
        # torch.manual_seed would reach the generators of other devices too.
        torch.default_generator.manual_seed(whole(seed, "the seed of initial weights", 0, END))
        yield


def timestep(c_noise: Tensor) -> Tensor:
    """The noise level on the scale that sinusoidal embeddings are made for: from 0 to 1,000, not rounded."""
    return (c_noise / LOG_SNR_BOUND + 1) * 500
