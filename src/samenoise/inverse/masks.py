"""Inpainting: some pixels are seen, in all channels, and the others are not.

A measurement is the seen pixels of each channel in row-major order, so that noise falls on what is measured alone, and
``A A' = I``.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from samenoise.inverse.operator import LinearOperator
from samenoise.noise import NoiseBank
from samenoise.training.order import child_seed

__all__ = ["BoxMask", "Mask", "RandomMask"]


@dataclass(frozen=True)
class Mask(LinearOperator):
    """What all masks do."""

    @abstractmethod
    def _seen(self) -> Tensor:
        """Which pixels are seen, bool of shape ``(height, width)``."""

    def __post_init__(self) -> None:
        if not 0 < len(self._places) < self.shape[1] * self.shape[2]:
            raise ValueError(f"{self!r} hides {'all' if not len(self._places) else 'no'} pixels: take another size")

    @cached_property
    def _places(self) -> Tensor:
        return self._seen().flatten().nonzero().squeeze(1)

    @property
    def measured(self) -> tuple[int, ...]:
        return self.shape[0], len(self._places)

    def _forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).index_select(2, self._places.to(x.device))

    def _adjoint(self, y: Tensor) -> Tensor:
        empty = y.new_zeros(*y.shape[:2], self.shape[1] * self.shape[2])
        return empty.index_copy(2, self._places.to(y.device), y).reshape(-1, *self.shape)

    def _pinv(self, y: Tensor, ridge: float) -> Tensor:
        return self._adjoint(y) / (1 + ridge)


@dataclass(frozen=True)
class BoxMask(Mask):
    """A box is hidden: ``side`` of height and width, its middle at ``row`` and ``column``, all as shares of the
    image."""

    name: ClassVar[str] = "box"
    side: float = 0.5
    row: float = 0.5
    column: float = 0.5

    def _seen(self) -> Tensor:
        _, *sizes = self.shape
        inside = []
        for size, middle in zip(sizes, (self.row, self.column), strict=True):
            length = round(self.side * size)
            start = min(max(round(middle * size - length / 2), 0), size - length)
            place = torch.arange(size)
            inside.append((place >= start) & (place < start + length))
        return ~(inside[0][:, None] & inside[1])


@dataclass(frozen=True)
class RandomMask(Mask):
    """A share of all pixels is seen, ``share`` of them, at places that ``seed`` decides."""

    name: ClassVar[str] = "random"
    share: float = 0.3
    seed: int = 0

    def _seen(self) -> Tensor:
        _, *sizes = self.shape
        ranks = NoiseBank(child_seed(self.seed, "mask"), tuple(sizes))[0].flatten().argsort(stable=True)
        seen = torch.zeros(len(ranks), dtype=torch.bool)
        seen[ranks[: round(self.share * len(ranks))]] = True
        return seen.reshape(sizes)
