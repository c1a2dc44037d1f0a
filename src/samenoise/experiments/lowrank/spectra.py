"""Spectra of Jacobians where ``lowrank`` wants them: at a noise level of any process, whole or in part."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from samenoise.denoiser import Denoiser
from samenoise.experiments.lowrank.jacobian import entropy_rank, full, numerical_rank, randomized
from samenoise.process import Process

__all__ = ["FOLLOWED", "WHOLE", "Spectra", "followed", "reach", "spectra", "time_of"]

WHOLE = 512
"""Numbers of an image up to which the whole Jacobian is taken. It is cheaper there; from 28 x 28 on it is not."""
FOLLOWED = 8
"""Of larger images one in so many singular values is followed, the leading ones, by randomized products."""


class Spectra(NamedTuple):
    """Of the Jacobians at a batch of noisy images, on the CPU."""

    rank: Tensor
    """float64 ``(n,)``; where not all values are followed, one more than those there are stands for more."""
    entropy: Tensor
    """float64 ``(n,)``; NaN where not all values are followed."""
    gain: Tensor
    """The largest singular value, float64 ``(n,)``."""
    left: Tensor
    """Their directions, ``(n, D, k)``."""


def followed(size: int) -> int:
    """Singular values that are followed in images of ``size`` numbers."""
    return size if size <= WHOLE else size // FOLLOWED


def spectra(
    denoiser: Denoiser, images: Tensor, noises: Tensor, t: Tensor, device: str, dtype: torch.dtype = torch.float32
) -> Spectra:
    """At ``alpha y + sigma z``.

    Args:
        images, noises: ``y`` and ``z``, float32 ``(n, *shape)``.
        t: float64, shape ``()``.
        device: of the denoiser.
        dtype: in which it computes. A closed form should have float64: far below float32, its rank is still its own.
    """
    alpha, sigma = denoiser.process.at(t)
    x_t = (alpha * images.to(dtype) + sigma * noises.to(dtype)).to(device)
    size = images[0].numel()
    k = followed(size)
    whole = k == size
    found = full(denoiser, x_t, t) if whole else randomized(denoiser, x_t, t, k)
    rank = numerical_rank(found).double()
    entropy = entropy_rank(found).double() if whole else torch.full_like(rank, torch.nan)
    gain, left = found.values[:, 0].double(), found.left
    return Spectra(rank.cpu(), entropy.cpu(), gain.cpu(), left.cpu())


def time_of(process: Process, level: float) -> Tensor:
    """The time at which ``sigma / alpha`` is ``level``, float64 of shape ``()``, by bisection.

    Raises:
        ValueError: the process does not come there.
    """
    low, high = reach(process)
    if not low <= level <= high * (1 + 1e-12):
        raise ValueError(f"{process.name} has noise levels sigma / alpha from {low:.3g} to {high:.3g}, not {level:g}")
    start, end = 0.0, process.T
    for _ in range(100):
        middle = (start + end) / 2
        start, end = (middle, end) if _level(process, middle) < level else (start, middle)
    return torch.tensor(end, dtype=torch.float64)


def reach(process: Process) -> tuple[float, float]:
    """The lowest and the highest noise level of a process."""
    return _level(process, 0.0), _level(process, process.T)


def _level(process: Process, t: float) -> float:
    alpha, sigma = process.at(t)
    return sigma / alpha if alpha > 0 else float("inf")
