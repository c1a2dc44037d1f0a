"""Images of one side on disk, in the order of their noises, so that memory holds a few of them at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from samenoise.outside.base import OutsideError

__all__ = ["CHUNK", "Spool"]

CHUNK = 2**20
"""Bytes of float32 that are read together."""


class Spool:
    """A temporary file of images: written once, noise by noise in any order, then read in the order of ``ids``.

    Attributes:
        shape: of one image, ``(c, h, w)``; known once the first is written.
        mean: of all images, float64 of that shape.
        spread: root mean square of what differs from image to image; 0 where all are the same.
    """

    def __init__(self, ids: Sequence[int], who: str) -> None:
        self.ids, self.who = list(ids), who
        self.shape: tuple[int, ...] = ()
        self.dtype = np.dtype(np.float32)
        self._place = {i: k for k, i in enumerate(self.ids)}
        self._written = np.zeros(len(self.ids), dtype=bool)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it stays open until close()
        self._sum = self._squares = np.zeros(0)

    def __len__(self) -> int:
        return len(self.ids)

    def write(self, ids: Sequence[int], images: np.ndarray) -> None:
        """Images of some noises: float32 in [-1, 1] or levels, shape ``(n, c, h, w)``.

        Raises:
            OutsideError: they differ from those before in shape or kind.
        """
        if not self.shape:
            self.shape, self.dtype = images.shape[1:], images.dtype
            self._sum = self._squares = np.zeros(self.shape)
        if images.shape[1:] != self.shape:
            both = f"{_size(self.shape)} at first and {_size(images.shape[1:])} at noise {ids[0]}"
            raise OutsideError(f"{self.who} has images of two shapes: {both}", 1)
        if images.dtype != self.dtype:
            raise OutsideError(f"{self.who} mixes images of 8 bits and of more; save all of them alike")
        values = _floats(images)
        self._sum = self._sum + values.sum(0, dtype=np.float64)
        self._squares = self._squares + np.square(values, dtype=np.float64).sum(0)
        for i, image in zip(ids, images, strict=True):
            place = self._place[i]
            self._file.seek(place * image.nbytes)
            self._file.write(image.tobytes())
            self._written[place] = True

    @property
    def complete(self) -> bool:
        """Whether the images of all noises are written."""
        return bool(self._written.all())

    @property
    def mean(self) -> np.ndarray:
        return self._sum / len(self)

    @property
    def spread(self) -> float:
        return float(np.sqrt(np.maximum(self._squares / len(self) - self.mean**2, 0).mean()))

    def raw(self, start: int, stop: int) -> np.ndarray:
        """Images in places ``start .. stop``, as they were written."""
        size = int(np.prod(self.shape))
        self._file.seek(start * size * self.dtype.itemsize)
        flat = np.frombuffer(self._file.read((stop - start) * size * self.dtype.itemsize), self.dtype)
        return flat.reshape(-1, *self.shape)

    def read(self, start: int, stop: int) -> Tensor:
        """The same as float32 in [-1, 1]."""
        return torch.from_numpy(_floats(self.raw(start, stop)).copy())

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Places that are read together."""
        step = max(1, CHUNK // (4 * int(np.prod(self.shape))))
        for start in range(0, len(self), step):
            yield start, min(start + step, len(self))

    def close(self) -> None:
        """Let go of the file, which goes with it."""
        self._file.close()


def _floats(images: np.ndarray) -> np.ndarray:
    if images.dtype == np.uint8:
        return (images / np.float32(127.5) - 1).astype(np.float32)
    return images


def _size(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
