"""Generalization: are the images of a generator in its training set?

    memorized  P[ max_j M(a_i, y_j) > threshold ]     y the training images
    GL         1 - memorized

(Zhang et al. 2310.05264, section 3.) The floor of "memorized" is the same score of *held-out real* images in the place
of ``a``: real images, too, have a look-alike in a large training set.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from samenoise.features import Features
from samenoise.features.base import require_same_extractor
from samenoise.metrics.neighbours import Nearest, nearest
from samenoise.metrics.similarity import Rows, threshold_of
from samenoise.metrics.statistics import Score, proportion

__all__ = ["Matched", "gl", "matched", "memorized"]


class Matched(NamedTuple):
    """A score, and the training image nearest to each image, in the order of the images."""

    score: Score
    similarity: Tensor
    """``max_j M(a_i, y_j)``, shape ``(n,)``: what a curve over thresholds or a calibrated threshold is made of."""
    row: Tensor
    """The row of the training set that reaches it, int64 of shape ``(n,)``."""


def memorized(a: Rows, train: Rows, threshold: float | None = None, chunk: int = 2048) -> Matched:
    """The share of images that are more similar than ``threshold`` (strictly) to some training image.

    Args:
        a: features of generated images, or of held-out real ones for the floor; Features, or shape ``(n, d)``.
        train: features of the training images by the same extractor, shape ``(m, d)``.
        threshold: that of the extractor unless given; tensors need it.
        chunk: images and training images at a time; memory is ``chunk x chunk``.

    >>> import torch
    >>> found = memorized(torch.tensor([[1.0, 0.1], [1.0, 1.0]]), torch.eye(2), threshold=0.9)
    >>> found.score.value, found.row[0].item()
    (0.5, 0)
    """
    threshold = threshold_of(a, threshold)
    if isinstance(a, Features) and isinstance(train, Features):
        require_same_extractor(a, train)
        a, train = a.array, train.array
    if isinstance(a, Features) or isinstance(train, Features):
        raise TypeError("Features are compared with Features: a tensor does not say which extractor made it")
    return matched(nearest(a, train, 1, chunk), threshold)


def matched(found: Nearest, threshold: float) -> Matched:
    """:func:`memorized`, where the nearest training images are known."""
    similarity, row = (part[:, 0] for part in found)
    return Matched(proportion(int((similarity > threshold).sum()), len(similarity)), similarity, row)


def gl(a: Rows, train: Rows, threshold: float | None = None, chunk: int = 2048) -> Matched:
    """Generalization score: ``1 - memorized``, with the mirrored interval. Arguments as for :func:`memorized`.

    >>> import torch
    >>> gl(torch.tensor([[1.0, 0.1], [1.0, 1.0], [1.0, 2.0]]), torch.eye(2), threshold=0.9).score.value
    0.6666666666666667
    """
    found = memorized(a, train, threshold, chunk)
    return found._replace(score=found.score.complement)
