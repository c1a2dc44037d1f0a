"""A closed form for each class, as one denoiser that takes labels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from samenoise.denoiser import Denoiser

__all__ = ["ByClass"]


class ByClass(Denoiser):
    """The denoiser of the class of each image.

    Args:
        classes: one denoiser for each, of one process and shape.
        unconditional: that of all images, without a label.

    Raises:
        ValueError: when called, for a label that is none of the classes.
    """

    def __init__(self, classes: Sequence[Denoiser], unconditional: Denoiser) -> None:
        self.classes, self.unconditional = list(classes), unconditional
        self.process, self.shape = unconditional.process, unconditional.shape

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        if cond is None:
            return self.unconditional(x_t, t)
        estimate = torch.empty_like(x_t)
        for label in torch.unique(cond).tolist():
            if not 0 <= label < len(self.classes):
                raise ValueError(f"labels are 0 to {len(self.classes) - 1}, got {label}")
            rows = cond == label
            estimate[rows] = self.classes[label](x_t[rows], t[rows.cpu()] if t.ndim else t)
        return estimate
