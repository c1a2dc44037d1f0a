"""A generator's images and features, under the name that it has in the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

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


Twice = tuple[Drawn, Drawn]
"""A generator at both batch sizes: beside itself, the ceiling of a score."""
