"""Generative adversarial networks."""

from __future__ import annotations

from samenoise.cells.gan import GANCell
from samenoise.generators.latents import LatentGenerator

__all__ = ["GAN"]


class GAN(LatentGenerator):
    """The decoder of a GAN, which its critic is not needed for."""

    train: GANCell
