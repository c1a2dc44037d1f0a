"""What a network is trained for: one loss for each image of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import torch
from torch import Tensor, nn

from samenoise.denoiser import Parameterisation, expand, precondition
from samenoise.process import Process
from samenoise.training.loss import task

__all__ = ["WEIGHTINGS", "Matching", "Objective", "Weighting"]

Weighting = Literal["usual", "x0", "min-snr"]
WEIGHTINGS: tuple[Weighting, ...] = get_args(Weighting)

MIN_SNR = 5.0
"""gamma of Hang et al. 2303.09556."""


class Objective(Protocol):
    """A training objective."""

    def __call__(self, network: nn.Module, x0: Tensor, z: Tensor, u: Tensor, update: int) -> Tensor:
        """Losses of some images.

        Args:
            network: called as ``network(x, c_noise, None)``, perhaps through wrappers of several devices.
            x0: images in [-1, 1], shape ``(batch, *shape)``.
            z: unit noise of the same shape.
            u: float64 uniforms in (0, 1) on the CPU, shape ``(batch,)``: where in time.
            update: number of the update, from 0.

        Returns:
            Losses, float32 of shape ``(batch,)``.
        """


@dataclass(frozen=True)
class Matching:
    """Denoising: squared error of the network's own output (see :mod:`samenoise.training.loss`).

    In terms of the estimate, ``|F - target|^2 = |D - x_0|^2 / c_out^2``: the usual weighting of each parameterisation.
    "x0" weighs ``|D - x_0|^2`` by one, "min-snr" by ``min(SNR, 5)`` with ``SNR = alpha^2 / sigma^2`` (Hang et al.
    2303.09556).
    """

    process: Process
    parameterisation: Parameterisation
    sigma_data: float = 0.5
    weighting: Weighting = "usual"

    def __call__(self, network: nn.Module, x0: Tensor, z: Tensor, u: Tensor, update: int) -> Tensor:
        t = self.process.training_time(u)
        seen = task(x0, z, t, self.process, self.parameterisation, self.sigma_data)
        error: Tensor = network(seen.x, seen.c_noise, None).float() - seen.target
        return error.square().flatten(1).mean(1) * expand(self._weight(t), x0).flatten()

    def _weight(self, t: Tensor) -> Tensor:
        if self.weighting == "usual":
            return torch.ones_like(t)
        alpha, sigma = self.process.alpha_sigma(t)
        c_out2 = precondition(self.parameterisation, alpha, sigma, self.sigma_data).c_out ** 2
        return c_out2 if self.weighting == "x0" else c_out2 * (alpha / sigma).square().clamp(max=MIN_SNR)
