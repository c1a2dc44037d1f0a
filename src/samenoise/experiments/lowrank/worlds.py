"""A mixture of subspaces as a world: its points, and what a denoiser has found of the subspaces at these."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from samenoise.denoiser import Denoiser
from samenoise.experiments.lowrank.data import SubspaceCell
from samenoise.experiments.lowrank.spectra import spectra, time_of
from samenoise.experiments.lowrank.subspaces import SHAPE, energy_in, low_rank_mixture, principal, recovery_error
from samenoise.noise import NoiseBank
from samenoise.oracle import Gaussian
from samenoise.process import Process
from samenoise.training.order import child_seed

__all__ = ["HELD_OUT", "TRAIN", "Seen", "World"]

HELD_OUT, TRAIN = "heldout", "train"


class Seen(NamedTuple):
    """At the points of one denoiser, each ``(points,)``."""

    error: Tensor
    span_error: Tensor
    rank: Tensor


class World:
    """A replicate: its subspaces, its points, and what may be found of the one at the others."""

    def __init__(self, data: SubspaceCell, process: Process, sigma: float, images: int) -> None:
        self.data, self.process, self.images, self.bases = data, process, images, data.bases()
        self.time = time_of(process, sigma)
        self.whole = torch.cat(list(self.bases), dim=1)
        self.truth = low_rank_mixture(self.bases, SHAPE, process)
        self.drawn, self.labels = data.drawn(range(data.count + images))

    def exact(self) -> Seen:
        """The exact denoiser at fresh samples."""
        fresh = slice(self.data.count, self.data.count + self.images)
        return self._at(self.truth, "cpu", HELD_OUT, fresh, torch.float64)

    def seen(self, denoiser: Denoiser, device: str, n: int) -> dict[str, Seen]:
        """A denoiser at fresh samples, and at the first of ``n`` that it was trained on."""
        count = self.data.count
        points = {HELD_OUT: slice(count, count + self.images), TRAIN: slice(0, min(n, self.images))}
        return {where: self._at(denoiser, device, where, part) for where, part in points.items()}

    def _at(self, denoiser: Denoiser, device: str, where: str, part: slice, dtype: torch.dtype = torch.float32) -> Seen:
        images, labels = self.drawn[part], self.labels[part]
        noises = NoiseBank(child_seed(self.data.seed, "points", where), SHAPE)[: len(images)]
        found = spectra(denoiser, images, noises, self.time, device, dtype)
        directions = found.left[:, :, : self.data.dimension].double()
        return Seen(recovery_error(self.bases[labels], directions), self._off_span(directions), found.rank)

    def _off_span(self, directions: Tensor) -> Tensor:
        return (1 - energy_in(self.whole, directions)).clamp(min=0).sqrt()

    def floors(self, n: int) -> tuple[float, float]:
        """PCA of the training samples: of each component by itself, and whether it stays in the span of all."""
        samples, d = self.drawn[:n].flatten(1), self.data.dimension
        own = [
            float(recovery_error(basis, principal(samples[self.labels[:n] == k], d)))
            for k, basis in enumerate(self.bases)
        ]
        return float(np.mean(own)), float(self._off_span(principal(samples, d)))

    def gaussian(self, n: int) -> Seen:
        """The Gaussian of the training samples in the network's place; its Jacobian is the same at all points."""
        one_of_each = slice(0, self.data.components)
        return self._at(Gaussian.fit(self.drawn[:n], self.process), "cpu", HELD_OUT, one_of_each, torch.float64)
