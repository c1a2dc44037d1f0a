"""Any ``Physics`` of deepinv as an operator, without that package being imported: its methods are all that is used.

    A(x)            the measurement, without noise          A_adjoint(y)    of a linear one
    noise_model     what the noise is

``A_dagger`` is left alone: deepinv stops it early, and where the whole batch has converged, so that an image would
depend on the others of its batch. What ``A`` gives is asked of two images when the operator is made: one tensor of real
numbers, linear or not, and which of its elements are measured at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Any, ClassVar

import torch
from torch import Tensor

from samenoise.inverse.operator import LinearOperator, Operator
from samenoise.noise import NoiseBank

__all__ = ["LinearPhysics", "Physics", "noise_of", "of_physics"]

ITERATIONS = 100
"""Of conjugate gradients, at most."""
CONVERGED = 1e-12
"""Of the squared gradient, as a share of the first: nothing is gained beyond."""
LINEAR = 1e-3
"""Of the largest element measured: what a linear physics may be off, in single precision."""


@dataclass(frozen=True)
class Physics(Operator):
    """A physics that is not linear, or has no adjoint."""

    name: ClassVar[str] = "physics"
    physics: Any = field(repr=False, compare=False)
    seen: Tensor = field(repr=False, compare=False)
    """Which elements of a measurement are measured, bool of its shape: the others are 0 for every image."""

    @property
    def measured(self) -> tuple[int, ...]:
        return tuple(self.seen.shape)

    def _forward(self, x: Tensor) -> Tensor:
        return _called(self.physics, self.physics.A, x)

    def noisy(self, y: Tensor, noise: Tensor) -> Tensor:
        return y + noise * self.seen.to(y)

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "shape": self.shape, "physics": type(self.physics).__name__}


@dataclass(frozen=True)
class LinearPhysics(Physics, LinearOperator):
    """A physics that is linear. Its pseudo-inverse is found by conjugate gradients."""

    def _adjoint(self, y: Tensor) -> Tensor:
        return _called(self.physics, self.physics.A_adjoint, y)

    def _pinv(self, y: Tensor, ridge: float) -> Tensor:
        """The image of least ``|A x - y|^2 + ridge |x|^2``, each for itself (CGLS of Hestenes and Stiefel 1952): as it
        starts from 0, it has no part that ``A`` does not see."""
        x, residual = y.new_zeros(len(y), *self.shape), y
        slope = direction = self._adjoint(y)
        start = now = _squared(slope)
        for _ in range(ITERATIONS):
            going = now > CONVERGED * start  # what has converged stays, whatever the rest of the batch does
            if not bool(going.any()):
                break
            image = self._forward(direction)
            curved = _squared(image) + ridge * _squared(direction)
            length = torch.where(going, now / curved.clamp(min=torch.finfo(y.dtype).tiny), 0)
            x = x + _each(length, x) * direction
            residual = residual - _each(length, residual) * image
            slope = self._adjoint(residual) - ridge * x
            before, now = now, torch.where(going, _squared(slope), now)
            direction = slope + _each(now / before.clamp(min=torch.finfo(y.dtype).tiny), slope) * direction
        return x


def of_physics(physics: Any, shape: tuple[int, ...]) -> Operator:
    """A physics as an operator on images of a shape; linear where ``A`` is, and has ``A_adjoint``.

    It is called in the precision and on the device of its own tensors; what it gives is in those of what it was given.

    Raises:
        ValueError: a measurement is not one tensor of real numbers.
    """
    bank = NoiseBank(0, shape)
    one, other = bank[:1], bank[1:2]
    a, b, both = (_called(physics, physics.A, x) for x in (one, other, one + 2 * other))
    # Phase retrieval and others have an adjoint, of a part of what they do, and are not linear.
    linear = bool((both - a - 2 * b).abs().max() <= LINEAR * both.abs().max())
    kind = LinearPhysics if linear and hasattr(physics, "A_adjoint") else Physics
    return kind(shape, physics, ((a != 0) | (b != 0) | (both != 0))[0])


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


def _called(physics: Any, method: Any, given: Tensor) -> Tensor:
    """What a method of a physics gives, in the precision and on the device of what it is given."""
    found = method(given.to(_like(physics, given)))
    if not isinstance(found, Tensor) or found.is_complex():
        kind = found.dtype if isinstance(found, Tensor) else type(found).__name__
        raise ValueError(
            f"a physics measures one tensor of real numbers, and {type(physics).__name__} gives {kind}: "
            "wrap it in one whose A gives such a tensor"
        )
    return found.to(given)


def _like(physics: Any, given: Tensor) -> Tensor:
    """A tensor that a physics computes with, or what it is given where it has none."""
    if not isinstance(physics, torch.nn.Module):
        return given
    named = chain(physics.named_buffers(), physics.named_parameters())
    own = (v for name, v in named if not name.startswith("noise_model."))
    return next((v for v in own if v.is_floating_point() or v.is_complex()), given)


def _squared(a: Tensor) -> Tensor:
    return a.flatten(1).square().sum(1)


def _each(numbers: Tensor, beside: Tensor) -> Tensor:
    return numbers.reshape(-1, *[1] * (beside.ndim - 1))
