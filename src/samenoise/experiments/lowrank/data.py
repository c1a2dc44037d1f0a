"""Samples of a mixture of subspaces, as data that networks are trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from samenoise.cells.data import DataCell
from samenoise.data import ImageSet, order
from samenoise.experiments.lowrank.subspaces import PIXELS, SHAPE, sample, subspaces
from samenoise.noise import NoiseBank
from samenoise.training.order import child_seed

__all__ = ["SubspaceCell"]


class SubspaceCell(DataCell):
    """The samples 0 to ``count - 1`` of a mixture, as images; the seed decides subspaces and samples.

    They lie in the set so that a training set of N images holds the samples 0 to N - 1, and so equally many of each
    component: sample ``i`` is of component ``i mod K``.
    """

    components: int
    dimension: int

    @property
    def label(self) -> str:
        return f"subspaces ({self.components} of dimension {self.dimension})"

    def bases(self) -> Tensor:
        """The subspaces: orthonormal columns, float64 ``(K, 64, d)``."""
        return subspaces(child_seed(self.seed, "bases"), self.components, PIXELS, self.dimension)

    def drawn(self, ids: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Any samples, those beyond ``count`` included: images float32 ``(n, 1, 8, 8)`` and components ``(n,)``."""
        bank = NoiseBank(child_seed(self.seed, "samples"), (self.dimension,))
        vectors, components = sample(self.bases(), bank, ids)
        return vectors.reshape(-1, *SHAPE), components

    def make(self, out: Path) -> tuple[ImageSet, list[str]]:
        drawn, components = self.drawn(range(self.count))
        places = order(self.count, self.seed)
        images, labels = torch.empty_like(drawn), torch.empty_like(components)
        images[places], labels[places] = drawn, components
        return ImageSet(self.label, images, labels), []
