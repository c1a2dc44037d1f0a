"""Maps of planes, and numbers of them: one for each plane, and their means with intervals over the planes.

    s    similarity of the picture at each place to those of the anchors of its plane, (planes, places, 3)
    map  the anchor that is most similar, (planes, places)

The anchors themselves are left out of every number: each is most like itself. Where two anchors of a plane have one and
the same picture, as happens where few images are copied, it is chance to which of the two a place belongs: of such a
plane, what is said of maps is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samenoise.metrics import Score, bootstrap
from samenoise.metrics.similarity import unit
from samenoise.plane import PlaneBank

__all__ = ["Array", "Planes", "agreement", "average", "correlation", "random_pairs", "share_above", "smoothness"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Planes:
    """Planes with what one generator makes of them."""

    similarity: Tensor
    """``s``, float of shape ``(planes, places, 3)``."""
    side: int
    others: Tensor
    """Places that are no anchors, int64."""
    whole: Array
    """Planes whose anchors have three pictures, bool ``(planes,)``."""

    @classmethod
    def of(cls, features: Tensor, bank: PlaneBank, planes: int, threshold: float) -> Planes:
        """From the features of the pictures of all places, ``(planes * places, d)``; above ``threshold`` two pictures
        are one."""
        directions = unit(features).reshape(planes, bank.side**2, -1)
        anchors = torch.tensor(bank.anchors())
        similarity = (directions @ directions[:, anchors].mT).clamp(-1, 1)
        places = torch.arange(bank.side**2)
        alike = similarity[:, anchors] - 2 * torch.eye(len(anchors)).to(similarity)
        whole: Array = (alike.amax((1, 2)) <= threshold).numpy()
        return cls(similarity, bank.side, places[~torch.isin(places, anchors)], whole)

    @property
    def map(self) -> Tensor:
        """The most similar anchor, int64 ``(planes, places)``."""
        return self.similarity.argmax(-1)


def agreement(a: Planes, b: Planes, shift: int = 0) -> Array:
    """Share of the places that two maps put to the same anchor, for each plane; with ``shift``, of another plane of
    ``b``: what the places alone make agree."""
    same = a.map[:, a.others] == b.map[:, b.others].roll(shift, 0)
    return _known(same.double().mean(1), a.whole & np.roll(b.whole, shift))


def correlation(a: Planes, b: Planes, shift: int = 0) -> Array:
    """Correlation of the two ``s`` over places and anchors, for each plane; ``shift`` as in :func:`agreement`."""
    left, right = (x.similarity[:, x.others].flatten(1).double() for x in (a, b))
    left, right = (x - x.mean(1, keepdim=True) for x in (left, right.roll(shift, 0)))
    norms = left.norm(dim=1) * right.norm(dim=1)
    return _known((left * right).sum(1) / norms.clamp(min=1e-12), np.ones_like(a.whole))


def smoothness(a: Planes) -> Array:
    """Share of neighbouring places, beside or below one another, that the map puts to one anchor, for each plane."""
    sheet = a.map.reshape(len(a.map), a.side, a.side)
    beside, below = sheet[:, :, 1:] == sheet[:, :, :-1], sheet[:, 1:] == sheet[:, :-1]
    return _known(torch.cat([beside.flatten(1), below.flatten(1)], 1).double().mean(1), a.whole)


def random_pairs(a: Planes) -> Array:
    """The same of any two places of the plane, however far apart."""
    shares = torch.stack([(a.map == k).double().mean(1) for k in range(a.similarity.shape[-1])])
    return _known(shares.square().sum(0), a.whole)


def share_above(a: Planes, threshold: float) -> Array:
    """Share of the places whose picture is that of an anchor, for each plane."""
    above = a.similarity[:, a.others].amax(-1) > threshold
    return _known(above.double().mean(1), np.ones_like(a.whole))


def average(values: Array) -> Score | None:
    """The mean over planes, with its interval, without those that are NaN; of fewer than two planes there is none."""
    values = values[~np.isnan(values)]
    if len(values) < 2:
        return None
    low, high = bootstrap(values, np.mean, vectorized=True)
    return Score(float(values.mean()), (float(low), float(high)), len(values))


def _known(values: Tensor, whole: Array) -> Array:
    """NaN for the planes that are left out."""
    found: Array = np.where(whole, values.numpy(), np.nan)
    return found
