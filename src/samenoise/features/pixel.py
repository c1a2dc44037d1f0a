"""The feature ``pixel``: the image itself, less the mean of the training images. For images of 8 to 28 pixels."""

from __future__ import annotations

import hashlib

from torch import Tensor

from samenoise.features.base import Extractor, FeatureMap

__all__ = ["Pixel"]


class Pixel(FeatureMap):
    """``psi(x) = x - mean``, flattened: its cosine is the correlation of what is not common to all images.

    Args:
        mean: mean of the training images, shape ``(c, h, w)``. Its hash stands for the weights.

    >>> import torch
    >>> pixel = Pixel(torch.zeros(1, 2, 2))
    >>> features = pixel(torch.ones(3, 1, 2, 2), ids=torch.arange(3), source="bank")
    >>> features.array.shape, features.extractor.threshold
    (torch.Size([3, 4]), 0.95)
    """

    THRESHOLD = 0.95

    def __init__(self, mean: Tensor) -> None:
        self.mean = mean.detach().to("cpu").float().contiguous()
        digest = hashlib.sha256(f"{tuple(mean.shape)}".encode())
        digest.update(self.mean.numpy().astype("<f4").tobytes())
        self.extractor = Extractor("pixel", digest.hexdigest(), "training mean subtracted", self.THRESHOLD)

    def embed(self, images: Tensor) -> Tensor:
        if images.shape[1:] != self.mean.shape:
            raise ValueError(
                f"the mean has shape {tuple(self.mean.shape)}, the images {tuple(images.shape[1:])}: "
                "the feature `pixel` compares images of one size"
            )
        return (images.float() - self.mean.to(images.device)).flatten(1)
