"""Any ``Physics`` of deepinv as an operator, without that package being installed: its methods are all that is used.

    A(x)            the measurement, without noise          A_adjoint(y)    of a linear one
    noise_model     what the noise is                       A_dagger(y)     its pseudo-inverse

deepinv is not imported, here or in the tests: they use an object with the same methods.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor

from samenoise.inverse.operator import LinearOperator, Operator

__all__ = ["LinearPhysics", "Physics", "noise_of", "of_physics"]

ITERATIONS = 100
"""Of conjugate gradients, at most."""
CONVERGED = 1e-12
"""Of the squared residual, as a share of the first: nothing is gained beyond."""


@dataclass(frozen=True)
class Physics(Operator):
    """A physics that has no adjoint."""

    name: ClassVar[str] = "physics"
    physics: Any = field(repr=False, compare=False)

    @cached_property
    def measured(self) -> tuple[int, ...]:
        return tuple(self._forward(torch.zeros(1, *self.shape)).shape[1:])

    def _forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.physics.A(x)
        return y

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "shape": self.shape, "physics": type(self.physics).__name__}


@dataclass(frozen=True)
class LinearPhysics(Physics, LinearOperator):
    """A physics that has one. Its pseudo-inverse is its own; with a ridge, it is found by conjugate gradients."""

    def _adjoint(self, y: Tensor) -> Tensor:
        x: Tensor = self.physics.A_adjoint(y)
        return x

    def _pinv(self, y: Tensor, ridge: float) -> Tensor:
        if ridge == 0:
            x: Tensor = self.physics.A_dagger(y)
            return x
        return self._adjoint(self._solve(y, ridge))

    def _solve(self, y: Tensor, ridge: float) -> Tensor:
        """``(A A' + ridge I)^-1 y``, each measurement for itself."""

        def product(a: Tensor, b: Tensor) -> Tensor:
            return (a * b).flatten(1).sum(1).reshape(-1, *[1] * (y.ndim - 1))

        found, residual, direction = torch.zeros_like(y), y, y
        start = now = product(residual, residual)
        for _ in range(ITERATIONS):
            image = self._forward(self._adjoint(direction)) + ridge * direction
            length = now / product(direction, image).clamp(min=torch.finfo(y.dtype).tiny)
            length = torch.where(now > CONVERGED * start, length, 0)  # what has converged stays
            found, residual = found + length * direction, residual - length * image
            before, now = now, torch.where(length > 0, product(residual, residual), now)
            direction = torch.where(length > 0, residual + now / before.clamp(min=1e-300) * direction, direction)
        return found


def of_physics(physics: Any, shape: tuple[int, ...]) -> Operator:
    """A physics as an operator on images of a shape; linear where it has ``A_adjoint``."""
    return LinearPhysics(shape, physics) if hasattr(physics, "A_adjoint") else Physics(shape, physics)


def noise_of(physics: Any) -> float:
    """The standard deviation of its noise, for :func:`samenoise.inverse.measure` and for DDNM.

    Raises:
        ValueError: the noise is another than Gaussian of one standard deviation, and no bank has it.
    """
    model = physics.noise_model
    if type(model).__name__ == "ZeroNoise":
        return 0.0
    sigma = torch.as_tensor(getattr(model, "sigma", torch.nan))
    if type(model).__name__ != "GaussianNoise" or sigma.numel() != 1:
        raise ValueError(
            f"the noise of a physics must be ZeroNoise, or GaussianNoise of one sigma, got {type(model).__name__}: "
            "measure with it yourself and give y"
        )
    return float(sigma)
