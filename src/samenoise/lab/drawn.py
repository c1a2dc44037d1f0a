"""A generator's images and features, under the name that it has in the rows; of a network perhaps several trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from samenoise.cells.data import Subset
from samenoise.features import Features
from samenoise.metrics import Leftover, Nearest, memorized
from samenoise.metrics.generalization import Matched, matched

__all__ = ["Drawn", "Twice", "Unseen"]


@dataclass(frozen=True)
class Drawn:
    """Images and their features, for scores at one threshold."""

    name: str
    images: Tensor
    features: Features
    left: Leftover | None = None
    """The noise that is left in the images; real ones have none."""
    clean: Features | None = None
    """Their features without it."""
    unseen: Unseen | None = None
    """Of a network at the end of its training: its loss on held-out images, where there are any."""
    subset: Subset | None = None
    """Of real images that are a training set: which."""
    near: Mapping[Subset, Nearest] = field(default_factory=dict)
    """What was found before they were asked for: the nearest images of some training sets."""
    others: tuple[Drawn, ...] = ()
    """The further trainings of the same network, where it has replicates."""

    @classmethod
    def of(
        cls,
        name: str,
        images: Tensor,
        features: Features,
        threshold: float,
        left: Leftover | None = None,
        clean: Features | None = None,
        unseen: Unseen | None = None,
    ) -> Drawn:
        """``threshold`` takes the place of the extractor's own."""
        own, cleaned = (
            f and replace(f, extractor=replace(f.extractor, threshold=threshold)) for f in (features, clean)
        )
        assert own is not None
        return cls(name, images, own, left, cleaned, unseen)

    @classmethod
    def together(cls, trainings: Sequence[Drawn]) -> Drawn:
        """The trainings of one network as one."""
        return replace(trainings[0], others=tuple(trainings[1:]))

    @property
    def each(self) -> tuple[Drawn, ...]:
        """Every training by itself."""
        return (replace(self, others=()), *self.others)

    def copies(self, train: Drawn, threshold: float) -> Matched:
        """:func:`~samenoise.metrics.memorized`, by a search that was made before where there is one."""
        if train.subset is not None and train.subset in self.near:
            return matched(self.near[train.subset], threshold)
        return memorized(self.features, train.features, threshold)

    def like(self, other: Drawn) -> Drawn:
        """The part that is of the noises of ``other``."""
        kept = torch.isin(self.features.ids, other.features.ids)
        features = replace(self.features, ids=self.features.ids[kept], array=self.features.array[kept])
        return Drawn(self.name, self.images[kept.to(self.images.device)], features)


@dataclass(frozen=True)
class Unseen:
    """Losses of held-out images along a training."""

    updates: Tensor
    """Of the looks, the last at the end: int64, shape ``(looks,)``."""
    losses: Tensor
    """float64, shape ``(looks, images)``."""


Twice = tuple[Drawn, Drawn]
"""A generator, and its images of the first noises at another batch size: beside itself, the ceiling of a score."""
