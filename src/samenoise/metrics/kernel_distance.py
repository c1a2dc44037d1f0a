"""Distance of distributions: do the pictures of a generator come from where real images come from?

    MMD^2(a, y) = mean_{i != j} k(a_i, a_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(a_i, y_j)

the squared maximum mean discrepancy, unbiased (Gretton et al. 2012, lemma 6): it is 0 on average where both come from
one distribution, whatever the numbers of images, and may be negative. Its

- **floor** is that of real images in the place of ``a``: training images against held-out ones;
- **baseline** that of the Gaussian of the training set;
- **gap** from that baseline, ``MMD^2(a, y) - share MMD^2(g, y)``, is taken over the same noises and the same real
  images, so that much of what is uncertain cancels. Wholly below 0 with ``share = 1``, the pictures are clearly nearer
  to real images than what second-order statistics draw; with ``share = 1/2``, less than half as far.

The real images have to be *held out*: pictures that were learnt from ``y`` are not independent of it. What copies a few
training images is far from all others, and is so here, too.

**Kernels.** :class:`Polynomial` is that of KID (Bińkowski et al. 1801.01401), for features of trained networks. In
pixels it sees little: its third moments are ruled by the few directions in which images vary most, and of digits and of
Fashion-MNIST it cannot tell 512 real images from 512 of their Gaussian (0.5 and 0.9 standard errors apart). What does
is the distance at which real images have neighbours: :class:`RBF` with that bandwidth (7.7 and 8.9). It is measured on
real images alone, so that it has no unit and no generator moves it.

**Intervals.** The variance of a two-sample U-statistic of degree 2 is that of its projections, of one image each, and
what is left, of second order (van der Vaart 1998, chapter 12). Where both distributions are one the first is 0 and the
second is all, so both are estimated: ``F``, and ``S`` from the double-centred kernel. The estimate is skewed, and large
where its variance is, so the ends are where Wilson's would be: at the true values ``theta`` from which it lies as far
as Student's quantile, with the variance ``S + F theta / MMD^2``; with ``2 S`` at the upper end, as a low estimate comes
with low ones of ``F`` and ``S``. A gap is not skewed, and has ``F + S``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from scipy.special import stdtrit
from torch import Tensor

from samenoise.checks import real as number
from samenoise.checks import whole
from samenoise.features import Features
from samenoise.features.base import require_same_extractor
from samenoise.metrics.neighbours import nn_ratio
from samenoise.metrics.similarity import Rows, finite, pair
from samenoise.metrics.statistics import Score

__all__ = ["KID", "RBF", "Kernel", "Polynomial", "mmd", "mmd_gap"]

Kernel = Callable[[Tensor, Tensor], Tensor]
"""``k(x_i, y_j)``, shape ``(n, m)``, of rows of shapes ``(n, d)`` and ``(m, d)``."""


@dataclass(frozen=True)
class Polynomial:
    """``(x . y / (d scale^2) + 1) ^ degree``."""

    degree: int = 3
    scale: float = 1.0

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        return (x @ y.T / (x.shape[1] * self.scale**2) + 1) ** self.degree


@dataclass(frozen=True)
class RBF:
    """``exp(-|x - y|^2 / (2 bandwidth^2))``."""

    bandwidth: float

    def __post_init__(self) -> None:
        number(self.bandwidth, "a bandwidth", above=0)

    @classmethod
    def of(cls, images: Rows) -> RBF:
        """With the median distance from a real image to the nearest other one that differs from it.

        Args:
            images: Features, or shape ``(m, ...)``, of real images, two different ones at least.
        """
        rows = torch.unique(_rows(images, "the real images"), dim=0)
        if len(rows) < 2:
            raise ValueError("all real images are one image: there is no distance between neighbours")
        return cls(float(np.median(nn_ratio(rows, rows).distance[:, 1].cpu())))

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        return (torch.cdist(x, y).square() / (-2 * self.bandwidth**2)).exp()


KID = Polynomial()


def mmd(a: Rows, real: Rows, kernel: Kernel = KID, chunk: int = 1024) -> Score:
    """Unbiased squared MMD of pictures and real images.

    Args:
        a: Features of pictures, or shape ``(n, ...)``; or of real images, for the floor.
        real: features by the same extractor of real images that no generator has learnt from, shape ``(m, ...)``.
        chunk: rows at a time; memory is ``chunk x max(n, m)``.

    >>> generator = torch.Generator().manual_seed(0)
    >>> real, same, other = (torch.randn(200, 5, generator=generator) + shift for shift in (0, 0, 1))
    >>> mmd(same, real).ci95[0] < 0 < mmd(other, real).ci95[0]
    True
    """
    x, y = _comparable(a, real)
    among, across, within = (lambda p: kernel(x[p], x)), (lambda p: kernel(x[p], y)), (lambda p: kernel(y[p], y))
    value, first, second = _estimate(among, across, within, 1.0, len(x), len(y), chunk)
    z = _quantile(len(x), len(y))
    slope = max(first - 2 * second, 0.0) / max(value, math.sqrt(second), torch.finfo(torch.float64).tiny)
    low, high = (z * math.sqrt(s + slope * max(value, 0.0) + (z * slope / 2) ** 2) for s in (second, 2 * second))
    middle = value + z**2 * slope / 2
    return Score(value, (middle - low, middle + high), len(x))


def mmd_gap(a: Rows, b: Rows, real: Rows, kernel: Kernel = KID, share: float = 1.0, chunk: int = 1024) -> Score:
    """``mmd(a, real) - share mmd(b, real)`` of two generators at the same noises; below 0, ``a`` is the nearer.

    Args:
        a, b: Features of both, joined on noise id, or shape ``(n, ...)`` with rows that match.
        real: as of :func:`mmd`; the same for both, and with ``share = 1`` how they differ from one another cancels.
        share: 1/2 asks whether ``a`` is less than half as far as ``b``.

    >>> generator = torch.Generator().manual_seed(0)
    >>> real, near, far = (torch.randn(200, 5, generator=generator) + shift for shift in (0, 0.1, 1))
    >>> mmd_gap(near, far, real).ci95[1] < 0
    True
    """
    x, y = _comparable(a, real)
    share = number(share, "a share of the other distance", 0)
    x, g = (rows.flatten(1) for rows in pair(a, b))
    x, g = x.to(y.dtype), g.to(y.dtype)
    value, first, second = _estimate(
        lambda p: kernel(x[p], x) - share * kernel(g[p], g),
        lambda p: kernel(x[p], y) - share * kernel(g[p], y),
        lambda p: kernel(y[p], y),
        1 - share,
        len(x),
        len(y),
        chunk,
    )
    half = _quantile(len(x), len(y)) * math.sqrt(max(first - second, second))
    return Score(value, (value - half, value + half), len(x))


Block = Callable[[slice], Tensor]
"""Rows of a matrix of kernel values."""


class _Moments(NamedTuple):
    mean: float
    rows: Tensor
    columns: Tensor
    interaction: float
    """Mean square of what mean, rows and columns do not explain."""


def _estimate(
    among: Block, across: Block, real: Block, weight: float, n: int, m: int, chunk: int
) -> tuple[float, float, float]:
    """The statistic ``mean among + weight mean real - 2 mean across``; ``F + 2 S`` and ``S`` of its variance."""
    x, xy = _moments(among, n, n, chunk, distinct=True), _moments(across, n, m, chunk)
    y = (
        _moments(real, m, m, chunk, distinct=True)
        if weight
        else _Moments(0.0, xy.columns.new_zeros(m), xy.columns, 0.0)
    )
    first = float((2 * (x.rows - xy.rows)).var() / n + (2 * (weight * y.rows - xy.columns)).var() / m)
    second = 2 * x.interaction / n**2 + 2 * weight**2 * y.interaction / m**2 + 4 * xy.interaction / (n * m)
    return x.mean + weight * y.mean - 2 * xy.mean, first, second


def _moments(block: Block, n: int, m: int, chunk: int, distinct: bool = False) -> _Moments:
    """Of an ``n x m`` matrix, ``chunk`` rows at a time; ``distinct``: without its diagonal."""
    chunk = whole(chunk, "a chunk", 1)
    rows, columns, squares = [], torch.zeros(m, dtype=torch.float64), 0.0
    for start in range(0, n, chunk):
        values = block(slice(start, start + chunk)).cpu().double()
        if distinct:
            values.diagonal(start).zero_()
        rows.append(values.sum(1))
        columns += values.sum(0)
        squares += float(values.square().sum())
    by_row, by_column = torch.cat(rows) / (m - distinct), columns / (n - distinct)
    mean = float(by_row.mean())
    interaction = squares / (n * (m - distinct)) - float(by_row.square().mean() + by_column.square().mean()) + mean**2
    return _Moments(mean, by_row, by_column, max(interaction, 0.0))


def _quantile(n: int, m: int) -> float:
    """Student's, for the smaller of the samples."""
    return float(stdtrit(min(n, m) - 1, 0.975))


def _comparable(a: Rows, real: Rows) -> tuple[Tensor, Tensor]:
    if isinstance(a, Features) and isinstance(real, Features):
        require_same_extractor(a, real)
    elif isinstance(a, Features) or isinstance(real, Features):
        raise TypeError("Features are compared with Features: a tensor does not say which extractor made it")
    x, y = _rows(a, "a"), _rows(real, "the real images")
    if x.shape[1] != y.shape[1] or min(len(x), len(y)) < 2:
        raise ValueError(
            f"two pictures and two real images of one size are needed: got {tuple(x.shape)} and {tuple(y.shape)}"
        )
    dtype = torch.promote_types(x.dtype, y.dtype)
    return x.to(dtype), y.to(dtype)


def _rows(rows: Rows, name: str) -> Tensor:
    return finite(rows.array if isinstance(rows, Features) else rows.flatten(1), name).detach()
