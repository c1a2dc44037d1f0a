"""The training of a VAE."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from samenoise.cells.latents import LatentCell
from samenoise.training.vae import VAELoop

__all__ = ["VAECell"]


class VAECell(LatentCell):
    """A decoder and its encoder: see :mod:`samenoise.training.vae`."""

    sort: ClassVar[str] = "vae"
    deviation: float
    """Of the likelihood, in units of pixels of [-1, 1]."""

    def loop(self, images: Tensor) -> VAELoop:
        networks, recipe = self.networks(images, 2 * self.latent), self.training.recipe()
        return VAELoop(*networks, images, self.seed, recipe, self.device, self.title, deviation=self.deviation)
