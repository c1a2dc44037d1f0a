"""Which labels networks are told of their images, and how many of them they are not told."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from samenoise.cells.specs import Count, Seed, Share
from samenoise.data import ImageSet
from samenoise.networks.base import NO_CLASS
from samenoise.runs.cell import Spec

__all__ = ["LabelSpec"]


class LabelSpec(Spec):
    """Labels of a data set, for networks of so many classes."""

    kind: Literal["class", "random", "each"] = "class"
    """``class``: those of the data, numbered in their order. ``random``: any of ``classes``, whatever is in the image.
    ``each``: one of its own for every image of a training set."""
    classes: Count
    dropout: Share = 0.1
    """Share of the labels that an update does not tell, so that the network learns the images without them, too."""
    seed: Seed = 0
    """Of random labels."""

    def of(self, found: ImageSet, ids: Tensor) -> Tensor:
        """Labels of a training set, int64 of 0 to ``classes - 1``.

        Args:
            ids: row numbers of its images.

        Raises:
            ValueError: the data have no labels, or not so many; more images than labels for each.
        """
        if self.kind == "random":  # every image of the data keeps its own, whatever subset it is in
            words = np.random.Philox(key=[self.seed, 0], counter=[0, 0, 0, 2]).random_raw(len(found))
            return torch.from_numpy((words % np.uint64(self.classes)).astype(np.int64))[ids]
        if self.kind == "each":
            if len(ids) > self.classes:
                raise ValueError(f"{self.classes} labels are too few for one for each of {len(ids)} images")
            return torch.arange(len(ids))
        there = torch.unique(found.labels)
        if bool((there < 0).any()):
            raise ValueError(
                f"{int((found.labels < 0).sum())} of the {len(found)} images of {found.name} have no label: name a "
                "folder with a subfolder for each class, or other data"
            )
        if len(there) != self.classes:
            raise ValueError(
                f"{found.name} has images of {len(there)} classes, not of {self.classes}: set their number so"
            )
        return torch.searchsorted(there, found.labels[ids])

    def unseen(self, found: ImageSet, ids: Tensor) -> Tensor:
        """Labels of held-out images: where each training image has its own, they have none."""
        return torch.full((len(ids),), NO_CLASS) if self.kind == "each" else self.of(found, ids)
