"""Blur: every pixel is a weighted mean of those around it. Images are periodic: what leaves at one edge comes in at the
other, so that in Fourier space ``A`` is a product with the transfer function ``H`` of the kernel, and ``A'`` one with
its conjugate.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from samenoise.inverse.operator import LinearOperator

__all__ = ["Blur", "GaussianBlur", "MotionBlur"]

LOST = 1e-6
"""Of ``|H|``, at most 1: what passes less than this share is lost, and the pseudo-inverse leaves it at 0."""
SAMPLES = 64
"""Of the path of a moving camera, for each pixel of its length."""


@dataclass(frozen=True)
class Blur(LinearOperator):
    """What all kernels do."""

    @abstractmethod
    def kernel(self) -> Tensor:
        """Weights that sum to 1, float64 of shape ``(height, width)``, with the middle at ``[0, 0]``."""

    @cached_property
    def _transfer(self) -> Tensor:
        transfer: Tensor = torch.fft.rfft2(self.kernel())
        return transfer

    @property
    def measured(self) -> tuple[int, ...]:
        return self.shape

    def _forward(self, x: Tensor) -> Tensor:
        return self._filtered(x, self._transfer)

    def _adjoint(self, y: Tensor) -> Tensor:
        return self._filtered(y, self._transfer.conj())

    def _pinv(self, y: Tensor, ridge: float) -> Tensor:
        power = self._transfer.abs() ** 2
        kept = (power > LOST**2) | (ridge > 0)
        return self._filtered(y, torch.where(kept, self._transfer.conj() / (power + ridge).clamp(min=LOST**2), 0))

    def picture(self, y: Tensor) -> Tensor:
        return y

    def _filtered(self, x: Tensor, response: Tensor) -> Tensor:
        spectrum = torch.fft.rfft2(x)
        filtered: Tensor = torch.fft.irfft2(spectrum * response.to(spectrum), s=x.shape[-2:])
        return filtered


@dataclass(frozen=True)
class GaussianBlur(Blur):
    """A Gaussian kernel of standard deviation ``std``, in pixels."""

    name: ClassVar[str] = "blur"
    std: float = 1.0

    def __post_init__(self) -> None:
        if not self.std > 0:
            raise ValueError(f"a blur has a standard deviation above 0, got {self.std}")

    def kernel(self) -> Tensor:
        profiles = []
        for size in self.shape[1:]:
            place = torch.arange(size, dtype=torch.float64)
            distance = torch.minimum(place, size - place)
            profiles.append(torch.exp(-0.5 * (distance / self.std) ** 2))
        weights = profiles[0][:, None] * profiles[1]
        return weights / weights.sum()


@dataclass(frozen=True)
class MotionBlur(Blur):
    """The mean over a straight path of ``length`` pixels through the pixel, at ``angle`` degrees from the horizontal,
    shared out among the four pixels around each of its points."""

    name: ClassVar[str] = "motion"
    length: float = 3.0
    angle: float = 45.0

    def __post_init__(self) -> None:
        if not self.length > 0:
            raise ValueError(f"a path has a length above 0, got {self.length}")

    def kernel(self) -> Tensor:
        _, height, width = self.shape
        count = math.ceil(SAMPLES * self.length)
        along = ((torch.arange(count, dtype=torch.float64) + 0.5) / count - 0.5) * self.length
        radians = math.radians(self.angle)
        row, column = -math.sin(radians) * along, math.cos(radians) * along
        weights = torch.zeros(height, width, dtype=torch.float64)
        for down in (0, 1):
            for right in (0, 1):
                share = (1 - (row - row.floor() - down).abs()) * (1 - (column - column.floor() - right).abs())
                places = (row.floor().long() + down) % height, (column.floor().long() + right) % width
                weights.index_put_(places, share / count, accumulate=True)
        return weights
