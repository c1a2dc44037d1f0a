"""Features ``psi(x)`` of images, with what is needed to compare them with others and with nothing else.

Two sets of features are comparable when the same extractor made both, and *paired* when their images also start at
the same noises. :func:`join` pairs them on noise id and refuses what does not match; it never drops an image.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from samenoise.checks import real

__all__ = ["Extractor", "FeatureMap", "Features", "join", "require_same_extractor"]


@dataclass(frozen=True)
class Extractor:
    """What made the features: two sets are comparable when these are equal."""

    name: str
    weights_hash: str
    """SHA-256 of the weights, or of the mean image for ``pixel``."""
    preprocessing: str
    """In words, such as "resize to 320 x 320, ImageNet mean and standard deviation"."""
    threshold: float
    """The similarity above which (strictly) two images count as the same, unless another is asked for."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "threshold", real(self.threshold, "the threshold of an extractor"))

    def __str__(self) -> str:
        return f"{self.name} ({self.weights_hash[:12]}; {self.preprocessing}; threshold {self.threshold:g})"


@dataclass(frozen=True, eq=False)
class Features:
    """Features of images.

    Args:
        ids: noise ids, or row numbers of a data set, int64 of shape ``(n,)``, each once.
        array: one row of features for each id, shape ``(n, d)``.
        extractor: what made them.
        source: hash of the noise bank that the images were drawn from, or of the data set that they are of.

    Raises:
        TypeError: the ids are no whole numbers.
        ValueError: the shapes disagree, or an id occurs twice.
    """

    ids: Tensor
    array: Tensor
    extractor: Extractor
    source: str

    def __post_init__(self) -> None:
        _require_ids(self.ids)
        if self.array.ndim != 2 or self.ids.shape != self.array.shape[:1]:
            raise ValueError(
                "features are one row for each id: "
                f"ids have shape {tuple(self.ids.shape)}, the array {tuple(self.array.shape)}"
            )
        unique, counts = torch.unique(self.ids, return_counts=True)
        if len(unique) < len(self.ids):
            raise ValueError(f"each id has one row of features; ids given twice: {_some(unique[counts > 1])}")

    def __len__(self) -> int:
        return len(self.ids)

    @staticmethod
    def cat(parts: Sequence[Features]) -> Features:
        """The batches of one run as one."""
        for part in parts[1:]:
            require_same_extractor(parts[0], part)
            _require_same_source(parts[0], part)
        ids, array = torch.cat([part.ids for part in parts]), torch.cat([part.array for part in parts])
        return replace(parts[0], ids=ids, array=array)


class FeatureMap(ABC):
    """An extractor at work: ``feature_map(images, ids, source) -> Features``."""

    extractor: Extractor

    @abstractmethod
    def embed(self, images: Tensor) -> Tensor:
        """Features of images in [-1, 1] of shape ``(n, c, h, w)``: floats of shape ``(n, d)``."""

    def __call__(self, images: Tensor, ids: Tensor, source: str) -> Features:
        """Features of ``images``, which belong to noises (or data) ``ids`` of the bank (or data set) ``source``."""
        _require_ids(ids)
        return Features(ids.to("cpu", torch.int64), self.embed(images), self.extractor, source)


def join(a: Features, b: Features) -> tuple[Tensor, Tensor, Tensor]:
    """Pair two sets of features on noise id, whatever their order.

    Returns:
        ``(array_a, array_b, ids)``, sorted by id: row ``k`` of both arrays is of noise ``ids[k]``.

    Raises:
        ValueError: noise bank, extractor, feature size or ids differ; the message names both sides.
    """
    _require_same_source(a, b)
    require_same_extractor(a, b)
    ids_a, order_a = a.ids.sort()
    ids_b, order_b = b.ids.sort()
    if not torch.equal(ids_a, ids_b):
        only_a, only_b = ids_a[~torch.isin(ids_a, ids_b)], ids_b[~torch.isin(ids_b, ids_a)]
        raise ValueError(
            f"a and b are not of the same noises: a has {len(a)}, b has {len(b)}; "
            f"only in a: {_some(only_a)}; only in b: {_some(only_b)}"
        )
    return a.array[order_a], b.array[order_b], ids_a


def require_same_extractor(a: Features, b: Features) -> None:
    """Raise a ``ValueError`` that names both sides unless the features are comparable."""
    if a.extractor != b.extractor:
        raise ValueError(f"features of two kinds cannot be compared: a has {a.extractor}, b has {b.extractor}")
    if a.array.shape[1] != b.array.shape[1]:
        raise ValueError(
            f"features of two sizes cannot be compared: a has {a.array.shape[1]} per image, b has {b.array.shape[1]}"
        )


def _require_ids(ids: Tensor) -> None:
    if ids.dtype == torch.bool or ids.is_floating_point() or ids.is_complex():
        raise TypeError(f"ids are whole numbers, got {ids.dtype}")


def _require_same_source(a: Features, b: Features) -> None:
    if a.source != b.source:
        raise ValueError(f"images of two sources cannot be paired: a is of {a.source[:16]}, b of {b.source[:16]}")


def _some(ids: Tensor, most: int = 5) -> str:
    shown = ", ".join(str(i) for i in ids[:most].tolist())
    return f"{shown}, ... ({len(ids)} in all)" if len(ids) > most else shown or "none"
