"""What generators of latents have in common, GANs and VAEs: one call of a decoder, at the first elements of a noise.

Noise ``i`` is the noise ``i`` of the run's bank, of the shape of an image as for every generator; the latent is its
first ``latent`` elements in row-major order, which are unit noise again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from samenoise.cells.latents import LatentCell
from samenoise.cells.specs import SamplingSpec
from samenoise.generators.base import Generator
from samenoise.networks.latents import Decoder
from samenoise.noise import Bank
from samenoise.runs.cell import Cell, Results
from samenoise.solver import Batch

__all__ = ["LatentGenerator", "LatentSampler"]


class LatentGenerator(Generator):
    """A decoder of a training."""

    train: LatentCell

    @property
    def title(self) -> str:
        return self.train.title

    def needs(self) -> list[Cell]:
        return [self.train]

    def open(self, store: Results, sampling: SamplingSpec, device: str) -> LatentSampler:
        return LatentSampler(self.train.decoder(store).to(device), self.train.sort, device)


class LatentSampler:
    """A decoder; solver and grid of the run are no matter of its."""

    def __init__(self, decoder: Decoder, sort: str, device: str) -> None:
        self.decoder, self.sort, self.device = decoder, sort, device

    @property
    def shape(self) -> tuple[int, ...]:
        return self.decoder.shape

    @property
    def about(self) -> dict[str, Any]:
        return {"sort": self.sort, "latent": self.decoder.latent}

    def __call__(self, bank: Bank, ids: Sequence[int], batch: int) -> Iterator[Batch]:
        for chosen in torch.split(torch.as_tensor(ids, dtype=torch.int64), batch):
            latents = bank[chosen.tolist()].flatten(1)[:, : self.decoder.latent]
            with torch.no_grad():
                yield Batch(chosen, self.decoder(latents.to(self.device)), 1)
