"""Networks of generators that are no diffusion models: from a latent to an image, and from an image to numbers.

    decoder  image = tanh(f(z)), z of shape (batch, latent)
    encoder  numbers of an image, (batch, outputs): a critic has one, a VAE's encoder two for each element of z

    mlp     h <- h + W silu(V norm(h)), twice
    conv    a side is halved while it is even and above 4, and channels double; one convolution a level
    resnet  the same sides, with a residual block of two convolutions a level

Convolutions start from a latent, and end in numbers, by way of such an MLP, eight times as wide as they are: two or
three of them alone hardly mix the elements of a latent.

Images come in any number of channels. No layer sees other images of its batch: the same latent gives the same image in
any batch. Initial weights are a function of the seed alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samenoise.checks import whole
from samenoise.networks.base import MAX_WIDTH, seeded

__all__ = ["ARCHITECTURES", "Architecture", "Decoder", "Encoder", "sides"]

Architecture = Literal["mlp", "conv", "resnet"]
ARCHITECTURES: tuple[str, ...] = get_args(Architecture)
"""Of decoders and encoders."""

BLOCKS = 2
"""Of an MLP."""

SMALLEST, MOST_DOUBLED = 4, 8
"""Side down to which images are halved, and the most that channels grow by."""

MIXED = 8
"""Features of the MLP beside convolutions, in units of their width."""

GROUP = 8
"""Channels that are normalized together, at most."""


class Decoder(nn.Module):
    """From a latent to an image in [-1, 1].

    Args:
        architecture: one of :data:`ARCHITECTURES`.
        shape: of an image; ``(channels, height, width)`` unless it is an MLP.
        latent: elements of a latent.
        width: features of an MLP, channels at full size of the others.
        seed: of the initial weights.

    Raises:
        TypeError: a size or the seed is no whole number.
        ValueError: there is no such architecture, or it does not draw such images.
    """

    def __init__(self, architecture: str, shape: tuple[int, ...], latent: int, width: int, seed: int = 0) -> None:
        super().__init__()
        self.architecture, self.shape = _known(architecture, shape), tuple(shape)
        self.latent = whole(latent, "the elements of a latent", 1)
        self.width = whole(width, "the width of a network", 1, MAX_WIDTH + 1)
        with seeded(seed):
            self.layers = _mlp(latent, math.prod(shape), width) if architecture == "mlp" else self._convolutions()

    def _convolutions(self) -> nn.Sequential:
        levels = sides(self.shape)
        channels = [_channels(self.width, k) for k in range(len(levels))]
        start = (channels[-1], *levels[-1])
        mixed = _mlp(self.latent, math.prod(start), MIXED * self.width)
        layers: list[nn.Module] = [mixed, nn.Unflatten(1, start)]
        for k in reversed(range(len(levels) - 1)):
            layers.append(_LEVELS[self.architecture](channels[k + 1], channels[k], _doubled))
        if len(levels) == 1:
            layers.append(_LEVELS[self.architecture](channels[0], channels[0], _same))
        layers += [_norm(channels[0]), nn.SiLU(), nn.Conv2d(channels[0], self.shape[0], 3, padding=1)]
        return nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        """Images, ``(batch, *shape)``, of latents ``(batch, latent)``."""
        return torch.tanh(self.layers(z)).reshape(-1, *self.shape)


class Encoder(nn.Module):
    """From an image to numbers. Arguments as of :class:`Decoder`."""

    def __init__(self, architecture: str, shape: tuple[int, ...], outputs: int, width: int, seed: int = 0) -> None:
        super().__init__()
        self.architecture, self.shape = _known(architecture, shape), tuple(shape)
        self.outputs = whole(outputs, "the numbers that an image is encoded as", 1)
        self.width = whole(width, "the width of a network", 1, MAX_WIDTH + 1)
        with seeded(seed):
            if architecture == "mlp":
                self.layers = nn.Sequential(nn.Flatten(), _mlp(math.prod(shape), outputs, width))
            else:
                self.layers = self._convolutions()

    def _convolutions(self) -> nn.Sequential:
        levels = sides(self.shape)
        channels = [_channels(self.width, k) for k in range(len(levels))]
        layers: list[nn.Module] = [nn.Conv2d(self.shape[0], channels[0], 3, padding=1)]
        for k in range(len(levels) - 1):
            layers.append(_LEVELS[self.architecture](channels[k], channels[k + 1], _halved))
        if len(levels) == 1:
            layers.append(_LEVELS[self.architecture](channels[0], channels[0], _same))
        last = channels[-1] * math.prod(levels[-1])
        mixed = _mlp(last, self.outputs, MIXED * self.width)
        return nn.Sequential(*layers, _norm(channels[-1]), nn.SiLU(), nn.Flatten(), mixed)

    def forward(self, x: Tensor) -> Tensor:
        """Numbers, ``(batch, outputs)``, of images ``(batch, *shape)``."""
        found: Tensor = self.layers(x)
        return found


def sides(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Height and width at every level, the largest first."""
    found = [(shape[1], shape[2])]
    while all(side % 2 == 0 and side > SMALLEST for side in found[-1]):
        found.append((found[-1][0] // 2, found[-1][1] // 2))
    return found


class _Residual(nn.Module):
    """``h <- h + V silu(norm(W h))``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(width, width), nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, h: Tensor) -> Tensor:
        out: Tensor = h + self.down(F.silu(self.up(self.norm(h))))
        return out


def _mlp(inputs: int, outputs: int, width: int) -> nn.Sequential:
    residual = [_Residual(width) for _ in range(BLOCKS)]
    return nn.Sequential(nn.Linear(inputs, width), *residual, nn.LayerNorm(width), nn.Linear(width, outputs))


Resize = Callable[[Tensor], Tensor]


class _Plain(nn.Module):
    """One convolution at the next size."""

    def __init__(self, inputs: int, outputs: int, resize: Resize) -> None:
        super().__init__()
        self.resize, self.norm = resize, _norm(inputs)
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)

    def forward(self, h: Tensor) -> Tensor:
        h = F.silu(self.norm(h))
        # The convolution stands on the larger of the two sizes.
        return self.conv(self.resize(h)) if self.resize is _doubled else self.resize(self.conv(h))


class _Block(nn.Module):
    """Two convolutions, added to what came in, at the next size."""

    def __init__(self, inputs: int, outputs: int, resize: Resize) -> None:
        super().__init__()
        self.first = _Plain(inputs, outputs, resize)
        self.second = _Plain(outputs, outputs, _same)
        self.resize, self.skip = resize, nn.Conv2d(inputs, outputs, 1)

    def forward(self, h: Tensor) -> Tensor:
        out: Tensor = self.resize(self.skip(h)) + self.second(self.first(h))
        return out


_LEVELS: dict[str, type[_Plain] | type[_Block]] = {"conv": _Plain, "resnet": _Block}


def _same(h: Tensor) -> Tensor:
    return h


def _doubled(h: Tensor) -> Tensor:
    return F.interpolate(h, scale_factor=2.0, mode="nearest")


def _halved(h: Tensor) -> Tensor:
    return F.avg_pool2d(h, 2)


def _channels(width: int, level: int) -> int:
    return int(width * min(2**level, MOST_DOUBLED))


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(channels // math.gcd(channels, GROUP), channels)


def _known(architecture: str, shape: tuple[int, ...]) -> str:
    if architecture not in ARCHITECTURES:
        raise ValueError(f"there is no architecture {architecture!r}; there are {', '.join(ARCHITECTURES)}")
    if architecture != "mlp" and len(shape) != 3:
        raise ValueError(f"{architecture} draws images of shape (channels, height, width), got {tuple(shape)}")
    return architecture
