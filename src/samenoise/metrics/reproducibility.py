"""Reproducibility: do two generators draw the same image from the same noise?

    RP              P[ M(a_i, b_i) > threshold ]                       same noise
    floor           P[ M(a_i, b_j) > threshold ],  i != j              different noise
    conditional RP  P[ max_c M(u_i, v_i^c) > threshold ]               unconditional u, conditional v, same noise
    MAE score       P[ mean |a_i - b_i| < 15 ],  on levels 0 .. 255

RP and MAE score: Zhang et al. 2310.05264, section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from samenoise.checks import real
from samenoise.metrics.rank import Ranking, Ranks
from samenoise.metrics.similarity import Rows, blocks, cosine, mismatched, off_diagonal, pair, threshold_of
from samenoise.metrics.statistics import THRESHOLDS, Score, allowed, exceedances, proportion

__all__ = [
    "Chance",
    "conditional_rp",
    "levels",
    "mae",
    "mae_score",
    "rp",
    "rp_beyond",
    "rp_chance",
    "rp_floor",
    "rp_floor_curve",
    "rp_threshold",
]


def rp(a: Rows, b: Rows, threshold: float | None = None) -> Score:
    """Reproducibility score: the share of noises whose two images are more similar than ``threshold`` (strictly).

    Args:
        a, b: Features, or tensors of shape ``(n, d)`` whose rows match.
        threshold: that of the extractor unless given; tensors need it.

    >>> a = torch.eye(4)
    >>> b = torch.eye(4)[[0, 1, 2, 0]]
    >>> rp(a, b, threshold=0.6).value
    0.75
    """
    similarities = cosine(a, b)
    return proportion(int((similarities > threshold_of(a, threshold)).sum()), len(similarities))


def rp_beyond(a: Rows, b: Rows, *others: tuple[Rows, Rows]) -> Score:
    """The share of noises at which ``a`` and ``b`` draw pictures that are more alike than those of any of ``others``.

    With the Gaussian ``g`` of the training set, ``rp_beyond(a, b, (a, g), (b, g))`` says how often the two have more in
    common than means and covariances, without a threshold. Three generators that are alike in kind come to 1/3.

    Args:
        a, b: Features, or tensors of shape ``(n, d)`` whose rows match.
        others: pairs of the same, at least one.

    >>> x = torch.eye(4)
    >>> rp_beyond(x, x, (x, x[[1, 0, 2, 3]])).value
    0.5
    """
    same = cosine(a, b)
    flags = same > torch.stack([cosine(*each) for each in others]).amax(0)
    return proportion(int(flags.sum()), len(flags))


def rp_floor(a: Rows, b: Rows, threshold: float | None = None, chunk: int = 1024) -> Score:
    """The floor of :func:`rp`: the same score over **all** ``n (n - 1)`` mismatched pairs, ``chunk x n`` at a time.

    It is the mean over all shuffles that leave no image in place, without the chance of one. Pairs share images and
    are not independent, so the interval is that of ``n / 2`` trials: a mean over all pairs has at most the
    variance of one over ``n / 2`` disjoint pairs (Hoeffding 1948, section 5), and comes close where a few images match
    all others.

    >>> rp_floor(torch.eye(4), torch.eye(4)[[0, 1, 2, 0]], threshold=0.6)[::2]
    (0.08333333333333333, 12)
    """
    threshold = threshold_of(a, threshold)
    k = pairs = 0
    for similarities in mismatched(a, b, chunk):
        k, pairs = k + int((similarities > threshold).sum()), pairs + len(similarities)
    return proportion(k, pairs, effective=len(a) / 2)


def rp_floor_curve(a: Rows, b: Rows, thresholds: Tensor = THRESHOLDS, chunk: int = 1024) -> Tensor:
    """:func:`rp_floor` at every threshold, float64: the companion of ``threshold_curve(cosine(a, b))``."""
    counts = torch.stack([exceedances(similarities, thresholds) for similarities in mismatched(a, b, chunk)])
    return counts.sum(0).double() / (len(a) * (len(a) - 1))


def rp_threshold(a: Rows, b: Rows, rate: float = 0.01, chunk: int = 1024) -> float:
    """The calibrated threshold of RP: the smallest that at most ``rate`` of the mismatched pairs lie strictly above.

    Exact, in memory for ``rate`` of the pairs and one chunk."""
    keep = allowed(len(a) * (len(a) - 1), rate) + 1 if len(a) > 1 else 1
    largest: Tensor | None = None
    for similarities in mismatched(a, b, chunk):
        seen = similarities if largest is None else torch.cat([largest, similarities])
        largest = seen.topk(min(keep, len(seen))).values
    assert largest is not None  # mismatched() refuses fewer than two noises
    return float(largest[-1])


class Chance(NamedTuple):
    """What the mismatched pairs of two generators say of their agreement."""

    floor: Score
    """:func:`rp_floor`."""
    threshold: float
    """:func:`rp_threshold`: the calibrated one."""
    calibrated: Score
    """:func:`rp_floor` at the calibrated threshold."""
    curve: Tensor
    """:func:`rp_floor_curve`."""
    ranks: Ranks
    """:func:`~samenoise.metrics.rp_ranks`: ``ranks.auc`` and ``ranks.top1`` are the scores without a threshold."""


def rp_chance(
    a: Rows,
    b: Rows,
    threshold: float | None = None,
    rate: float = 0.01,
    thresholds: Tensor = THRESHOLDS,
    chunk: int = 1024,
) -> Chance:
    """:func:`rp_floor`, :func:`rp_threshold`, :func:`rp_floor_curve` and the ranks from one pass over all pairs.

    The pairs above the calibrated threshold are among the largest that it is found by, so its floor needs no second
    pass. Memory as of :func:`rp_threshold`.
    """
    threshold = threshold_of(a, threshold)
    a, b = pair(a, b)
    pairs = len(a) * (len(a) - 1)
    keep = allowed(pairs, rate) + 1 if pairs else 1
    k, counts, largest = 0, torch.zeros(len(thresholds), dtype=torch.int64), None
    ranking = Ranking(cosine(a, b))
    for start, block in blocks(a, b, chunk):
        ranking.add(start, block)
        similarities = off_diagonal(start, block)
        k += int((similarities > threshold).sum())
        counts += exceedances(similarities, thresholds)
        seen = similarities if largest is None else torch.cat([largest, similarities])
        largest = seen.topk(min(keep, len(seen))).values
    assert largest is not None  # blocks() refuses fewer than two noises
    calibrated = float(largest[-1])
    floors = [proportion(each, pairs, effective=len(a) / 2) for each in (k, int((largest > calibrated).sum()))]
    return Chance(floors[0], calibrated, floors[1], counts.double() / pairs, ranking.ranks())


def conditional_rp(u: Rows, v_by_class: Sequence[Rows] | Tensor, threshold: float | None = None) -> Score:
    """Conditional reproducibility: the share of noises whose unconditional image is that of *some* class.

    Its floor is itself with the noises of ``u`` shuffled: a maximum over classes matches more by chance than one pair.

    Args:
        u: features of the unconditional generator.
        v_by_class: features of the conditional one, for each class from the same noises; or shape ``(classes, n, d)``.
    """
    best = torch.stack([cosine(u, v) for v in v_by_class]).amax(0)
    return proportion(int((best > threshold_of(u, threshold)).sum()), len(best))


def levels(images: Tensor) -> Tensor:
    """Images in [-1, 1] as the whole levels 0 .. 255 that a saved image holds, in float32: clamped, then rounded."""
    if not images.is_floating_point():
        raise TypeError(f"images are floats in [-1, 1], got {images.dtype}")
    return ((images.float().clamp(-1, 1) + 1) * 127.5).round()


def mae(a_images: Tensor, b_images: Tensor) -> Tensor:
    """Mean absolute difference of each pair of images, in levels 0 .. 255, shape ``(n,)``.

    Images are taken to whole levels first, as those that the published score was taken on: see :func:`levels`."""
    pair(a_images, b_images)
    return (levels(a_images) - levels(b_images)).abs().flatten(1).mean(1)


def mae_score(a_images: Tensor, b_images: Tensor, threshold: float = 15.0) -> Score:
    """MAE score: the share of noises whose two images differ by less than ``threshold`` levels of 0 .. 255 on average.

    Args:
        a_images, b_images: images in [-1, 1], shape ``(n, c, h, w)``, row ``i`` of both from the same noise.

    >>> grey = torch.zeros(2, 1, 4, 4)
    >>> mae_score(grey, grey + torch.tensor([0.1, 0.2]).reshape(2, 1, 1, 1)).value
    0.5
    """
    differences, threshold = mae(a_images, b_images), real(threshold, "a threshold")
    return proportion(int((differences < threshold).sum()), len(differences))
