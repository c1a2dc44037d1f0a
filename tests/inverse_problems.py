"""Small inverse problems with known answers: distributions of 1 x 4 x 4 images, and what is measured of them."""

from __future__ import annotations

import torch
from closed_forms import normal
from torch import Tensor

from samenoise.inverse import OPERATORS, LinearOperator
from samenoise.noise import NoiseBank
from samenoise.oracle import Empirical, Gaussian, Mixture
from samenoise.process import Process

SHAPE = (1, 4, 4)
SIZE = 16
BANK = NoiseBank(3, SHAPE)
NOISE = 0.1
VARIANCE = 0.49


def operators(shape: tuple[int, ...] = SHAPE) -> list[LinearOperator]:
    """One of each, as it comes."""
    return [kind(shape) for kind in OPERATORS]


def mean() -> Tensor:
    return 0.5 * normal(*SHAPE, seed=11)


def covariance() -> Tensor:
    factors = normal(SIZE, SIZE, seed=12)
    return 0.3 * factors @ factors.T / SIZE + 0.02 * torch.eye(SIZE, dtype=torch.float64)


def gaussian(process: Process) -> Gaussian:
    return Gaussian(mean(), covariance(), process)


def isotropic(process: Process) -> Gaussian:
    """Independent pixels of one variance."""
    return Gaussian(mean(), VARIANCE * torch.eye(SIZE, dtype=torch.float64), process)


def mixture(process: Process) -> Mixture:
    means = torch.stack([mean(), -mean(), 0.3 * normal(*SHAPE, seed=13)])
    return Mixture(torch.tensor([0.5, 0.3, 0.2]), means, torch.stack([covariance()] * 3) * 0.5, process)


def empirical(process: Process) -> Empirical:
    return Empirical(0.6 * torch.tanh(normal(30, *SHAPE, seed=14)), process, chunk=8)


PRIORS = {"gaussian": gaussian, "mixture": mixture, "empirical": empirical}


def truth(count: int = 5) -> Tensor:
    return (mean() + 0.4 * normal(count, *SHAPE, seed=15)).float()


def mean_distance(images: Tensor, centre: Tensor) -> float:
    """How far the mean of some images is from ``centre``."""
    return float((images.double().mean(0) - centre).norm())


def spread(images: Tensor) -> float:
    """Root mean squared distance of images from their mean."""
    return float((images.double() - images.double().mean(0)).flatten(1).square().sum(1).mean().sqrt())
