"""Nearest training images: by cosine of features, and by distance in pixels.

Both searches stream the training set ``y`` in chunks through a matrix product, keep a running best few for each image,
then measure those few directly: a matrix product ranks, it does not measure. Memory is ``chunk x chunk``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from samenoise.checks import real, whole
from samenoise.metrics.locations import median_interval
from samenoise.metrics.similarity import finite, unit
from samenoise.metrics.statistics import Score, proportion

__all__ = ["FARTHEST", "Nearest", "Ratio", "nearest", "nn_distance", "nn_ratio"]

FARTHEST = 1.5
"""A model draws pictures while theirs are at most this many times as far from real images as held-out real ones are."""

SPARE = 6
"""Candidates kept beyond those asked for, so that rounding in the matrix product does not lose one."""


class Nearest(NamedTuple):
    """The ``k`` most similar rows of ``y`` for each row, best first."""

    similarity: Tensor
    """Shape ``(n, k)``."""
    row: Tensor
    """Rows of ``y``, int64 of shape ``(n, k)``; among equally similar ones, any."""


class Ratio(NamedTuple):
    """The NN ratio, and the two nearest training images of each image."""

    score: Score
    distance: Tensor
    """``d(x, y_(1)), d(x, y_(2))``, shape ``(n, 2)``."""
    row: Tensor
    """Their rows in the training set, int64 of shape ``(n, 2)``."""


def nearest(a: Tensor, y: Tensor, k: int = 1, chunk: int = 2048) -> Nearest:
    """The ``k`` rows of ``y`` most similar to each row of ``a``, by cosine; a row of zeros has similarity 0 to all.

    Args:
        a: shape ``(n, d)``; the search runs on its device.
        y: shape ``(m, d)``, ``m >= k``; moved there chunk by chunk.

    >>> nearest(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 4.0]]), k=2)
    Nearest(similarity=tensor([[1.0000, 0.8944]]), row=tensor([[2, 1]]))
    """
    a, y = _comparable(a, y, whole(k, "the number of neighbours", 1))

    def rank(x: Tensor, y: Tensor) -> Tensor:
        return unit(x) @ unit(y).T

    found = []
    for x, index in _candidates(rank, a, y, k + SPARE, chunk):
        similarity = (unit(x)[:, None] * unit(y[index].to(x.device))).sum(-1).clamp(-1, 1)
        similarity, order = similarity.sort(dim=1, descending=True, stable=True)
        found.append((similarity[:, :k], index.gather(1, order)[:, :k]))
    return Nearest(*(torch.cat(part) for part in zip(*found, strict=True)))


def nn_ratio(images: Tensor, train: Tensor, ratio: float = 1 / 3, chunk: int = 2048) -> Ratio:
    """The share of images far nearer to one training image than to any other, ``d(x, y_(1)) < ratio d(x, y_(2))``
    (Gu et al. 2310.02664), by distance in pixels (L2). It needs no features.

    A copy of an image that the training set holds *twice* has ``d(x, y_(1)) = d(x, y_(2))`` and does not count.

    Args:
        images, train: shapes ``(n, ...)`` and ``(m, ...)``, ``m >= 2``.

    >>> nn_ratio(torch.tensor([[0.1], [0.5]]), torch.tensor([[0.0], [1.0]])).score.value
    0.5
    """
    ratio = real(ratio, "the ratio of distances", 0)
    x_all, y_all = _comparable(images.flatten(1), train.flatten(1), 2)
    scale = _scale(x_all, y_all)
    if scale != 1:
        x_all, y_all = x_all * scale, y_all * scale
    centre = y_all.mean(0)  # distances do not change, but smaller numbers round less

    def rank(x: Tensor, y: Tensor) -> Tensor:
        y = y - centre.to(y.device)
        return 2 * (x - centre.to(x.device)) @ y.T - (y**2).sum(1)  # |x|^2 - |x - y|^2

    found = []
    for x, index in _candidates(rank, x_all, y_all, 2 + SPARE, chunk):
        distance = torch.linalg.vector_norm(x[:, None] - y_all[index].to(x.device), dim=-1)
        distance, order = distance.sort(dim=1, stable=True)
        found.append((distance[:, :2], index.gather(1, order)[:, :2]))
    distance, index = (torch.cat(part) for part in zip(*found, strict=True))
    distance = finite(distance / scale, "the distance")
    close = distance[:, 0] < ratio * distance[:, 1]
    return Ratio(proportion(int(close.sum()), len(close)), distance, index)


def nn_distance(images: Tensor, real: Tensor, chunk: int = 2048) -> Score:
    """Median distance in pixels (L2) from an image to its nearest real one, with its interval by order statistics.

    It tells pictures from noise: a generator that has not learnt yet draws images much farther from all data than
    held-out real images are, and agreement with another such generator then says nothing of the data.

    >>> nn_distance(torch.zeros(2, 4), torch.eye(4)).value
    1.0
    """
    nearest_two = nn_ratio(images, real, chunk=chunk).distance
    distances = nearest_two[:, 0].detach().cpu().numpy()
    return Score(float(np.median(distances)), median_interval(distances), len(distances))


def _candidates(
    rank: Callable[[Tensor, Tensor], Tensor], a: Tensor, y: Tensor, k: int, chunk: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """``chunk`` rows of ``a`` at a time, with the indices of the ``k`` rows of ``y`` (or all) that rank highest."""
    chunk = whole(chunk, "a chunk", 1)
    for x in (a[start : start + chunk] for start in range(0, len(a), chunk)):
        values, index = x.new_empty(len(x), 0), torch.empty(len(x), 0, dtype=torch.int64, device=x.device)
        for start in range(0, len(y), chunk):
            block = rank(x, y[start : start + chunk].to(x.device))
            best = block.topk(min(k, block.shape[1]), dim=1)
            values, index = torch.cat([values, best.values], 1), torch.cat([index, best.indices + start], 1)
            values, order = values.topk(min(k, values.shape[1]), dim=1)
            index = index.gather(1, order)
        yield x, index.to(y.device)


def _scale(a: Tensor, y: Tensor) -> float:
    """A power of two, which rounds nothing, that keeps squares in range; 1 where they are."""
    largest = max(abs(float(end)) for rows in (a, y) for end in rows.detach().aminmax())
    return 1.0 if largest == 0 or 2.0**-20 < largest < 2.0**20 else 2.0 ** -math.frexp(largest)[1]


def _comparable(a: Tensor, y: Tensor, k: int) -> tuple[Tensor, Tensor]:
    if a.ndim != 2 or y.ndim != 2 or a.shape[1] != y.shape[1]:
        raise ValueError(f"rows of one size are compared: got shapes {tuple(a.shape)} and {tuple(y.shape)}")
    if len(a) == 0:
        raise ValueError("there are no images to find neighbours of")
    if len(y) < k:
        raise ValueError(f"{k} neighbours need at least {k} training images, got {len(y)}")
    a, y = finite(a, "a"), finite(y, "the training set")
    dtype = torch.promote_types(a.dtype, y.dtype)
    return a.to(dtype), y.to(dtype)
