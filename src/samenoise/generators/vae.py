"""Variational autoencoders."""

from __future__ import annotations

from samenoise.cells.vae import VAECell
from samenoise.generators.latents import LatentGenerator

__all__ = ["VAE"]


class VAE(LatentGenerator):
    """The decoder of a VAE: means of its likelihood, at latents of the prior."""

    train: VAECell
