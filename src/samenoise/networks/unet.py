"""U-Nets, over diffusers' ``UNet2DModel``, in the two forms of Song et al. 2011.13456, appendix H.

    unet      DDPM++: sinusoidal embedding of the noise level, residual blocks that halve and double the image
    ncsnpp    NCSN++: random Fourier features, FIR filters, and a pyramid that adds the image to every level on the
              way down and collects an image from every level on the way up

Both start as the paper's do: the last convolution of every residual block, the last layer of every attention and the
prediction are 0, so that a block hands on what came in. What diffusers does otherwise than the paper is told on the
page Training.

Levels have ``width, 2 width, 2 width, ...`` channels; sides are halved while they are even and at least 8 px, to four
levels at most: 8-4, 16-8-4, 28-14-7, 32-16-8-4, 64-32-16-8.
"""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor, nn

from samenoise.networks.base import DiffusersNetwork, seeded, timestep

__all__ = ["NCSNpp", "UNet"]

MOST_LEVELS = 4


class UNet(DiffusersNetwork):
    """DDPM++: attention in the middle, and at the level of 16 px (the first of that or less between top and bottom).

    Args:
        shape: ``(channels, height, width)``.
        width: channels of the first level, a multiple of 8.
        depth: residual blocks of every level on the way down; there is one more on the way up.
        seed: of the initial weights.
        classes: labels that it takes.

    Raises:
        ValueError: for a width that is not a multiple of 8, or sides that cannot be halved.
    """

    name = "unet"

    def __init__(self, shape: tuple[int, ...], width: int, depth: int = 1, seed: int = 0, classes: int = 0) -> None:
        from diffusers import UNet2DModel

        super().__init__(shape, width, depth, classes)
        if width < 8 or width % 8:
            raise ValueError(f"the width of a unet is a multiple of 8, got {width}")
        sides = _levels(self.shape)
        attended = next((i for i, side in enumerate(sides[:-1]) if i and side <= 16), None)
        groups = next(g for g in range(min(width // 4, 32), 0, -1) if width % g == 0)
        down = ["AttnDownBlock2D" if i == attended else "ResnetDownsampleBlock2D" for i in range(len(sides))]
        with seeded(seed):
            self.model = UNet2DModel(  # type: ignore[no-untyped-call]  # diffusers has no types here
                **_common(self.shape, width, depth, len(sides), self.rows),
                in_channels=self.shape[0],
                out_channels=self.shape[0],
                down_block_types=tuple(down),
                up_block_types=tuple(_upward(block) for block in reversed(down)),
                downsample_type="resnet",
                upsample_type="resnet",
                norm_num_groups=groups,
                norm_eps=1e-6,
            )
        _start_at_zero(self.model)

    def predict(self, x: Tensor, c_noise: Tensor, rows: Tensor | None) -> Tensor:
        out: Tensor = self.model(x, timestep(c_noise), rows).sample
        return out


class NCSNpp(DiffusersNetwork):
    """NCSN++, with attention in the middle alone: at other levels diffusers' blocks would need 32 channels.

    The pyramid has three channels. A grey image goes through it as three equal ones, and the prediction is their mean.

    Args:
        shape: ``(channels, height, width)``, with one or three channels.
        width: channels of the first level: a multiple of 8, and beyond 40 of 32, which diffusers' groups divide.
        depth: residual blocks of every level on the way down; there is one more on the way up.
        seed: of the initial weights, and of the Fourier frequencies.
        classes: labels that it takes.

    Raises:
        ValueError: for another width or number of channels, or sides that cannot be halved.
    """

    name = "ncsnpp"

    def __init__(self, shape: tuple[int, ...], width: int, depth: int = 1, seed: int = 0, classes: int = 0) -> None:
        from diffusers import UNet2DModel

        super().__init__(shape, width, depth, classes)
        if width < 8 or width % (8 if width <= 40 else 32):
            raise ValueError(f"the width of an ncsnpp is a multiple of 8 up to 40, or of 32, got {width}")
        if self.shape[0] not in (1, 3):
            raise ValueError(f"ncsnpp draws images of 1 or 3 channels, got {self.shape[0]}")
        levels = len(_levels(self.shape))
        with seeded(seed):
            self.model = UNet2DModel(  # type: ignore[no-untyped-call]  # diffusers has no types here
                **_common(self.shape, width, depth, levels, self.rows),
                time_embedding_type="fourier",
                down_block_types=("SkipDownBlock2D",) * levels,
                up_block_types=("SkipUpBlock2D",) * levels,
                mid_block_scale_factor=math.sqrt(2),
                norm_num_groups=min(width // 4, 32),
                norm_eps=1e-6,
            )
        _start_at_zero(self.model)

    def predict(self, x: Tensor, c_noise: Tensor, rows: Tensor | None) -> Tensor:
        # The model takes the logarithm of its time, and divides its answer by it, as a score of VE would be.
        t = c_noise.exp()
        out: Tensor = self.model(x.expand(-1, 3, -1, -1), t, rows).sample * t[:, None, None, None]
        return out if self.shape[0] == 3 else out.mean(1, keepdim=True)


def _start_at_zero(model: nn.Module) -> None:
    """The initial weights of appendix H (``init_scale`` 0), where diffusers leaves torch's."""
    ends = (".conv2", ".to_out.0", ".skip_conv")
    for name, module in model.named_modules():
        if name == "conv_out" or name.endswith(ends):
            assert isinstance(module, nn.Conv2d | nn.Linear)
            nn.init.zeros_(module.weight)
            assert module.bias is not None
            nn.init.zeros_(module.bias)


def _levels(shape: tuple[int, ...]) -> list[int]:
    """Shorter side of the image at every level."""
    _, height, width = shape
    sides = [min(height, width)]
    while len(sides) < MOST_LEVELS and sides[-1] >= 8 and height % 2 == width % 2 == 0:
        height, width = height // 2, width // 2
        sides.append(min(height, width))
    if len(sides) == 1:
        raise ValueError(f"a U-Net halves its images: sides are even and 8 px or more, got {shape[1]} x {shape[2]}")
    return sides


def _common(shape: tuple[int, ...], width: int, depth: int, levels: int, rows: int) -> dict[str, Any]:
    return {
        "sample_size": shape[1] if shape[1] == shape[2] else shape[1:],
        "block_out_channels": (width, *[2 * width] * (levels - 1)),
        "layers_per_block": depth,
        "attention_head_dim": None,  # one head, as wide as the level
        "num_class_embeds": rows or None,  # added to the embedding of the noise level
    }


def _upward(block: str) -> str:
    return "AttnUpBlock2D" if block == "AttnDownBlock2D" else "ResnetUpsampleBlock2D"
