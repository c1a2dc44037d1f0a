"""Intervals of any statistic over images and over trainings.

Values are arrays ``(replicates, images, ...)``. Over images alone the interval is that of the percentile bootstrap:
images are drawn with replacement, the same in every replicate where they are the same images (crossed), others in each
where they are not (nested). What trainings add is that of the jackknife: of R pseudo-values, a replicate left out at a
time. The two are joined by :func:`~samenoise.metrics.replicates.two_level`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samenoise.metrics.replicates import two_level
from samenoise.metrics.statistics import Score, resamples
from samenoise.training.order import child_seed

__all__ = ["DRAWS", "Array", "interval", "mean", "score"]

DRAWS = 1000

Array = NDArray[np.float64]


def mean(values: Array) -> Array:
    """Over replicates and images."""
    out: Array = values.mean((0, 1))
    return out


def interval(statistic: Callable[..., Any], *groups: Array, nested: bool = False) -> tuple[Array, Array]:
    """95 % interval of a statistic of several groups of images that share their replicates.

    Args:
        statistic: takes the groups, resampled, and returns a number or an array.
        groups: each ``(replicates, images, ...)``; the number of replicates is the same.
        nested: images are others in each replicate.

    Returns:
        Lower and upper ends, of the shape of the statistic: the same for the same values, always.
    """
    value = np.asarray(statistic(*groups), dtype=np.float64)
    over_images = _over_images(statistic, groups, nested).reshape(2, -1)
    each = _pseudo_values(statistic, groups).reshape(-1, value.size)
    ends = np.empty((2, value.size))
    for k, number in enumerate(value.flat):
        alone = Score(float(number), (float(over_images[0, k]), float(over_images[1, k])), groups[0].shape[1])
        ends[:, k] = two_level(alone, each[:, k]).score.ci95
    return ends[0].reshape(value.shape), ends[1].reshape(value.shape)


def score(
    statistic: Callable[..., Any],
    *groups: Array,
    nested: bool = False,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> Score:
    """A number with its interval, cut where the number cannot be; ``n`` is the images of the first group."""
    low, high = np.clip(interval(statistic, *groups, nested=nested), *within)
    return Score(float(statistic(*groups)), (float(low), float(high)), groups[0].shape[1])


def _over_images(statistic: Callable[..., Any], groups: tuple[Array, ...], nested: bool) -> Array:
    """Both ends of the interval over images, of these very trainings."""
    count = len(groups[0])
    rows = np.arange(count)[:, None]
    columns = [
        resamples(group.shape[1] * (count if nested else 1), DRAWS, child_seed(0, "images", k))
        for k, group in enumerate(groups)
    ]
    drawn = []
    for each in zip(*columns, strict=True):
        # A multiple of the images is drawn from, so that the remainder is uniform.
        at = [(c % g.shape[1]).reshape(-1, g.shape[1]) for c, g in zip(each, groups, strict=True)]
        drawn.append(statistic(*(g[rows, c] for g, c in zip(groups, at, strict=True))))
    ends: Array = np.quantile(np.asarray(drawn, dtype=np.float64), [0.025, 0.975], axis=0, method="nearest")
    return ends


def _pseudo_values(statistic: Callable[..., Any], groups: tuple[Array, ...]) -> Array:
    """``(replicates, ...)``: of the mean they are the means of single replicates."""
    count = len(groups[0])
    whole = np.asarray(statistic(*groups), dtype=np.float64)
    if count == 1:
        return whole[None]
    without = [statistic(*(np.delete(group, r, axis=0) for group in groups)) for r in range(count)]
    return count * whole - (count - 1) * np.asarray(without, dtype=np.float64)
