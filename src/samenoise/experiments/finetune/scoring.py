"""Of which data a picture is: the old ones, or the new."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["nearer_to"]


def nearer_to(images: Tensor, old: Tensor, new: Tensor) -> Tensor:
    """Whether the real image that is nearest to each, by the distance of pixels, is an old one, bool ``(n,)``.

    Args:
        images: shape ``(n, *shape)``.
        old, new: as many of either, that nothing was trained on.
    """
    to_old, to_new = (torch.cdist(images.flatten(1).double(), x.flatten(1).double()).amin(1) for x in (old, new))
    return to_old < to_new
