"""Measurements: ``y_j = A(x_j) + s n_j`` with noise of a bank of its own, and which of them belongs to which image."""

from __future__ import annotations

import torch
from torch import Tensor

from samenoise.inverse.operator import Operator
from samenoise.noise import Bank, NoiseBank

__all__ = ["for_each", "measure"]


def measure(operator: Operator, images: Tensor, noise: float = 0.0, seed: int = 0) -> Tensor:
    """Measure images, float32 on the CPU: a pure function of its arguments.

    Args:
        images: shape ``(m, *shape)``.
        noise: standard deviation of what is added, 0 or more.
        seed: of the bank whose noise ``j`` is added to measurement ``j``; another than that of any bank that images
            are generated from.

    Returns:
        Shape ``(m, *measured)``.
    """
    if not noise >= 0:
        raise ValueError(f"the noise on a measurement has a standard deviation of 0 or more, got {noise}")
    y = operator.forward(images.to("cpu", torch.float32))
    if noise == 0:
        return y
    bank: Bank = NoiseBank(seed, operator.measured)
    return operator.noisy(y, noise * bank[: len(images)])


def for_each(y: Tensor, x: Tensor, operator: Operator) -> Tensor:
    """Measurements beside images, as they are in precision and device: one for each, or one for all.

    Raises:
        ValueError: there is another number of them, or they are not of this operator.
    """
    if tuple(y.shape[1:]) != tuple(operator.measured) or len(y) not in (1, len(x)):
        raise ValueError(
            f"{len(x)} images need one measurement of shape {tuple(operator.measured)} each, or one for all; "
            f"y has shape {tuple(y.shape)}"
        )
    return y.to(x)
