"""A generator's images and features, under the name that it has in the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from samenoise.features import Features

__all__ = ["Drawn", "Twice"]


@dataclass(frozen=True)
class Drawn:
    """Images and their features, for scores at one threshold."""

    name: str
    images: Tensor
    features: Features

    @classmethod
    def of(cls, name: str, images: Tensor, features: Features, threshold: float) -> Drawn:
        """``threshold`` takes the place of the extractor's own."""
        return cls(name, images, replace(features, extractor=replace(features.extractor, threshold=threshold)))

    def like(self, other: Drawn) -> Drawn:
        """The part that is of the noises of ``other``."""
        kept = torch.isin(self.features.ids, other.features.ids)
        features = replace(self.features, ids=self.features.ids[kept], array=self.features.array[kept])
        return Drawn(self.name, self.images[kept.to(self.images.device)], features)


Twice = tuple[Drawn, Drawn]
"""A generator, and its images of the first noises at another batch size: beside itself, the ceiling of a score."""
