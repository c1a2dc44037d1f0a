"""Which generators ``contrast`` trains beside the diffusion models of the config: the keys under ``contrast``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samenoise.cells.latents import LatentTraining
from samenoise.cells.specs import Count, Positive, Whole, Width
from samenoise.networks.latents import Architecture
from samenoise.runs.cell import Spec

__all__ = ["ContrastSettings", "GANSettings", "VAESettings"]

Networks = Annotated[dict[Architecture, Width], Field(min_length=1)]


def _both() -> dict[Architecture, int]:
    return {"mlp": 256, "conv": 16}


class GANSettings(LatentTraining):
    """GANs."""

    updates: Count = 3000
    networks: Networks = Field(default_factory=_both)
    """Architecture -> width."""
    penalty: Positive = 2.0
    """Weight of the critic's squared gradient at real images."""


class VAESettings(LatentTraining):
    """VAEs."""

    updates: Count = 4000
    lr: Positive = 2e-3
    networks: Networks = Field(default_factory=_both)
    """Architecture -> width."""
    deviation: Positive = 0.12
    """Of the likelihood, in units of pixels of [-1, 1]."""


class ContrastSettings(Spec):
    """GANs and VAEs: every architecture of each, with every seed."""

    latent: Count = 6
    """Elements of a latent: the first so many of each noise of the run's bank."""
    seeds: Annotated[Whole, Field(ge=2, le=64)] = 2
    """Trainings of every architecture of GANs and of VAEs; those of diffusion models are named under ``models``."""
    gan: GANSettings = GANSettings()
    """GANs: how they are trained, as under ``training``; which architectures, with their widths; and the weight of the
    critic's squared gradient at real images."""
    vae: VAESettings = VAESettings()
    """VAEs: the same, and the deviation of the likelihood."""

    @property
    def labels(self) -> list[str]:
        """The names that GANs and VAEs have in the rows."""
        both = {"gan": self.gan.networks, "vae": self.vae.networks}
        return [
            label(sort, network, width, seed)
            for sort, networks in both.items()
            for network, width in networks.items()
            for seed in range(self.seeds)
        ]


def label(sort: str, network: str, width: int, seed: int) -> str:
    """Such as ``gan-mlp-256``, and ``gan-mlp-256-seed1`` for its second training."""
    return f"{sort}-{network}-{width}" + (f"-seed{seed}" if seed else "")
