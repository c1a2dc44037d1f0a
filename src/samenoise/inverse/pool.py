"""Super-resolution: the mean of each block of pixels is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from samenoise.inverse.operator import LinearOperator

__all__ = ["AveragePool"]


@dataclass(frozen=True)
class AveragePool(LinearOperator):
    """Means of blocks of ``factor`` by ``factor`` pixels: ``A A' = I / factor^2``."""

    name: ClassVar[str] = "pool"
    factor: int = 2

    def __post_init__(self) -> None:
        if self.factor < 2 or self.shape[1] % self.factor or self.shape[2] % self.factor:
            raise ValueError(f"blocks of side {self.factor} do not tile an image of shape {self.shape}")

    @property
    def measured(self) -> tuple[int, ...]:
        channels, height, width = self.shape
        return channels, height // self.factor, width // self.factor

    def _forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, self.factor)

    def _adjoint(self, y: Tensor) -> Tensor:
        spread = y.repeat_interleave(self.factor, 2).repeat_interleave(self.factor, 3)
        return spread / self.factor**2

    def _pinv(self, y: Tensor, ridge: float) -> Tensor:
        return self._adjoint(y) / (1 / self.factor**2 + ridge)
