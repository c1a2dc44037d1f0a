"""Which noises give copies at which training size: what N50 is read off, and its resamples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samenoise.metrics import logistic
from samenoise.metrics.crossing import crossing, falling
from samenoise.metrics.statistics import resamples

__all__ = ["Fits", "Sweep", "true_or_false"]

OTHER_DRAWS = 2**62
"""Added to the seed where held-out images are drawn, which are not the noises."""

Array = NDArray[np.float64]


class Fits(NamedTuple):
    """Of the data, and of each resample."""

    log2_n50: float
    """Of the data; infinite beyond all sizes."""
    ends: Array
    """Between what it lies in the data, then in each resample, shape ``(2, count + 1)``: infinite beyond all sizes."""
    beta: Array
    """Of the logistic, shape ``(count + 1, 2)``."""
    shares: Array
    """The share that falls, of the data, shape ``(m,)``."""


class Sweep(NamedTuple):
    """Flags by size, sizes ascending and each once; trainings at one size are one with more rows."""

    x: Array
    """log2 of the sizes, shape ``(m,)``."""
    by_noise: Array
    """Memorized at how many of the rows of a size, shape ``(noises, m)``."""
    rows: Array
    """Rows of each size, shape ``(m,)``."""
    floor: Array
    """Share of real images that pass, shape ``(m,)``."""
    real: Array | None
    """Which held-out images pass at each size, of shape ``(images, m)``; ``None`` where the floor is taken as known."""

    @classmethod
    def of(cls, n_train: ArrayLike, flags: ArrayLike, floor: ArrayLike, held_out: ArrayLike | None) -> Sweep:
        """Arguments as of :func:`~samenoise.metrics.fit_transition`."""
        sizes, flags = np.asarray(n_train, dtype=np.float64), true_or_false(flags)
        flags = flags[None] if flags.ndim == 2 else flags
        if sizes.ndim != 1 or flags.ndim != 3 or flags.shape[1] != len(sizes) or 0 in flags.shape:
            raise ValueError(
                f"one row of flags for each training size: got shapes {sizes.shape} and {flags.shape[-2:]}"
            )
        if len(np.unique(sizes)) < 2 or not np.all((sizes > 0) & np.isfinite(sizes)):
            raise ValueError(f"a transition needs two different training sizes above 0, got {sizes.tolist()}")
        ordered, place = np.unique(sizes, return_inverse=True)
        of_size = np.zeros((len(sizes), len(ordered)))
        of_size[np.arange(len(sizes)), place] = 1
        rows = of_size.sum(0)
        floors, real = _floors(sizes, floor, held_out)
        by_noise = np.ascontiguousarray(flags.sum(0, dtype=np.float64).T @ of_size)
        return cls(
            np.log2(ordered),
            by_noise,
            rows * len(flags),
            floors @ of_size / rows,
            None if real is None else np.ascontiguousarray(real.T @ of_size / rows),
        )

    def fits(self, count: int, seed: int) -> Fits:
        """The data's, and those of ``count`` resamples of the noises and, apart from them, of the held-out images."""
        noises, floor = len(self.by_noise), self.floor
        trials: Array = self.rows * noises
        drawn = [np.bincount(draw, minlength=noises) @ self.by_noise for draw in resamples(noises, count, seed)]
        k = np.stack([self.by_noise.sum(0), *drawn])
        if self.real is not None and count:
            images = len(self.real)
            draws = resamples(images, count, seed + OTHER_DRAWS)
            passed = np.stack([np.bincount(draw, minlength=images) @ self.real for draw in draws]) / images
            # Where all that were drawn pass, as if half an image did not.
            floor = np.concatenate([floor[None], np.minimum(passed, 1 - 0.5 / images)])
        shares: Array = falling((k / trials - floor) / (1 - floor), self.rows)
        found, ends = crossing(self.x, shares, trials)
        return Fits(found, ends, logistic.fit(self.x, k, trials, floor), shares[0])

    def missing(self, fits: Fits) -> tuple[str, bool]:
        """Why the data show no transition, empty where they do; and whether N50 lies beyond all sizes then."""
        x, found = self.x, fits.log2_n50
        fractions = self.by_noise.sum(0) / (self.rows * len(self.by_noise))
        sizes, half = f"every size from {2 ** x.min():g} to {2 ** x.max():g}", self.floor + (1 - self.floor) / 2
        if np.all(fractions > half):
            return f"more than half is memorized at {sizes}", True
        if np.all(fractions < half):
            return f"less than half is memorized at {sizes}", True
        if fits.shares[0] <= fits.shares[-1]:
            return "the memorized share does not fall as the training size grows", False
        if np.isfinite(found):
            return "", False
        return f"made to fall, the memorized share is {'above' if found > 0 else 'below'} one half at {sizes}", True


def true_or_false(flags: ArrayLike) -> NDArray[np.bool_]:
    """Flags, which are true or false, or 1 and 0."""
    found = np.asarray(flags)
    if not np.all((found == 0) | (found == 1)):
        raise ValueError("a flag is true or false, and nothing between")
    return found.astype(bool)


def _floors(sizes: Array, floor: ArrayLike, held_out: ArrayLike | None) -> tuple[Array, Array | None]:
    """The floor at each size, and the flags it is the mean of, if it is."""
    real = None if held_out is None else np.asarray(held_out, dtype=np.float64)
    if real is not None:
        if np.any(np.asarray(floor)):
            raise ValueError("a floor is known, or read off held-out images: give one of both")
        if real.ndim != 2 or len(real) != len(sizes) or real.shape[1] == 0:
            raise ValueError(
                f"one row of held-out flags for each training size: got shapes {sizes.shape} and {real.shape}"
            )
        floor = real.mean(1)
    floors = np.asarray(floor, dtype=np.float64)
    if floors.ndim and floors.shape != sizes.shape:
        raise ValueError(f"one floor for each training size: got shapes {sizes.shape} and {floors.shape}")
    if not np.all((floors >= 0) & (floors < 1)):
        raise ValueError(f"a floor is a share below 1, got {floors.tolist()}")
    return np.broadcast_to(floors, sizes.shape), real
