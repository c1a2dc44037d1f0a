"""Numbers of reconstructions, one for each measurement, and their means with intervals over the measurements.

Noise ``i`` belongs to measurement ``i mod m``. The noises of one measurement are no independent samples, so that
intervals are over measurements.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samenoise.inverse import Operator
from samenoise.lab.drawn import Drawn
from samenoise.metrics import Score, bootstrap, cosine
from samenoise.metrics.similarity import unit

__all__ = ["agreement", "average", "misfit", "other_measurement", "other_noise", "psnr"]

Array = NDArray[np.float64]


def agreement(a: Drawn, b: Drawn, threshold: float, m: int) -> Array:
    """Share of the noises of each measurement from which both draw the same picture, ``(m,)``."""
    return _by_measurement((cosine(a.features, b.features) > threshold).double(), m)


def other_noise(a: Drawn, b: Drawn, threshold: float, m: int) -> Array:
    """The same of two different noises of the measurement, all pairs, ``(m,)``."""
    left, right = (_grouped(unit(x.features.array), m).transpose(0, 1) for x in (a, b))
    same = (left @ right.mT).clamp(-1, 1) > threshold  # (m, k, k)
    k = same.shape[1]
    others = ~torch.eye(k, dtype=torch.bool)
    found: Array = same[:, others].double().mean(1).numpy()
    return found


def other_measurement(a: Drawn, b: Drawn, threshold: float, m: int) -> float:
    """The same of two noises of two measurements."""
    left, right = unit(a.features.array), unit(b.features.array)
    of = torch.arange(len(left)) % m
    same = (left @ right.T).clamp(-1, 1) > threshold
    return float(same[of[:, None] != of].double().mean())


def psnr(images: Tensor, truth: Tensor) -> Array:
    """Peak signal-to-noise ratio in decibels, of pixels of [-1, 1], mean over the noises of each measurement, ``(m,)``.

    Args:
        images: shape ``(n, *shape)``.
        truth: shape ``(m, *shape)``.
    """
    m = len(truth)
    error = (images - truth.repeat(len(images) // m, 1, 1, 1)).flatten(1).double().square().mean(1)
    return _by_measurement(10 * torch.log10(4 / error.clamp(min=1e-12)), m)


def misfit(images: Tensor, y: Tensor, operator: Operator) -> Array:
    """Root mean squared difference between what is measured of images and what was, mean over the noises of each
    measurement, ``(m,)``."""
    m = len(y)
    off = operator.forward(images) - y.repeat(len(images) // m, *[1] * (y.ndim - 1))
    return _by_measurement(off.flatten(1).double().square().mean(1).sqrt(), m)


def average(values: Array) -> Score:
    """The mean over measurements, with its interval."""
    low, high = bootstrap(values, np.mean, vectorized=True)
    return Score(float(values.mean()), (float(low), float(high)), len(values))


def _by_measurement(values: Tensor, m: int) -> Array:
    found: Array = _grouped(values.double().cpu(), m).mean(0).numpy()
    return found


def _grouped(values: Tensor, m: int) -> Tensor:
    """Shape ``(n, ...)`` as ``(n / m, m, ...)``."""
    return values.reshape(-1, m, *values.shape[1:])
