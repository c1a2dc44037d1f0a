"""Closed-form denoisers of small distributions of 1 x 3 x 3 images, for the laws to run over."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from samenoise.denoiser import Denoiser
from samenoise.oracle import ByClass, Empirical, Gaussian, Mixture
from samenoise.process import Process

SHAPE = (1, 3, 3)
Make = Callable[[Process], Denoiser]


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def images(n: int = 40) -> Tensor:
    return 0.6 * torch.tanh(normal(n, *SHAPE, seed=1)) + 0.2


def labels(n: int = 40) -> Tensor:
    return torch.arange(n) % 3


def covariances(k: int = 3, scale: float = 0.3) -> Tensor:
    factors = scale * normal(k, 9, 9, seed=2)
    return factors @ factors.mT / 9 + 0.01 * torch.eye(9, dtype=torch.float64)


def means(k: int = 3) -> Tensor:
    return 0.5 * normal(k, *SHAPE, seed=3)


WEIGHTS = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)


def mixture(process: Process) -> Mixture:
    return Mixture(WEIGHTS, means(), covariances(), process)


def low_rank(process: Process) -> Mixture:
    return Mixture.low_rank(WEIGHTS, means(), 0.3 * normal(3, 9, 2, seed=4), 0.02, process)


def by_class(process: Process) -> ByClass:
    each = [Gaussian.fit(images()[labels() == k], process) for k in range(3)]
    return ByClass(each, Gaussian.fit(images(), process))


CLOSED_FORMS: dict[str, Make] = {
    "empirical": lambda process: Empirical(images(), process, labels(), chunk=16),
    "gaussian": lambda process: Gaussian(means()[0], covariances()[0], process),
    "gaussian-fit": lambda process: Gaussian.fit(images(), process),
    "gaussian-fit-few": lambda process: Gaussian.fit(images(5), process),
    "mixture": mixture,
    "low-rank": low_rank,
    "by-class": by_class,
}
