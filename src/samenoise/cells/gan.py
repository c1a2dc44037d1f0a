"""The training of a GAN."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from samenoise.cells.latents import LatentCell
from samenoise.training.gan import GANLoop

__all__ = ["GANCell"]


class GANCell(LatentCell):
    """A decoder and its critic: see :mod:`samenoise.training.gan`."""

    sort: ClassVar[str] = "gan"
    penalty: float
    """Weight of the critic's squared gradient at real images."""

    def loop(self, images: Tensor) -> GANLoop:
        networks, recipe = self.networks(images, 1), self.training.recipe()
        return GANLoop(*networks, images, self.seed, recipe, self.device, self.title, penalty=self.penalty)
