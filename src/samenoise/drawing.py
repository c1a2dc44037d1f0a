"""Images of some noises in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from samenoise.denoiser import Denoiser
from samenoise.noise import Bank
from samenoise.solver import generate

__all__ = ["draw"]


def draw(denoiser: Denoiser, bank: Bank, ids: Sequence[int] | Tensor, **how: Any) -> Tensor:
    """The images of noises ``ids``, on the CPU, shape ``(len(ids), *shape)``.

    Args:
        how: keywords of :func:`~samenoise.solver.generate`, such as ``solver=DDIM(), steps=50``.

    >>> from samenoise.noise import NoiseBank
    >>> from samenoise.oracle import Empirical
    >>> from samenoise.process import EDM
    >>> images = draw(Empirical(torch.zeros(2, 1, 8, 8), EDM()), NoiseBank(0, (1, 8, 8)), [0, 7], steps=4)
    >>> images.shape, float(images.abs().max())
    (torch.Size([2, 1, 8, 8]), 0.0)
    """
    parts = [batch.images.cpu() for batch in generate(denoiser, bank, ids, **how)]
    return torch.cat(parts) if parts else torch.empty(0, *denoiser.shape)
