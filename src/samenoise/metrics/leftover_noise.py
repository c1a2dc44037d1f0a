"""Leftover noise: how much of the noise that pictures start at is still in them.

A coarse grid, or a network that has not learnt enough, stops on the way: its pictures hold ``z``, scaled down, in
directions in which images do not vary. It is the same on both sides, so that two such generators agree by it.

Along direction ``k``, in which real images have variance ``v_k``, let ``x_k`` and ``z_k`` be picture and noise:

    slope     beta_k = Cov(x_k, z_k) / Var(z_k)
    residual  r_k = Var(x_k - beta_k z_k)

A picture may depend on its noise: the exact flow of a Gaussian is linear in it, ``beta_k = sqrt(v_k)`` where sampling
starts at much noise, and no generator whose pictures vary as images do has more, as ``beta_k^2 + r_k = Var(x_k) = v_k``
(Cauchy and Schwarz). Where images hardly vary that is next to nothing. So

    leftover  the slope over the quiet directions, those of least variance, all taken together
    floor     the mean of sqrt(v_k) over them: the most that pictures which vary as images do can have

Real images have slope 0, being independent of ``z``; the closed-form optimum of a training set has nearly 0, the
Gaussian the floor. ``a z`` added to pictures adds ``a``. Where all directions have much variance, as in images of white
noise, the floor is as high as the images' own contrast, and a score at it says nothing: no direction is quiet there.

**Cleaned pictures** have what no image could have taken out: in each direction so much of ``z`` that its variance is no
more than ``v_k``, or all of ``z`` where that is not enough,

    x_k - e_k z_k,     e_k = sign(beta_k) max( |beta_k| - sqrt(max(v_k - r_k, 0)), 0 ).

From ``x = c + a z`` with ``Var(c_k) = v_k`` and ``Cov(c_k, z_k) >= 0`` it takes ``a z``, exactly in the mean; from
pictures that vary as images do, nothing. Agreement that survives it does not rest on leftover noise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from scipy.special import stdtrit
from torch import Tensor

from samenoise.metrics.similarity import finite
from samenoise.metrics.statistics import Score
from samenoise.oracle.gaussian import Spectrum

__all__ = ["Leftover", "cleaned", "leftover", "variation"]

QUIET = 1e-4
"""Quiet directions have together at most this share of the variance of images."""
LEAST = 1 / 16
"""Quiet directions are at least this share of all."""


class Leftover(NamedTuple):
    """The leftover noise of pictures, as a standard deviation per number of the image: of images in [-1, 1]."""

    score: Score
    """With Student's interval over noises."""
    floor: float
    """What pictures that vary as images do can have at most."""
    values: Tensor
    """Of each noise, float64 of shape ``(n,)``: their mean is the score, and resampling them gives its spread."""


def variation(real: Tensor, *others: Tensor) -> Spectrum:
    """In which directions images vary, and how much.

    Args:
        real: images of shape ``(N, ...)``, at least two: their principal components are the directions.
        others: further images of the data, such as held-out ones: the variance along a direction is the largest of any
            of the sets, each about its own mean. Of fewer images than numbers in one, ``real`` alone has no variance
            at all in the directions that its images do not span; others have.

    Returns:
        ``min(N, D)`` directions, and the variance outside, the same for all directions there.
    """
    sets = [images.flatten(1) for images in (real, *others)]
    for images in sets:
        if len(images) < 2:
            raise ValueError(f"how images vary is told by at least two of a set, got {len(images)}")
    means = [sum((part.sum(0) for part in _parts(images)), start=torch.zeros(())) / len(images) for images in sets]
    if len(sets[0]) < sets[0].shape[1]:  # of rank N - 1 at most
        rows = torch.cat(list(_parts(sets[0]))) - means[0]
        basis = torch.linalg.svd(rows.T, full_matrices=False).U[:, : len(rows) - 1]
    else:
        products = sum(((part - means[0]).T @ (part - means[0]) for part in _parts(sets[0])), start=torch.zeros(()))
        basis = torch.linalg.eigh(products).eigenvectors
    spectrum = Spectrum(basis.contiguous(), basis.new_zeros(basis.shape[1]), basis.new_zeros(()))
    variances, rest = [], []
    for images, mean in zip(sets, means, strict=True):
        splits = [spectrum.split(part - mean) for part in _parts(images)]
        variances.append(torch.stack([along.square().sum(0) for along, _ in splits]).sum(0) / len(images))
        outside = torch.stack([outside.square().sum() for _, outside in splits]).sum()
        rest.append(outside / len(images) / max(spectrum.outside, 1))
    return Spectrum(spectrum.basis, torch.stack(variances).amax(0), torch.stack(rest).amax(0))


