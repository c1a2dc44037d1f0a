"""Broken pictures, named before they are compared.

    NaN          a value that is no number, or infinite: nothing can be compared, so this is an error
    black        no value above the lowest level
    constant     one colour: each channel of it within one level
    outside      most values lie outside [-2, 2]
    saturated    nine values in ten lie at the ends of the range, and some at both
    all alike    the pictures of all noises are the same one, to a level
    in [0, 1]    of eight or more pictures of floats, no value is below 0 and none above 1

One level is 2 / 255 of the range [-1, 1].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from samenoise.comparison.spool import Spool
from samenoise.outside.base import OutsideError

__all__ = ["LEVEL", "Broken", "Health"]

LEVEL = 2 / 255
ENOUGH = 8
"""Pictures that are not all bright by chance."""


class Broken(NamedTuple):
    """Pictures of one side that something is wrong with."""

    side: str
    what: str
    ids: tuple[int, ...]
    """Of their noises."""

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.ids[:5])) + (", ..." if len(self.ids) > 5 else "")
        if self.what == "all alike":
            return f"{self.side}: all {len(self.ids)} pictures are alike: the noise makes no difference"
        if self.what == "in [0, 1]":
            return f"{self.side}: no value of {len(self.ids)} pictures is below 0: images are in [-1, 1], not in [0, 1]"
        one = len(self.ids) == 1
        words = ("holds" if one else "hold") + " NaN or infinity"
        what = "outside of [-1, 1] by far" if self.what == "outside" else self.what
        words = words if self.what == "NaN" else f"{'is' if one else 'are'} {what}"
        return f"{self.side}: {len(self.ids)} {'picture' if one else 'pictures'} {words} (noises {shown})"


class Health:
    """Looks at the pictures of one side as they come."""

    def __init__(self, side: str) -> None:
        self.side, self.count = side, 0
        self.found: dict[str, list[int]] = {"NaN": [], "black": [], "constant": [], "outside": [], "saturated": []}
        self.least, self.most = np.inf, -np.inf

    def look(self, ids: Sequence[int], images: np.ndarray) -> None:
        """Float images in [-1, 1], or levels, shape ``(n, c, h, w)``."""
        self.count += len(ids)
        x = images.reshape(*images.shape[:2], -1).astype(np.float32)
        if images.dtype == np.uint8:
            x = x / 127.5 - 1
        else:
            self.least, self.most = min(self.least, float(x.min())), max(self.most, float(x.max()))
        for i, image in zip(ids, x, strict=True):
            if kind := _kind(image):
                self.found[kind].append(i)

    def broken(self, spool: Spool) -> list[Broken]:
        """All that is wrong with the pictures that were looked at, which are those of a spool.

        Raises:
            OutsideError: some hold NaN, so that they cannot be compared.
        """
        found = [Broken(self.side, what, tuple(sorted(those))) for what, those in self.found.items() if those]
        if self.found["NaN"]:
            raise OutsideError(f"{found[0]}: they cannot be compared", 1)
        if self.count > 1 and not found and spool.spread < LEVEL / 2:
            found.append(Broken(self.side, "all alike", tuple(spool.ids)))
        if self.count >= ENOUGH and not found and 0 <= self.least <= self.most <= 1:
            found.append(Broken(self.side, "in [0, 1]", tuple(spool.ids)))
        return found


def _kind(image: np.ndarray) -> str:
    """What is wrong with an image of shape ``(c, h w)``; empty where nothing is."""
    if not np.isfinite(image).all():
        return "NaN"
    if image.max() < -1 + LEVEL / 2:
        return "black"
    if (image.max(1) - image.min(1)).max() <= LEVEL:
        return "constant"
    if (np.abs(image) > 2).mean() > 0.5:
        return "outside"
    low, high = (image <= -1).mean(), (image >= 1).mean()
    return "saturated" if low + high > 0.9 and min(low, high) > 0.05 else ""
