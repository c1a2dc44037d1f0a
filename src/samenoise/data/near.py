"""Near-duplicates: pictures that are the same but for brightness, contrast or the noise of an encoder.

Two pictures are near when the cosine of their pixels, each picture's own mean subtracted, is above a bound:

    cos(a, b) = <a - mean a, b - mean b> / (||a - mean a|| ||b - mean b||)

so that ``p`` and ``k p + c`` with ``k > 0`` count as one.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np

__all__ = ["Near", "Seen"]


class Near(NamedTuple):
    """Which kept picture one is near to, as its number among the kept, and the cosine, 1 for an equal one."""

    number: int
    cosine: float


class Seen:
    """The pictures kept so far; they are numbered from 0 in the order in which they came.

    Args:
        bound: a cosine above it is near, in (0, 1]. At 1 only pictures equal in every byte are.

    Raises:
        ValueError: the bound is outside (0, 1].
    """

    def __init__(self, bound: float) -> None:
        if not 0 < bound <= 1:
            raise ValueError(f"the cosine of near-duplicates is above 0 and at most 1, got {bound:g}")
        self.bound = bound
        self._numbers: dict[bytes, int] = {}  # digest of the bytes -> number: equal is equal, however products round
        self._units: list[np.ndarray] = []

    def add(self, pictures: np.ndarray) -> list[Near | None]:
        """For each picture in turn what it is near to, or ``None`` where it is near to none and so is kept.

        What comes back is the nearest of those kept before, from this batch too; of several as near, the first.

        Args:
            pictures: values 0..255 of shape ``(k, c, h, w)``, none of one value only.
        """
        units = pictures.reshape(len(pictures), -1).astype(np.float32)
        units -= units.mean(axis=1, keepdims=True)
        units /= np.linalg.norm(units, axis=1, keepdims=True)
        before = [_nearest(units @ block.T) for block in self._units]
        starts = np.cumsum([0, *(len(block) for block in self._units)])
        within = units @ units.T
        kept: list[int] = []  # rows of this batch
        found: list[Near | None] = []
        for row, picture in enumerate(pictures):
            digest = hashlib.sha256(picture.tobytes()).digest()
            if digest in self._numbers:
                found.append(Near(self._numbers[digest], 1.0))
                continue
            near = [
                Near(int(start + which[row]), float(cosine[row]))
                for start, (which, cosine) in zip(starts, before, strict=False)
            ]
            if kept:
                k = int(within[row, kept].argmax())
                near.append(Near(int(starts[-1]) + k, float(within[row, kept[k]])))
            nearest = max(near, key=lambda each: each.cosine, default=None)
            if nearest is not None and self.bound < min(nearest.cosine, 1.0):  # rounding may pass 1
                found.append(nearest)
                continue
            self._numbers[digest] = len(self._numbers)
            kept.append(row)
            found.append(None)
        if kept:
            self._units.append(units[kept])
        return found


def _nearest(cosines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Column and value of the largest cosine of each row, the first of several."""
    which = cosines.argmax(axis=1)
    return which, cosines[np.arange(len(which)), which]
