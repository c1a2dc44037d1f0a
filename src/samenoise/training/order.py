"""The order of data and noise in training: a pure function of (seed, update).

No state is carried from update to update, so a resumed training, another number of workers or another member of
a cohort sees exactly the same draws.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

__all__ = ["Draws", "child_seed", "drawn_ahead", "draws", "dropped"]


class Draws(NamedTuple):
    """Randomness of one update."""

    image: Tensor
    """Uniforms in [0, 1), float64 ``(batch,)``: image number ``floor(u n)`` of a training set of ``n``."""
    time: Tensor
    """Uniforms in (0, 1), float64 ``(batch,)``, for :meth:`samenoise.process.Process.training_time`."""
    z: Tensor
    """Unit noise, float32 ``(batch, *shape)``."""


def draws(seed: int, update: int, batch: int, shape: tuple[int, ...]) -> Draws:
    """Draw for update number ``update`` (from 0) of the training with this seed."""
    # The second word of the key is 0 for noise banks: no training noise is ever a noise that is sampled from.
    rng = np.random.Generator(np.random.Philox(key=[seed, update + 1]))
    uniform = rng.random((2, batch))
    z = rng.standard_normal((batch, *shape), dtype=np.float32)
    return Draws(
        torch.from_numpy(uniform[0]), torch.from_numpy(uniform[1]).clamp_(1e-12, 1 - 1e-12), torch.from_numpy(z)
    )


def dropped(seed: int, update: int, batch: int, share: float) -> Tensor:
    """Which images of an update lose their labels, each with the chance ``share``; bool of shape ``(batch,)``.

    From words that nothing else is made of, so that a training sees the same images, times and noise whether labels are
    dropped or not.
    """
    rng = np.random.Generator(np.random.Philox(key=[seed, update + 1], counter=[0, 0, 0, 1]))
    return torch.from_numpy(rng.random(batch) < share)


def drawn_ahead(seed: int, updates: range, batch: int, shape: tuple[int, ...]) -> Iterator[Draws]:
    """:func:`draws` of one update after the other, the next in a thread of its own while a GPU is at work on this one;
    in pinned memory, from which they are copied while the GPU computes."""

    def drawn(update: int) -> Draws:
        found = draws(seed, update, batch, shape)
        return found._replace(z=found.z.pin_memory()) if torch.cuda.is_available() else found

    with ThreadPoolExecutor(1) as thread:
        coming = [thread.submit(drawn, update) for update in updates[:1]]
        for update in updates:
            now = coming.pop().result()
            if update + 1 in updates:
                coming.append(thread.submit(drawn, update + 1))
            yield now


def child_seed(seed: int, *labels: object) -> int:
    """A seed for one part of a run, from the seed of the whole and what the part is called."""
    text = "/".join([str(seed), *map(str, labels)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")
