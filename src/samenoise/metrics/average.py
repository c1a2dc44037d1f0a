"""Means of numbers that images have one by one, such as losses, and how a mean changed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from samenoise.metrics.locations import Array, mean_interval
from samenoise.metrics.statistics import Score

__all__ = ["average", "change", "changes"]


def average(values: ArrayLike) -> Score:
    """The mean of one number for each image, shape ``(n,)``, with its interval.

    >>> average([1.0, 2.0, 3.0]).value
    2.0
    """
    numbers = np.asarray(values, dtype=np.float64)
    return Score(float(numbers.mean()), mean_interval(numbers), len(numbers))


def change(before: ArrayLike, now: ArrayLike) -> Score:
    """By what share of itself a mean changed, ``mean(now) / mean(before) - 1``, of the same images, shape ``(n,)``.

    >>> f"{change([2.0, 4.0], [1.0, 2.0]).value:.2f}"
    '-0.50'
    """
    return average(changes(before, now))


def changes(before: ArrayLike, now: ArrayLike) -> Array:
    """Of each image the part that it has in :func:`change`, shape ``(n,)``; their mean is the change, and their spread
    is its (the delta method):

        L' / L - 1  +  (l'_i - l_i L' / L) / L,     L and L' the means of l_i before and of l'_i now
    """
    first, second = (np.asarray(values, dtype=np.float64) for values in (before, now))
    ratio = second.mean() / first.mean()
    found: Array = ratio - 1 + (second - ratio * first) / first.mean()
    return found
