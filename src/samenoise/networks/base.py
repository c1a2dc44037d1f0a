"""What every network is: ``F(x, c_noise, cond)``, made into a denoiser by ``NetworkDenoiser``.

    x         c_in x_t, shape (batch, *shape)
    c_noise   ln(sigma / alpha) / 4 within +-LOG_SNR_BOUND, shape (batch,)
    cond      labels 0 .. classes - 1, -1 for none, shape (batch,); None for none at all

Each network has a row of learned numbers for every class, and one for no class (Ho & Salimans 2207.12598). One class
tells nothing: a network of one class has no such rows, and is the network without classes, weight by weight.

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

__all__ = ["MAX_CLASSES", "MAX_DEPTH", "MAX_WIDTH", "NO_CLASS", "DiffusersNetwork", "Network", "seeded", "timestep"]

MAX_WIDTH = 2**13
MAX_DEPTH = 2**8
MAX_CLASSES = 2**20
"""Beyond, a network is asked for by mistake, and memory would be the first to say so."""
NO_CLASS = -1
"""The label of what has none."""


class Network(nn.Module, ABC):
    """A network of images.

    Attributes:
        name: as :func:`samenoise.networks.build` has it.
        shape: shape of one image.
        width: the number that a sweep of capacity changes: features, or channels of the first level.
        depth: layers, counted as each network says.
        classes: how many labels there are, 0 where the network takes none.

    Raises:
        TypeError: one of these is no whole number.
        ValueError: a size is not above 0, an image has more than :data:`~samenoise.data.limits.MAX_PIXELS` numbers, a
            width is more than :data:`MAX_WIDTH`, a depth more than :data:`MAX_DEPTH`, or classes more than
            :data:`MAX_CLASSES`.
    """

    name: ClassVar[str]

    def __init__(self, shape: tuple[int, ...], width: int, depth: int, classes: int = 0) -> None:
        super().__init__()
        self.shape = tuple(whole(n, "a size of an image", 1) for n in shape)
        if not self.shape or math.prod(self.shape) > MAX_PIXELS:
            raise ValueError(f"a network draws images of 1 .. {MAX_PIXELS:,} numbers, got the shape {self.shape}")
        self.width = whole(width, "the width of a network", 1, MAX_WIDTH + 1)
        self.depth = whole(depth, "the depth of a network", 1, MAX_DEPTH + 1)
        self.classes = whole(classes, "the number of classes", 0, MAX_CLASSES + 1)

    @property
    def rows(self) -> int:
        """Of the table of classes: one for each, the last for none; 0 where there is nothing to tell apart."""
        return self.classes + 1 if self.classes > 1 else 0

    def forward(self, x: Tensor, c_noise: Tensor, cond: Tensor | None = None) -> Tensor:
        """Predict from scaled noisy images.

        Args:
            x: shape ``(batch, *shape)``.
            c_noise: ``ln(sigma / alpha) / 4``, shape ``(batch,)``.
            cond: labels, int64 of shape ``(batch,)``, of 0 to ``classes - 1``, and -1 for no class; ``None`` is no
                class for all.

        Returns:
            The prediction, of the shape of ``x``.

        Raises:
            ValueError: the network has no classes, a label is none of them, or there is not one for each image.
        """
        return self.predict(x, c_noise, self.chosen(cond, len(x), x.device))

    def chosen(self, cond: Tensor | None, batch: int, device: torch.device) -> Tensor | None:
        """Rows of the table of classes, ``(batch,)``; ``None`` where there is none."""
        if cond is None:
            return torch.full((batch,), self.classes, device=device) if self.rows else None
        if not self.classes:
            raise ValueError(f"this {type(self).__name__} was made without classes: call it with cond=None")
        if cond.dtype != torch.int64 or cond.shape != (batch,):
            raise ValueError(
                f"labels are int64, one for each of the {batch} images; got {cond.dtype} of shape {tuple(cond.shape)}"
            )
        if bool(((cond < NO_CLASS) | (cond >= self.classes)).any()):
            raise ValueError(
                f"labels of a network of {self.classes} classes are 0 to {self.classes - 1}, and {NO_CLASS} for none; "
                f"got {int(cond.min())} to {int(cond.max())}"
            )
        return cond.remainder(self.rows).to(device) if self.rows else None  # -1 is the last row

    @abstractmethod
    def predict(self, x: Tensor, c_noise: Tensor, rows: Tensor | None) -> Tensor:
        """:meth:`forward`, given rows of the table of classes, where the network has one."""

    def config(self) -> dict[str, Any]:
        """What it was made of, but for the seed; :func:`samenoise.networks.from_config` is the inverse."""
        own = {"name": self.name, "shape": list(self.shape), "width": self.width, "depth": self.depth}
        return own | ({"classes": self.classes} if self.classes else {})

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
