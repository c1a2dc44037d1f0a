"""Nearest training images: by cosine of features, and by distance in pixels.

Both stream the training set ``y`` in chunks, by :mod:`samenoise.metrics.search`: exact, in memory of ``chunk x chunk``
and of a few numbers for each image. Similarities are also found over a training set in shards, files of which one at a
time is open, and over parts of it that several processes search.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import count
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from samenoise.checks import real, tensor, whole
from samenoise.metrics.locations import median_interval
from samenoise.metrics.search import Candidates, merged, search
from samenoise.metrics.similarity import finite, of_one_kind, unit
from samenoise.metrics.statistics import Score, proportion

__all__ = [
    "FARTHEST",
    "Nearest",
    "Ratio",
    "nearest",
    "nearest_candidates",
    "nearest_of",
    "nn_distance",
    "nn_ratio",
]

FARTHEST = 1.5
"""A model draws pictures while theirs are at most this many times as far from real images as held-out real ones are."""

SPARE = 6
"""Candidates kept beyond those asked for, so that rounding in the matrix product does not lose one."""


class Nearest(NamedTuple):
    """The ``k`` most similar rows of ``y`` for each row, best first."""

    similarity: Tensor
    """Shape ``(n, k)``."""
    row: Tensor
    """Rows of ``y``, int64 of shape ``(n, k)``; among equally similar ones, the lowest first."""


class Ratio(NamedTuple):
    """The NN ratio, and the two nearest training images of each image."""

    score: Score
    distance: Tensor
    """``d(x, y_(1)), d(x, y_(2))``, shape ``(n, 2)``."""
    row: Tensor
    """Their rows in the training set, int64 of shape ``(n, 2)``."""


def nearest(a: Tensor, y: Tensor | Iterable[Tensor], k: int = 1, chunk: int = 2048) -> Nearest:
    """The ``k`` rows of ``y`` most similar to each row of ``a``, by cosine; a row of zeros has similarity 0 to all.

    Args:
        a: shape ``(n, d)``; the search runs on its device.
        y: shape ``(m, d)``, ``m >= k``; moved there chunk by chunk. Or its shards, each of shape ``(any, d)``, such as
            a generator that opens one file after the other: the result is the same bits, however it is cut.

    >>> nearest(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 4.0]]), k=2)
    Nearest(similarity=tensor([[1.0000, 0.8944]]), row=tensor([[2, 1]]))
    """
    return nearest_of([nearest_candidates(a, y, k, chunk=chunk)], k)


def nearest_candidates(
    a: Tensor, y: Tensor | Iterable[Tensor], k: int = 1, first: int = 0, chunk: int = 2048
) -> Candidates:
    """What a part of a training set has for :func:`nearest_of`: its rows that may be among the ``k`` most similar.

    Args:
        a, y, k, chunk: as of :func:`nearest`; the part may have fewer than ``k`` rows.
        first: number of its first row in the whole training set. Parts start at multiples of ``chunk``, so that all of
            them together are searched as the whole would be, bit for bit.
    """
    k, chunk, first = whole(k, "the number of neighbours", 1), whole(chunk, "a chunk", 1), whole(first, "the first", 0)
    if first % chunk:
        raise ValueError(f"parts of a training set start at multiples of the chunk ({chunk}), got {first}")
    if isinstance(y, Tensor) or not isinstance(y, Iterable):
        a, y = _comparable(tensor(a, "a"), y)
        shards: Iterable[Tensor] = [y]
    else:
        a = finite(tensor(a, "a"), "a")
        shards = _like(a, y)
    return search(unit(a), shards, k, SPARE, _Cosines, chunk, first)


def nearest_of(parts: Sequence[Candidates], k: int = 1) -> Nearest:
    """The ``k`` most similar rows of a whole training set, from what each part of it has, in any order.

    >>> a, y = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 4.0]])
    >>> halves = [nearest_candidates(a, y[2:], 2, first=2, chunk=2), nearest_candidates(a, y[:2], 2, chunk=2)]
    >>> nearest_of(halves, 2).row
    tensor([[2, 1]])
    """
    k, found = whole(k, "the number of neighbours", 1), merged(parts, k + SPARE)
    if found.row.shape[1] < k:
        raise ValueError(f"{k} neighbours need at least {k} training images, got {found.row.shape[1]}")
    return Nearest(*found.best(k, descending=True))


def _products(x: Tensor, y: Tensor) -> Tensor:
    """Of all rows, to rank them by. On a CPU it is NumPy's: where torch brings MKL, NumPy's OpenBLAS takes a tenth less
    on a processor of AMD."""
    if x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64):
        return torch.from_numpy(np.matmul(x.detach().numpy(), y.detach().numpy().T))
    return x @ y.T


class _Cosines:
    """Rows of length 1."""

    def __init__(self, y: Tensor) -> None:
        self.y = unit(y)
        # A product of two unit vectors of d numbers is off by at most d roundings of half an eps, whatever their order.
        self.margin = 4 * y.shape[1] * torch.finfo(y.dtype).eps

    def rank(self, x: Tensor) -> Tensor:
        return _products(x, self.y)

    def measure(self, x: Tensor, row: Tensor) -> Tensor:
        return (x * self.y[row]).sum(-1).clamp(-1, 1)


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
    images, train = tensor(images, "what the images are"), tensor(train, "the training set")
    x_all, y_all = _comparable(images.flatten(1), train.flatten(1))
    if len(y_all) < 2:
        raise ValueError(f"2 neighbours need at least 2 training images, got {len(y_all)}")
    scale = _scale(x_all, y_all)
    if scale != 1:
        x_all, y_all = x_all * scale, y_all * scale
    few = search(x_all, [y_all], 2, SPARE, partial(_Distances, y_all.mean(0)), whole(chunk, "a chunk", 1))
    distance, index = few.best(2, descending=False)
    distance = finite(distance / scale, "the distance")
    close = distance[:, 0] < ratio * distance[:, 1]
    return Ratio(proportion(int(close.sum()), len(close)), distance, index)


class _Distances:
    """Rows as they are, and from a centre: distances do not change, but smaller numbers round less."""

    margin = math.inf  # all are measured: beside distances near zero, ranks may be rounded by much

    def __init__(self, centre: Tensor, y: Tensor) -> None:
        self.centre, self.y = centre.to(y.device), y
        self.from_centre = y - self.centre
        self.squares = (self.from_centre**2).sum(1)

    def rank(self, x: Tensor) -> Tensor:
        return _products(2 * (x - self.centre), self.from_centre) - self.squares  # |x|^2 - |x - y|^2

    def measure(self, x: Tensor, row: Tensor) -> Tensor:
        distance: Tensor = torch.linalg.vector_norm(x - self.y[row], dim=-1)
        return distance


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


def _scale(a: Tensor, y: Tensor) -> float:
    """A power of two, which rounds nothing, that keeps squares in range; 1 where they are."""
    largest = max(abs(float(end)) for rows in (a, y) for end in rows.detach().aminmax())
    return 1.0 if largest == 0 or 2.0**-20 < largest < 2.0**20 else 2.0 ** -math.frexp(largest)[1]


def _comparable(a: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    y = tensor(y, "the training set")
    _of_one_size(a, y)
    return of_one_kind(finite(a, "a"), finite(y, "the training set"))


def _of_one_size(a: Tensor, y: Tensor) -> None:
    if a.ndim != 2 or y.ndim != 2 or a.shape[1] != y.shape[1]:
        raise ValueError(f"rows of one size are compared: got shapes {tuple(a.shape)} and {tuple(y.shape)}")
    if len(a) == 0:
        raise ValueError("there are no images to find neighbours of")


def _like(a: Tensor, shards: Iterable[Tensor]) -> Iterator[Tensor]:
    """Shards in the dtype of ``a``."""
    numbers = count()
    for shard in shards:  # enumerate would hold on to it while the next one is opened
        name = f"shard {next(numbers)} of the training set"
        _of_one_size(a, tensor(shard, name))
        yield finite(shard, name).to(a.dtype)
        del shard
