"""The images of a set as they come in, written once, to where they stay."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from samenoise.data.limits import MAX_SET, too_many

__all__ = ["Stack"]


class Stack:
    """Float32 images in [-1, 1] of one size, taken in one block after the other.

    Beside them there is one block in memory, and nothing else: room for ``most`` images is reserved at the first, which
    takes no memory until it is written. Grey images become colour where one in colour comes.

    Args:
        most: images that can come; more are an error of the caller.
    """

    def __init__(self, most: int) -> None:
        self.most, self.count = most, 0
        self.shape: tuple[int, ...] = ()
        self.values = np.empty(0, np.float32)

    def add(self, pixels: np.ndarray) -> None:
        """Put in images of values 0..255, shape ``(k, c, h, w)``, all of one ``(h, w)``.

        Raises:
            ValueError: the set is larger than :data:`~samenoise.data.limits.MAX_SET`.
        """
        if not self.shape:
            self.shape = pixels.shape[1:]
            self._reserve()
        elif pixels.shape[1] > self.shape[0]:
            self._colour(pixels.shape[1])
        end = self.count + len(pixels)
        if end > self._fitting:
            raise too_many(end, self.shape)
        self._images[self.count : end] = torch.from_numpy(pixels).to(torch.float32).div_(127.5).sub_(1).numpy()
        self.count = end

    def images(self) -> Tensor:
        """All that came, shape ``(count, c, h, w)``. Nothing can be put in afterwards."""
        self.values.resize(self.count * math.prod(self.shape), refcheck=False)
        return torch.from_numpy(self._images)

    @property
    def _fitting(self) -> int:
        """As many as the limit and the caller allow."""
        return min(self.most, MAX_SET // (4 * math.prod(self.shape) + 8))

    @property
    def _images(self) -> np.ndarray:
        return self.values.reshape(-1, *self.shape)

    def _reserve(self) -> None:
        self.values = np.empty(self._fitting * math.prod(self.shape), np.float32)

    def _colour(self, channels: int) -> None:
        """Give every image more channels, in the memory that it has: the last first, which leaves the others alone."""
        grey, size = self._images.shape[1:], math.prod(self.shape)
        self.shape = (channels, *self.shape[1:])
        if self.count > self._fitting:
            raise too_many(self.count, self.shape)
        self.values.resize(self._fitting * channels * size, refcheck=False)
        for k in range(self.count - 1, -1, -1):
            self._images[k] = self.values[k * size : (k + 1) * size].copy().reshape(grey)
