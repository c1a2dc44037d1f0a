"""The residual MLP: the network of small images, and of cohorts.

    f = [1, cos(2 pi w c_noise), sin(2 pi w c_noise)]          12 fixed frequencies w from 1/4 to 8
    h = [x, f] W_in + l_0
    h = h + silu(norm(h) W_up + f E + l_b) W_down              for each block b
    F = norm(h) W_out

``[l_0, l_1, ...]`` is the row of the label in a table, where there are classes. ``norm`` is layer normalization without
weights. There are no biases: the constant feature of ``f`` is one. Every product is ``x @ W`` with ``W`` of shape
``(in, out)``, so the same forward serves one model, with matrices, and a cohort of ``K`` models of one shape, with
stacks ``(K, in, out)`` and inputs ``(K, batch, ...)``; see :mod:`samenoise.training.cohort`.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samenoise.checks import END, whole
from samenoise.networks.base import Network

__all__ = ["ResidualMLP"]

FREQUENCIES = 12


class ResidualMLP(Network):
    """``F(x, c_noise)`` for images of any small shape.

    As a cohort, ``x`` has shape ``(K, batch, *shape)`` and ``c_noise`` ``(K, batch)``.

    Args:
        shape: shape of one image, such as ``(1, 8, 8)``.
        width: features of every hidden layer.
        blocks: residual blocks.
        seed: of the initial weights, which are a function of the seed alone.
        classes: labels that it takes; as a cohort, of shape ``(K, batch)``.
    """

    name = "mlp"
    frequencies: Tensor

    def __init__(self, shape: tuple[int, ...], width: int, blocks: int = 3, seed: int = 0, classes: int = 0) -> None:
        super().__init__(shape, width, blocks, classes)
        self.blocks = blocks
        size, features = math.prod(shape), 2 * FREQUENCIES + 1
        generator = torch.Generator().manual_seed(whole(seed, "the seed of initial weights", 0, END))

        def matrix(rows: int, columns: int, gain: float) -> nn.Parameter:
            # Not `torch.randn`, which takes no CPU generator for a network that is on no device.
            return nn.Parameter(torch.empty(rows, columns).normal_(generator=generator) * (gain / math.sqrt(rows)))

        self.inward = matrix(size + features, width, 1.0)
        self.noise = matrix(features, width * blocks, 0.5)
        self.up = nn.ParameterList(matrix(width, width, 1.0) for _ in range(blocks))
        self.down = nn.ParameterList(matrix(width, width, 0.5) for _ in range(blocks))
        self.outward = matrix(width, size, 0.1)
        if self.rows:  # as large as what the noise level adds
            self.labels = matrix(self.rows, width * (blocks + 1), 0.5 * math.sqrt(self.rows))
        frequencies = 2 * math.pi * torch.logspace(-2, 3, FREQUENCIES, base=2.0)
        self.register_buffer("frequencies", frequencies, persistent=False)

    def predict(self, x: Tensor, c_noise: Tensor, rows: Tensor | None) -> Tensor:
        f = self.features(c_noise)
        h = torch.cat([x.flatten(-len(self.shape)), f], dim=-1) @ self.inward
        shift = f @ self.noise
        if rows is not None:
            first, others = torch.split(self.labels[rows], [self.width, self.width * self.blocks], dim=-1)
            h, shift = h + first, shift + others
        shifts = torch.split(shift, self.width, dim=-1)
        for up, down, shift in zip(self.up, self.down, shifts, strict=True):
            h = h + F.silu((F.layer_norm(h, (self.width,)) @ up).add_(shift)) @ down
        out: Tensor = F.layer_norm(h, (self.width,)) @ self.outward
        return out.reshape(x.shape)

    def features(self, c_noise: Tensor) -> Tensor:
        """``f`` of the noise level: shape ``(..., 25)``."""
        angles = c_noise[..., None] * self.frequencies
        return torch.cat([torch.ones_like(c_noise)[..., None], angles.cos(), angles.sin()], dim=-1)
