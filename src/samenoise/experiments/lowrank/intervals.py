"""Intervals over images and over trainings.

Values are arrays ``(replicates, images, ...)``. A draw takes replicates with replacement and images with replacement:
the same images in every replicate where they are the same images (crossed), others in each where they are not (nested).
The mean of R replicates, drawn so, would vary by ``(R - 1) / R`` of what it should, which is much for two or three of
them; so replicates are moved apart by ``sqrt(R / (R - 1))`` before they are drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samenoise.metrics.statistics import Score, resamples
from samenoise.training.order import child_seed

__all__ = ["DRAWS", "Array", "interval", "mean", "score"]

DRAWS = 1000

Array = NDArray[np.float64]
Interval = tuple[Any, Any]


def mean(values: Array) -> Array:
    """Over replicates and images."""
    out: Array = values.mean((0, 1))
    return out


def interval(statistic: Callable[..., Any], *groups: Array, nested: bool = False) -> Interval:
    """95 % interval of a statistic of several groups of images that share their replicates.

    Args:
        statistic: takes the groups, resampled, and returns a number or an array.
        groups: each ``(replicates, images, ...)``; the number of replicates is the same.
        nested: images are others in each replicate.

    Returns:
        Lower and upper ends, of the shape of the statistic: the same for the same values, always.
    """
    count = len(groups[0])
    apart = [_moved_apart(group) for group in groups]
    rows = resamples(count, DRAWS, child_seed(0, "replicates"))
    columns = [
        resamples(group.shape[1] * (count if nested else 1), DRAWS, child_seed(0, "images", k))
        for k, group in enumerate(groups)
    ]
    drawn = []
    for row, *each in zip(rows, *columns, strict=True):
        # A multiple of the images is drawn from, so that the remainder is uniform.
        at = [(c % g.shape[1]).reshape(-1, g.shape[1]) for c, g in zip(each, groups, strict=True)]
        drawn.append(statistic(*(g[row[:, None], c] for g, c in zip(apart, at, strict=True))))
    low, high = np.quantile(np.asarray(drawn, dtype=np.float64), [0.025, 0.975], axis=0, method="nearest")
    return low, high


def score(
    statistic: Callable[..., Any],
    *groups: Array,
    nested: bool = False,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> Score:
    """A number with its interval, cut where the number cannot be; ``n`` is the images of the first group."""
    low, high = np.clip(interval(statistic, *groups, nested=nested), *within)
    return Score(float(statistic(*groups)), (float(low), float(high)), groups[0].shape[1])


def _moved_apart(values: Array) -> Array:
    count = len(values)
    if count == 1:
        return values
    means = values.mean(1, keepdims=True)
    shift: Array = (np.sqrt(count / (count - 1)) - 1) * (means - means.mean(0))
    return values + shift
