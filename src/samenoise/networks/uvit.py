"""U-ViT (Bao et al. 2209.12152): a transformer with the long skips of a U-Net, in which everything is a token.

    h = [time, class, patches] + positions        a class where there are several
    h = block(h)                                  (depth - 1) / 2 times, each kept
    h = block(h)                                  the middle
    h = block(W [h, kept])                        (depth - 1) / 2 times, the last kept first
    F = conv3x3(unpatch(W norm(h)))               of the patches

A block is ``h + attention(norm(h))``, then ``h + MLP(norm(h))``. Layers start with torch's own weights, not with the
paper's normal ones of deviation 0.02.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samenoise.networks.base import Network, seeded, timestep
from samenoise.networks.patches import head_size, patch_size

__all__ = ["UViT"]


class UViT(Network):
    """The transformer.

    Args:
        shape: ``(channels, height, width)``.
        width: features of a token, a multiple of 16.
        depth: blocks, an odd number: as many on the way down as on the way up, and one in the middle.
        seed: of the initial weights.
        classes: labels that it takes, as a token.

    Raises:
        ValueError: for another width, an even depth or an image that cannot be cut.
    """

    name = "uvit"

    def __init__(self, shape: tuple[int, ...], width: int, depth: int = 5, seed: int = 0, classes: int = 0) -> None:
        super().__init__(shape, width, depth, classes)
        if depth % 2 == 0:
            raise ValueError(f"a uvit has a block in the middle: its depth is odd, got {depth}")
        channels, height, across = self.shape
        self.patch, heads = patch_size(height, across), width // head_size(width)
        tokens = (height // self.patch) * (across // self.patch)
        self.before = 2 if self.rows else 1  # tokens before those of the patches
        with seeded(seed):
            self.embed = nn.Conv2d(channels, width, self.patch, stride=self.patch)
            self.positions = nn.Parameter(torch.empty(1, self.before + tokens, width))
            self.down = nn.ModuleList(Block(width, heads) for _ in range(depth // 2))
            self.middle = Block(width, heads)
            self.up = nn.ModuleList(Block(width, heads) for _ in range(depth // 2))
            self.joins = nn.ModuleList(nn.Linear(2 * width, width) for _ in range(depth // 2))
            self.norm = nn.LayerNorm(width)
            self.unembed = nn.Linear(width, channels * self.patch**2)
            self.smooth = nn.Conv2d(channels, channels, 3, padding=1)
            # As large as a patch after the embedding. Bao's 0.02 is for hundreds of features: with the tens of a small
            # network the mean of the tokens, all that attention sees at first, hardly says where anything is.
            nn.init.trunc_normal_(self.positions, std=1.0)
            self.labels = nn.Embedding(self.rows, width) if self.rows else None

    def predict(self, x: Tensor, c_noise: Tensor, rows: Tensor | None) -> Tensor:
        patches = self.embed(x)
        time = sinusoids(timestep(c_noise), self.width).to(patches.dtype)
        before = [time[:, None]] if self.labels is None else [time[:, None], self.labels(rows)[:, None]]
        h = torch.cat([*before, patches.flatten(2).mT], dim=1) + self.positions
        kept = []
        for block in self.down:
            h = block(h)
            kept.append(h)
        h = self.middle(h)
        for join, block in zip(self.joins, self.up, strict=True):
            h = block(join(torch.cat([h, kept.pop()], dim=-1)))
        pixels = self.unembed(self.norm(h[:, self.before :])).mT.unflatten(2, patches.shape[2:])
        out: Tensor = self.smooth(F.pixel_shuffle(pixels, self.patch))
        return out


class Block(nn.Module):
    """Attention among all tokens, then an MLP of each."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, h: Tensor) -> Tensor:
        """Tokens ``(batch, tokens, width)`` to the same."""
        q, k, v = self.qkv(self.norm1(h)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        h = h + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        out: Tensor = h + self.mlp(self.norm2(h))
        return out


def sinusoids(t: Tensor, features: int) -> Tensor:
    """Cosines and sines of ``t``, shape ``(batch, features)``: frequencies from 1 down to nearly 1/10,000."""
    frequencies = torch.exp(-math.log(10_000) * torch.arange(features // 2, device=t.device) / (features // 2))
    angles = t[:, None].float() * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=-1)
