"""Pictures of noise, where only their shape matters."""

from __future__ import annotations

from pathlib import Path

import torch

from samenoise.cells.data import DataCell
from samenoise.data import ImageSet
from samenoise.noise import NoiseBank

__all__ = ["NoisePictures"]


class NoisePictures(DataCell):
    """As many as ``count``."""

    shape: tuple[int, int, int]

    @property
    def label(self) -> str:
        return "noise"

    def make(self, out: Path) -> tuple[ImageSet, list[str]]:
        images = NoiseBank(self.seed, self.shape)[: self.count].clamp(-1, 1)
        return ImageSet(self.label, images, torch.zeros(self.count, dtype=torch.int64)), []
