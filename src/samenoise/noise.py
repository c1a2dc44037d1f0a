"""Noise banks: noise number ``i`` is one fixed tensor, for ever.

A generator maps unit noise ``z ~ N(0, I)`` to an image. To compare two generators, both must start
from the *same* ``z``, on any device, in any batch. torch and NumPy promise the bits of their raw
random words across versions, but not of their normal variates, so :class:`NoiseBank` goes from raw words to
normals by a recipe of its own, short enough to repeat in any language:

    r = raw 64-bit words of Philox 4x64 with key = [seed, 0] and counter = [0, 0, i, 0],
        one word per element in row-major order
    u = ((r >> 11) + 0.5) * 2**-53                   # 53 bits, at most 1 - 2**-53, so never 0 or 1
    z = ndtri(u), rounded to float32                 # inverse normal distribution function
"""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import ndtri
from torch import Tensor

from samenoise.checks import END, ids, whole

__all__ = ["Bank", "NoiseBank", "TorchNoiseBank"]

Index = int | slice | Sequence[int] | Tensor
SEEDS = 2**32
"""That torch's CPU generator tells apart."""


def philox_uniform(seed: int, stream: int, count: int) -> np.ndarray:
    """``count`` float64 uniforms in (0, 1): the ``u`` of the recipe above, for noise number ``stream``."""
    return uniform(np.random.Philox(key=[seed, 0], counter=[0, 0, stream, 0]).random_raw(count))


def uniform(words: np.ndarray) -> np.ndarray:
    """The ``u`` of raw 64-bit words."""
    # The very last of the 2**53 values would round to 1.
    u: np.ndarray = np.minimum(((words >> np.uint64(11)) + 0.5) * 2.0**-53, 1 - 2.0**-53)
    return u


@dataclass(frozen=True)
class Bank(ABC):
    """An endless, indexable sequence of unit noises of one shape.

    ``bank[i]`` has shape ``shape``; ``bank[i:j]``, ``bank[[3, 1]]`` and ``bank[tensor]`` have shape
    ``(n, *shape)``; all are float32 on the CPU. Element ``i`` never depends on what else is asked for.

    Raises:
        IndexError: for an index outside ``0 .. 2**63 - 1``, or a slice without an end (a bank has no last element).
        TypeError: for an index that is no whole number; a mask is none.
        ValueError: for a seed outside ``0 .. 2**63 - 1``, or a shape that is not one of positive sizes.
    """

    seed: int
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", whole(self.seed, "the seed of a noise bank", 0, END))
        object.__setattr__(self, "shape", tuple(whole(n, "a size of the shape of a noise", 1) for n in self.shape))
        if not self.shape:
            raise ValueError("a noise needs a shape, got ()")

    @property
    @abstractmethod
    def recipe(self) -> str:
        """Name and version of the way the noise is made; part of the hash."""

    @abstractmethod
    def _one(self, i: int) -> Tensor:
        """Noise number ``i``, float32, shape ``self.shape``."""

    @property
    def hash(self) -> str:
        """64 hex digits that name recipe, seed and shape: equal hashes mean equal noise."""
        text = f"{self.recipe}/seed={self.seed}/shape={'x'.join(map(str, self.shape))}"
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def size(self) -> int:
        """Elements in one noise."""
        return math.prod(self.shape)

    def __getitem__(self, index: Index) -> Tensor:
        if isinstance(index, slice):
            numbers = ids(_between(index))
        elif isinstance(index, int) or np.ndim(index) == 0:  # an integer of Python, NumPy or torch
            return self._one(*ids([index]))
        else:
            numbers = ids(index)
        if not numbers:
            return torch.empty(0, *self.shape)
        return torch.stack([self._one(i) for i in numbers])

    def __iter__(self) -> Iterator[Tensor]:
        raise TypeError("a noise bank is endless: take a slice of it, such as bank[:16]")


@dataclass(frozen=True)
class NoiseBank(Bank):
    """The bank of this project: Philox words through the inverse normal distribution function.

    >>> bank = NoiseBank(seed=0, shape=(1, 8, 8))
    >>> bank[0].flatten()[:2]
    tensor([-2.2719, -0.7013])
    >>> bool((bank[[5, 0]][1] == bank[0]).all())
    True
    """

    @property
    def recipe(self) -> str:
        return "philox4x64-ndtri-v1"

    def _one(self, i: int) -> Tensor:
        z = ndtri(philox_uniform(self.seed, i, self.size)).astype(np.float32)
        return torch.from_numpy(z).reshape(self.shape)


@dataclass(frozen=True)
class TorchNoiseBank(Bank):
    """One CPU ``torch.Generator`` per sample, seeded ``seed + i``: reproduces samples made elsewhere with
    ``--seeds 0-9999``. torch does not promise these bits across its versions; :class:`NoiseBank` is the one
    that lasts.

    The generator takes the last 32 bits of a seed, so noises beyond ``seed + i = 2**32 - 1`` would be those from 0 on
    once more: they are refused."""

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self.seed, "the seed of a bank of torch's generators", 0, SEEDS)

    @property
    def recipe(self) -> str:
        return "torch-cpu-generator-v1"

    def _one(self, i: int) -> Tensor:
        if self.seed + i >= SEEDS:
            raise IndexError(f"torch's generator has 2**32 seeds: there is no noise {i} of a bank of seed {self.seed}")
        return torch.randn(self.shape, generator=torch.Generator().manual_seed(self.seed + i))


def _between(part: slice) -> range:
    """The numbers of a slice."""
    step = 1 if part.step is None else whole(part.step, "the step of a slice")
    if part.stop is None or part.stop < 0 or (part.start or 0) < 0 or (step < 0 and part.start is None):
        raise IndexError("a noise bank is endless: a slice needs a start and an end of 0 or more")
    return range(0 if part.start is None else part.start, part.stop, step)
