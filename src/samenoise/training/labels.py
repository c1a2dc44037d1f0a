"""Labels in training: one for each image, of which a share is dropped at random in every update.

A network that sees both learns both, the images of a class and all images, which guidance takes apart again (Ho &
Salimans 2207.12598).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from samenoise.networks.base import NO_CLASS
from samenoise.training.order import dropped

__all__ = ["Labelled", "Labels"]


@dataclass(frozen=True)
class Labels:
    """Labels of a training set.

    Args:
        values: int64 of shape ``(n,)``, :data:`~samenoise.networks.base.NO_CLASS` where there is none.
        dropout: share of them that an update does not tell.
    """

    values: Tensor
    dropout: float = 0.0

    def of(self, index: Tensor, seed: int, update: int) -> Tensor:
        """What an update of the training with this seed tells of images number ``index``, ``(batch,)``."""
        return torch.where(dropped(seed, update, len(index), self.dropout), NO_CLASS, self.values[index])


class Labelled(nn.Module):
    """A network, told the labels of a batch, for objectives that know of none."""

    def __init__(self, network: nn.Module, labels: Tensor | None) -> None:
        super().__init__()
        self.network, self.labels = network, labels

    def forward(self, x: Tensor, c_noise: Tensor, cond: Tensor | None = None) -> Tensor:
        """The network's prediction under its labels."""
        out: Tensor = self.network(x, c_noise, self.labels)
        return out
