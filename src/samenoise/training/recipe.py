"""How to train: everything that is the same whatever the network, the process and the loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import numpy as np
from torch import Tensor

__all__ = [
    "OPTIMIZERS",
    "PRECISIONS",
    "WIDEST",
    "DivergedError",
    "Optimizer",
    "Precision",
    "Recipe",
    "Schedule",
    "refuse_broken",
]

Schedule = Literal["cosine", "constant"]
Optimizer = Literal["adam", "adamw", "sgd"]
Precision = Literal["fp32", "bf16", "fp16"]
OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


WIDEST = 0.288
"""The largest ``ema``: the standard deviation of a flat profile is ``1 / sqrt(12)`` of its length."""


@cache
def _gamma(width: float) -> float:
    """The exponent of a profile ``j ** gamma`` with this relative standard deviation: ``width ** 2 =
    (gamma + 1) / ((gamma + 2) ** 2 (gamma + 3))``, solved as algorithm 2 of 2312.02696 does."""
    t = width**-2
    return float(np.roots([1, 7, 16 - t, 12 - t]).real.max())


@dataclass(frozen=True)
class Recipe:
    """A fixed number of updates with linear warm-up, then cosine decay to 0 or a constant rate, and an average of
    the weights."""

    updates: int = 2000
    batch: int = 128
    """Images of one update, over all processes and accumulated parts together."""
    lr: float = 2e-3
    warmup: int = 100
    schedule: Schedule = "cosine"
    ema: float = 0.1
    """Width of the average of the weights, as a share of the updates done; 0 averages nothing, and
    :data:`WIDEST` all updates alike. See :meth:`ema_weight`."""
    optimizer: Optimizer = "adam"
    """adam and adamw with torch's defaults, sgd with momentum 0.9."""
    weight_decay: float = 0.0
    clip: float | None = None
    """Largest norm of the gradient of an update."""
    accumulate: int = 1
    """Parts that a batch is cut into, one after the other, where it does not fit into memory at once."""
    precision: Precision = "fp32"
    """Of the network's arithmetic (autocast); weights, EMA and loss are float32."""
    compile: bool = False
    """``torch.compile`` the network."""
    channels_last: bool = False
    """Memory format of the network; most often faster for convolutions."""

    def lr_at(self, update: int) -> float:
        """Learning rate of update number ``update``."""
        warm = min(1.0, (update + 1) / self.warmup) if self.warmup else 1.0
        decay = 0.5 * (1 + math.cos(math.pi * update / self.updates)) if self.schedule == "cosine" else 1.0
        return self.lr * warm * decay

    def __post_init__(self) -> None:
        if not 0 <= self.ema <= WIDEST:
            raise ValueError(
                f"ema is the width of the average as a share of the updates done, 0 to {WIDEST}, not a decay per "
                f"update; got {self.ema:g}: write 0.1"
            )

    def ema_weight(self, update: int) -> float:
        """Weight of the new parameters in the average after update number ``update``, from 0.

        The power function average of Karras et al. 2312.02696 (section 3.1 and appendix C): after ``k`` updates the
        weights of update ``j`` count as ``j ** gamma``, so that the average reaches back a share of the training that
        is the same at any time. ``gamma`` is such that the standard deviation of that profile is ``ema`` of its length.
        """
        if self.ema == 0:
            return 1.0
        kept: float = (1 - 1 / (update + 1)) ** (_gamma(self.ema) + 1)
        return 1 - kept

    @property
    def plain(self) -> bool:
        """Whether a cohort can train it: Adam in float32 with nothing more."""
        return (self.optimizer, self.weight_decay, self.clip, self.accumulate, self.precision) == (
            "adam",
            0.0,
            None,
            1,
            "fp32",
        ) and not (self.compile or self.channels_last)


class DivergedError(RuntimeError):
    """A loss that is not finite. The message names the model, the update and what to change."""

    def __init__(self, names: list[str], update: int, recipe: Recipe) -> None:
        super().__init__(
            f"training of {', '.join(names)} diverged: the loss is not finite after update {update}. "
            f"Lower training.lr (it is {recipe.lr:g}) or lengthen training.warmup ({recipe.warmup})."
        )


def refuse_broken(images: Tensor, name: str) -> None:
    """Raise a ``ValueError`` where a training set holds NaN or infinity: the loss would be blamed on the recipe."""
    bad = ~images.flatten(1).isfinite().all(1)
    if bool(bad.any()):
        raise ValueError(
            f"the training set of {name} holds NaN or infinity in {int(bad.sum())} of {len(images)} images, first in "
            f"image {int(bad.int().argmax())}"
        )
