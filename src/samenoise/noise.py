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

__all__ = ["Bank", "NoiseBank", "TorchNoiseBank"]

Index = int | slice | Sequence[int] | Tensor


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
        IndexError: for a negative index, or a slice without an end (a bank has no last element).
    """

    seed: int
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        if not self.shape or min(self.shape) < 1:
            raise ValueError(f"a noise needs a shape of positive sizes, got {self.shape}")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"the seed of a noise bank lies in 0 .. 2**63 - 1, got {self.seed}")

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
        if isinstance(index, (int, np.integer)):
            return self._one(_checked(int(index)))
        if isinstance(index, slice):
            if index.stop is None or index.stop < 0 or (index.start or 0) < 0:
                raise IndexError("a noise bank is endless: a slice needs a start and an end of 0 or more")
            ids: Sequence[int] = range(index.start or 0, index.stop, index.step or 1)
        else:
            ids = index.tolist() if isinstance(index, Tensor) else index
        if not len(ids):
            return torch.empty(0, *self.shape)
        return torch.stack([self._one(_checked(int(i))) for i in ids])

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
    that lasts."""

    @property
    def recipe(self) -> str:
        return "torch-cpu-generator-v1"

    def _one(self, i: int) -> Tensor:
        return torch.randn(self.shape, generator=torch.Generator().manual_seed(self.seed + i))


def _checked(i: int) -> int:
    if i < 0:
        raise IndexError(f"noise numbers start at 0, got {i}")
    return i
