"""The loss on unseen images: whether a network is trained enough, or has begun to learn its own images by heart.

    L_i = mean_k l(x_i, z_ik, u_k),    l the loss that the network is trained for,  x_i an image that it has not seen

Noise and levels are the same at every look, so that two looks are compared image by image. Levels are spread evenly
over those of training. Looks lie half a doubling of the updates apart and end with the training.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from samenoise.training.labels import Labelled
from samenoise.training.objective import Objective
from samenoise.training.order import draws

__all__ = ["MOST", "Unseen", "looks_back"]

MOST = 256
"""Images that are looked at: one look costs about as much as four updates."""
LEVELS = 4
EARLIEST = 32
BLOCK = 256


def looks_back(updates: int) -> tuple[int, ...]:
    """Updates after which the loss is taken, ascending: the last, and each ``2**0.5`` before the next, from 32 on."""
    back = (round(updates * 2 ** (-k / 2)) for k in range(64))
    return tuple(sorted({updates, *(update for update in back if update >= EARLIEST)}))


@dataclass(frozen=True)
class Unseen:
    """Images that a network does not train on.

    Args:
        images: floats in [-1, 1], shape ``(n, *shape)``.
        seed: of the noise; that of training and of noise banks is another.
        objective: what the network is trained for.
        labels: of the images, int64 of shape ``(n,)``, where the network has classes.
    """

    images: Tensor
    seed: int
    objective: Objective
    labels: Tensor | None = None

    @torch.no_grad()
    def losses(self, network: nn.Module, device: str = "cpu") -> Tensor:
        """Loss of each image, float64 of shape ``(n,)`` on the CPU."""
        n, shape = len(self.images), tuple(self.images.shape[1:])
        total = torch.zeros(n, dtype=torch.float64)
        for k in range(LEVELS):
            z = draws(self.seed, k, n, shape).z
            u = ((torch.arange(n, dtype=torch.float64) + 0.5) / n + k) / LEVELS  # every image at levels of its own
            for start in range(0, n, BLOCK):
                rows = slice(start, start + BLOCK)
                seen = self.images[rows].to(device), z[rows].to(device), u[rows]
                told = network if self.labels is None else Labelled(network, self.labels[rows])
                total[rows] += self.objective(told, *seen, update=0).double().cpu()
        return total / LEVELS
