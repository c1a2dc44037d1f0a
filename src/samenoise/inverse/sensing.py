"""Compressed sensing: a few random sums of all pixels are seen (Candes, Romberg & Tao 2006; Donoho 2006)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from samenoise.inverse.operator import LinearOperator
from samenoise.noise import NoiseBank
from samenoise.training.order import child_seed

__all__ = ["CompressedSensing"]


@dataclass(frozen=True)
class CompressedSensing(LinearOperator):
    """Products with a matrix of unit normals over the root of the number of pixels: ``A A'`` is near ``I``.

    It has ``share`` as many rows as an image has numbers; ``seed`` decides them. The matrix is kept whole, and the
    eigenvectors of ``A A'`` with it.
    """

    name: ClassVar[str] = "sensing"
    share: float = 0.25
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self._rows <= math.prod(self.shape):
            raise ValueError(
                f"of an image of {math.prod(self.shape)} numbers one to as many sums are taken, got {self._rows}"
            )

    @property
    def _rows(self) -> int:
        return round(self.share * math.prod(self.shape))

    @property
    def measured(self) -> tuple[int, ...]:
        return (self._rows,)

    @cached_property
    def _matrix(self) -> Tensor:
        """Float64, shape ``(rows, numbers of an image)``."""
        size = math.prod(self.shape)
        return NoiseBank(child_seed(self.seed, "sensing"), (self._rows, size))[0].double() / math.sqrt(size)

    @cached_property
    def _eigen(self) -> tuple[Tensor, Tensor]:
        values, vectors = torch.linalg.eigh(self._matrix @ self._matrix.T)
        return values, vectors

    def _forward(self, x: Tensor) -> Tensor:
        return x.flatten(1) @ self._matrix.to(x).T

    def _adjoint(self, y: Tensor) -> Tensor:
        return (y @ self._matrix.to(y)).reshape(-1, *self.shape)

    def _pinv(self, y: Tensor, ridge: float) -> Tensor:
        values, vectors = self._eigen
        basis = vectors.to(y)
        return self._adjoint((y @ basis / (values + ridge).to(y)) @ basis.T)
