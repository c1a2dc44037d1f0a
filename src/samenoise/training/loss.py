"""The loss of every parameterisation: squared error of the network's own output.

With ``D = c_skip x_t + c_out F``, asking ``D = x_0`` asks ``F = (x_0 - c_skip x_t) / c_out``. As ``x_t = alpha x_0 +
sigma z``, that is ``F = ((1 - c_skip alpha) x_0 - c_skip sigma z) / c_out``: z for eps, ``alpha z - sigma x_0`` for v,
``z - x_0`` for flow. In this second form nothing cancels at small sigma. Weight one on ``F`` is the usual weighting of
each (for EDM: eq. 8 of 2206.00364).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from samenoise.denoiser import Parameterisation, expand, precondition
from samenoise.process import Process

__all__ = ["Task", "task"]


class Task(NamedTuple):
    """What a network sees and what it should answer."""

    x: Tensor
    """Scaled noisy images ``c_in x_t``, shape ``(..., *shape)``."""
    c_noise: Tensor
    """Noise level, shape ``(...)``."""
    target: Tensor
    """What ``F`` should predict, shape ``(..., *shape)``."""


def task(
    x0: Tensor, z: Tensor, t: Tensor, process: Process, parameterisation: Parameterisation, sigma_data: float = 0.5
) -> Task:
    """Noise images and say what the network should predict.

    Args:
        x0: images in [-1, 1], shape ``(..., *shape)``.
        z: unit noise of the same shape.
        t: float64 times, shape ``(...)``.
    """
    alpha, sigma = process.alpha_sigma(t)
    c_skip, c_out, c_in, c_noise = precondition(parameterisation, alpha, sigma, sigma_data)
    on_image, on_noise = (1 - c_skip * alpha) / c_out, -c_skip * sigma / c_out
    if parameterisation == "eps":  # 1 - alpha / alpha is exactly 0, also where alpha underflows
        on_image, on_noise = torch.zeros_like(alpha), torch.ones_like(alpha)
    x = expand(c_in * alpha, x0) * x0 + expand(c_in * sigma, x0) * z
    return Task(x, c_noise.to(x0.device, x0.dtype), expand(on_image, x0) * x0 + expand(on_noise, x0) * z)
