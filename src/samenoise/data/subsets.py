"""Subsets of an image set: nested, disjoint, held out.

One shuffled order of the set, a function of a seed, serves all of them: part "a" of size N is its first N images, part
"b" the N after those, and what is held out is at its end. So parts "a" are nested, parts "a" and "b" of one size are
disjoint, and no part that leaves room for the held-out images has one of them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from samenoise.checks import END, one_of, whole

__all__ = ["Part", "held_out", "order", "subset"]

Part = Literal["a", "b"]


def order(count: int, seed: int) -> Tensor:
    """A shuffled ``0 .. count - 1``, int64: the argsort of uniform words of the Philox stream of this seed."""
    count, seed = whole(count, "the number of images", 0), whole(seed, "the seed of an order", 0, END)
    words = np.random.Philox(key=[seed, 0], counter=[0, 0, 0, 1]).random_raw(count)
    return torch.from_numpy(np.argsort(words, kind="stable").astype(np.int64))


def subset(count: int, n: int, part: Part, seed: int) -> Tensor:
    """Ids of part "a" or "b" of size ``n`` of a set of ``count`` images.

    Raises:
        ValueError: there are not that many images, or not enough for two disjoint parts; the part is no other.
    """
    one_of(part, "the part of a set", ("a", "b"))
    if not 1 <= whole(n, "the size of a training set") <= count:
        raise ValueError(f"a training set of {n} images cannot be taken from the {count} there are")
    if part == "b" and 2 * n > count:
        raise ValueError(f"two disjoint training sets of {n} images need {2 * n}; there are {count}")
    shuffled = order(count, seed)
    return shuffled[:n] if part == "a" else shuffled[n : 2 * n]


def held_out(count: int, largest: int, n: int, seed: int) -> Tensor:
    """Ids of ``n`` images that no part "a" of up to ``largest`` images holds, and no part "b" of up to half of that.

    They are the same whatever ``largest`` is.

    Raises:
        ValueError: fewer than ``n`` are left.
    """
    n, largest = whole(n, "the number of held-out images", 0), whole(largest, "the largest training set", 0)
    if largest + n > count:
        raise ValueError(
            f"{n} held-out images beside training sets of up to {largest} need {largest + n} images; there are {count}"
        )
    return order(count, seed)[count - n :]
