"""Operators: what is measured of an image, ``y = A(x) + s n`` with unit noise ``n``.

    x    images, shape (batch, *shape)          A'  the adjoint: <A x, y> = <x, A' y>
    y    measurements, (batch, *measured)       A^+ the pseudo-inverse, A' (A A')^+

An operator is frozen and knows the shape of the image that it measures, so that what does not fit is refused. It
computes in the precision and on the device of what it is given.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from torch import Tensor

__all__ = ["LinearOperator", "Operator"]


@dataclass(frozen=True)
class Operator(ABC):
    """A map from images to measurements, differentiable, perhaps not linear."""

    shape: tuple[int, ...]
    """Of one image, ``(channels, height, width)``."""
    name: ClassVar[str]

    @property
    @abstractmethod
    def measured(self) -> tuple[int, ...]:
        """Shape of one measurement."""

    @abstractmethod
    def _forward(self, x: Tensor) -> Tensor:
        """:meth:`forward` of images that fit."""

    def forward(self, x: Tensor) -> Tensor:
        """``A(x)``, shape ``(batch, *measured)``, of images of shape ``(batch, *shape)``.

        Raises:
            ValueError: the images have another shape.
        """
        _fits(self.name, "measures images", x, self.shape)
        return self._forward(x)

    def noisy(self, y: Tensor, noise: Tensor) -> Tensor:
        """Measurements with noise of the same shape, on all that is measured."""
        return y + noise

    def describe(self) -> dict[str, Any]:
        """Name and settings, for hashes and manifests."""
        return {"name": self.name, **asdict(self)}


@dataclass(frozen=True)
class LinearOperator(Operator):
    """An operator that is a matrix, with its adjoint and its pseudo-inverse."""

    @abstractmethod
    def _adjoint(self, y: Tensor) -> Tensor:
        """:meth:`adjoint` of measurements that fit."""

    @abstractmethod
    def _pinv(self, y: Tensor, ridge: float) -> Tensor:
        """:meth:`pinv` of measurements that fit."""

    def adjoint(self, y: Tensor) -> Tensor:
        """``A' y``, shape ``(batch, *shape)``, of measurements of shape ``(batch, *measured)``.

        Raises:
            ValueError: the measurements have another shape.
        """
        _fits(self.name, "gives measurements", y, self.measured)
        return self._adjoint(y)

    def pinv(self, y: Tensor, ridge: float = 0.0) -> Tensor:
        """``A' (A A' + ridge I)^+ y``: the smallest image that is measured as ``y``; with ``ridge > 0``, what of it
        stands above noise of that variance, in units of the variance of the image.

        Raises:
            ValueError: the measurements have another shape.
        """
        _fits(self.name, "gives measurements", y, self.measured)
        return self._pinv(y, ridge)

    def picture(self, y: Tensor) -> Tensor:
        """Measurements as images of shape ``(batch, *shape)``, to be looked at."""
        return self.pinv(y)


def _fits(name: str, does: str, given: Tensor, shape: tuple[int, ...]) -> None:
    if tuple(given.shape[1:]) != tuple(shape):
        raise ValueError(
            f"the operator {name!r} {does} of shape (batch, {', '.join(map(str, shape))}), got {tuple(given.shape)}"
        )