def leftover(images: Tensor, z: Tensor, real: Spectrum) -> Leftover:
    """How much of ``z`` is left in the quiet directions of ``images``.

    Args:
        images: pictures of shape ``(n, ...)``, at least three.
        z: the unit noise that each starts at, of the same shape.
        real: :func:`variation` of real images.

    >>> generator = torch.Generator().manual_seed(0)
    >>> real = torch.randn(500, 20, generator=generator) * torch.linspace(0, 1, 20)
    >>> z = torch.randn(100, 20, generator=generator)
    >>> f"{leftover(real[:100] + 0.25 * z, z, variation(real)).score.value:.2f}"
    '0.25'
    """
    x, w = _pair(images, z)
    chosen, all_outside = _quiet(real)

    def inner(a: Tensor, b: Tensor) -> Tensor:
        (along, outside), (by, out) = real.split(a), real.split(b)
        return (along * by)[:, chosen].sum(1) + (outside * out).sum(-1) * all_outside

    x, w = x - x.mean(0), w - w.mean(0)
    products, squares = inner(x, w), inner(w, w)
    slope, n = float(products.sum() / squares.sum()), len(x)
    values = slope + (products - slope * squares) / squares.mean()
    half = float(stdtrit(n - 1, 0.975) * values.std()) / math.sqrt(n)
    outside = real.outside * all_outside
    floor = (real.variances[chosen].sqrt().sum() + outside * real.rest.sqrt()) / (int(chosen.sum()) + outside)
    return Leftover(Score(slope, (slope - half, slope + half), n), float(floor), values)


def cleaned(images: Tensor, z: Tensor, real: Spectrum) -> Tensor:
    """``images`` without the part of ``z`` that pictures which vary as images do cannot have.

    Arguments as of :func:`leftover`; of the shape and dtype of ``images``, on the CPU.
    """
    x, w = _pair(images, z)
    (along, outside), (by, out) = real.split(x - x.mean(0)), real.split(w - w.mean(0))
    taken = _excess(along, by, real.variances)
    # Outside, where directions are told apart by nothing, one slope for all. Both lie there as images: of all their
    # numbers, the mean square is less than that of their coordinates by the share of the directions that are outside.
    scale = math.sqrt(x.shape[1] / max(real.outside, 1))
    taken_outside = _excess(scale * outside.flatten(), scale * out.flatten(), real.rest)
    part = real.split(w)
    return (x - real.join(part[0] * taken, part[1] * taken_outside)).to(images.dtype).view(images.shape)


def _excess(x: Tensor, z: Tensor, variance: Tensor) -> Tensor:
    """``e`` of the module's formula, of centred coordinates; the means are over the first dimension."""
    slope = (x * z).mean(0) / z.square().mean(0).clamp(min=torch.finfo(z.dtype).tiny)
    room = (variance - (x - slope * z).square().mean(0)).clamp(min=0).sqrt()
    return slope.sign() * (slope.abs() - room).clamp(min=0)


def _quiet(real: Spectrum) -> tuple[Tensor, bool]:
    """Which directions of the basis are quiet, bool of shape ``(r,)``, and whether those outside are."""
    variances = torch.cat([real.variances, real.rest[None]])
    counts = torch.ones_like(variances)
    counts[-1] = real.outside
    order = variances.argsort(stable=True)
    shares, before = (variances * counts)[order].cumsum(0), counts[order].cumsum(0) - counts[order]
    kept = torch.zeros_like(order, dtype=torch.bool)
    kept[order] = (shares <= QUIET * shares[-1]) | (before < LEAST * counts.sum())
    return kept[:-1], bool(kept[-1])


def _pair(images: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    if images.shape != z.shape or len(images) < 3:
        raise ValueError(
            "leftover noise needs at least three pictures and the noise that each starts at: "
            f"got shapes {tuple(images.shape)} and {tuple(z.shape)}"
        )
    return _rows(images, "the pictures"), _rows(z, "the noise")


def _parts(images: Tensor) -> Iterator[Tensor]:
    """The rows in float64, a few thousand at a time."""
    return (_rows(part, "a set of real images") for part in torch.split(images, 4096))


def _rows(images: Tensor, name: str) -> Tensor:
    return finite(images.flatten(1), name).detach().cpu().double()
