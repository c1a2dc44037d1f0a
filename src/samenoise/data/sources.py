"""Image sets: float images in [-1, 1] with labels, and a hash that names their bits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from samenoise.checks import whole

__all__ = ["ImageSet", "digits", "of_classes"]


@dataclass(frozen=True)
class ImageSet:
    """Images float32 in [-1, 1] of shape ``(n, c, h, w)`` and int64 labels of shape ``(n,)`` (-1 where there is none).

    An image's id is its place in the set.
    """

    name: str
    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one image."""
        return tuple(self.images.shape[1:])

    @property
    def hash(self) -> str:
        """64 hex digits over shape, pixels and labels."""
        digest = hashlib.sha256(str(tuple(self.images.shape)).encode())
        for tensor in (self.images, self.labels):
            digest.update(tensor.detach().contiguous().numpy().tobytes())
        return digest.hexdigest()


def digits() -> ImageSet:
    """scikit-learn's handwritten digits: 1,797 grey images of 8x8, 10 classes; they come with the package."""
    package = find_spec("sklearn")  # importing it takes two seconds, so its file is read without
    if package is None or package.origin is None:
        raise ModuleNotFoundError("the digits come with scikit-learn: pip install scikit-learn")
    file = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    table = torch.from_numpy(np.loadtxt(file, delimiter=",", dtype=np.int64))
    images = table[:, :-1].reshape(-1, 1, 8, 8).to(torch.float32) / 8 - 1  # 0..16 -> -1..1
    return ImageSet("digits", images, table[:, -1].clone())


def of_classes(image_set: ImageSet, classes: Sequence[int]) -> ImageSet:
    """The images whose label is one of ``classes``, in the order of the set; labels keep their numbers.

    Raises:
        ValueError: no class is given, or no image has one of them.
    """
    classes = [whole(each, "a class", -1) for each in classes]
    there = sorted(set(image_set.labels.tolist()))
    if not classes or not set(classes) <= set(there):
        raise ValueError(
            f"{image_set.name} has images of the classes {', '.join(map(str, there))} (-1: none), "
            f"so no subset of the classes {', '.join(map(str, classes)) or '(none given)'} can be taken"
        )
    rows = torch.isin(image_set.labels, torch.tensor(classes))
    name = f"{image_set.name}[{','.join(map(str, classes))}]"
    return ImageSet(name, image_set.images[rows], image_set.labels[rows])
