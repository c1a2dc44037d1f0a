"""Networks: modules ``network(x, c_noise, cond)``, made into denoisers by ``NetworkDenoiser``.

diffusers, which "unet", "ncsnpp" and "dit" are built over, is imported when the first of them is made.
"""

from __future__ import annotations

from typing import Any

import torch

from samenoise.networks.base import Network
from samenoise.networks.dit import DiT
from samenoise.networks.mlp import ResidualMLP
from samenoise.networks.unet import NCSNpp, UNet
from samenoise.networks.uvit import UViT

__all__ = ["NETWORKS", "DiT", "NCSNpp", "Network", "ResidualMLP", "UNet", "UViT", "build", "from_config", "skeleton"]

NETWORKS: dict[str, type[ResidualMLP] | type[UNet] | type[NCSNpp] | type[DiT] | type[UViT]] = {
    kind.name: kind for kind in (ResidualMLP, UNet, NCSNpp, DiT, UViT)
}
"""Every network, by name; the law tests run over this list."""


def build(
    name: str, shape: tuple[int, ...], width: int, depth: int | None = None, seed: int = 0, classes: int = 0
) -> Network:
    """A network with its initial weights.

    Args:
        name: one of ``NETWORKS``: "mlp", "unet", "ncsnpp", "dit" or "uvit".
        shape: shape of one image, ``(channels, height, width)``.
        width: features, or channels of the first level.
        depth: blocks of "mlp", "dit" and "uvit" (odd), blocks of each level of the others; ``None`` is the network's
            own.
        seed: of the initial weights, of which torch's generator takes the last 32 bits.
        classes: labels that it takes; 0 for none.

    Raises:
        TypeError: a width, depth, size, seed or number of classes is no whole number.
        ValueError: for an unknown name, or a width, depth or shape that the network cannot have.
    """
    if name not in NETWORKS:
        raise ValueError(f"unknown network {name!r}; there are {', '.join(NETWORKS)}")
    kind = NETWORKS[name]
    more = {"seed": seed, "classes": classes}
    return kind(shape, width, **more) if depth is None else kind(shape, width, depth, **more)


def from_config(config: dict[str, Any]) -> Network:
    """The network that :meth:`Network.config` describes; its weights are those of seed 0."""
    return build(
        config["name"], tuple(config["shape"]), config["width"], config["depth"], classes=config.get("classes", 0)
    )


def skeleton(config: dict[str, Any]) -> Network:
    """The same without weights: shapes, and no memory behind them."""
    with torch.device("meta"):
        return from_config(config)
