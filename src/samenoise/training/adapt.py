"""Adaptation: a trained network goes on to train on other images, all of it, some of its weights, or what is added.

    all weights     theta <- theta + what training does to it
    some weights    the same of those whose names match a pattern; all others keep every bit
    LoRA            W <- W + (alpha / rank) B A, with A and B alone trained and B = 0 at first (Hu et al. 2106.09685)

LoRA is that of peft, which is optional: ``pip install samenoise[lora]``. It knows layers, and a residual MLP has
matrices: they are put into linear layers for as long as it trains. What comes out is always the plain network again,
with the low-rank products added to its weights.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.util import find_spec
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samenoise.networks import Network, ResidualMLP
from samenoise.networks.base import seeded

__all__ = ["ALL", "ATTENTION", "Adaptation", "Adapting", "adapt", "matching"]

ALL = "*"
ATTENTION = {
    "unet": ("*.attentions",),
    "ncsnpp": ("*.attentions",),
    "dit": ("*.attn1",),
    "uvit": ("*.qkv", "*.out"),
}
"""Network -> patterns of its attention layers; any other has none."""

NAME = "default"
"""What peft calls an adapter."""


@dataclass(frozen=True)
class Adaptation:
    """What of a network is trained.

    Args:
        layers: patterns of names such as ``("up.*", "*.qkv")``: ``*`` stands for anything, dots included, and a weight
            is meant by its own name and by that of whatever it lies in; or the word "attention".
        rank: of LoRA in these layers; ``None`` trains their weights themselves.
        alpha: of LoRA: what is added counts ``alpha / rank`` times; ``None`` is once.

    Raises:
        ValueError: a rank below 1, no pattern, or an alpha without a rank or not above 0.
    """

    layers: tuple[str, ...] = (ALL,)
    rank: int | None = None
    alpha: float | None = None

    def __post_init__(self) -> None:
        if self.rank is not None and self.rank < 1:
            raise ValueError(
                f"LoRA of rank {self.rank} adds nothing: give a rank of 1 or more, or none to train the weights "
                "themselves"
            )
        if not self.layers:
            raise ValueError('no layer is adapted: give patterns of names, attention, or "*" for all')
        if self.alpha is not None and (self.rank is None or not self.alpha > 0):
            raise ValueError(f"alpha is of LoRA and above 0: got {self.alpha:g} with rank {self.rank}")

    @property
    def whole(self) -> bool:
        """Whether all weights are trained."""
        return self.rank is None and ALL in self.layers

    def patterns(self, network: Network) -> tuple[str, ...]:
        """Of names.

        Raises:
            ValueError: attention is asked of a network that has none.
        """
        if "attention" in self.layers and network.name not in ATTENTION:
            raise ValueError(
                f"{network.name} has no attention: give patterns of names, or one of the networks "
                f"{', '.join(ATTENTION)}"
            )
        return tuple(p for each in self.layers for p in (ATTENTION[network.name] if each == "attention" else (each,)))

    def weights(self, network: Network) -> list[str]:
        """Names of the weights that are trained or, by LoRA, added to.

        Raises:
            ValueError: a pattern matches none, or LoRA is asked of weights that are no layer's, or of a residual MLP
                with classes.
        """
        found: set[str] = set()
        names = [name for name, _ in network.named_parameters()]
        for pattern in self.patterns(network):
            matched = matching(names, pattern)
            if not matched:
                some = ", ".join(names[:: max(1, len(names) // 6)][:6])
                raise ValueError(
                    f"the pattern {pattern!r} matches no weight of {network.name}: give one of names such as {some}"
                )
            found |= set(matched)
        if self.rank is not None:
            if isinstance(network, ResidualMLP) and network.rows:
                raise ValueError("LoRA of an mlp with classes is not offered: give no rank, or another network")
            layered = _matrices(network)
            if not found & layered:
                raise ValueError(
                    f"LoRA adds to the matrices of layers, and {', '.join(sorted(found)[:3])} of {network.name} are "
                    "none: give a pattern that matches layers, or no rank"
                )
            found &= layered
        return [name for name in names if name in found]


def matching(names: Sequence[str], pattern: str) -> list[str]:
    """The names that a pattern matches, or a part of whose path from the left it does."""
    return [name for name in names if any(fnmatchcase(path, pattern) for path in _paths(name))]


class Adapting:
    """A network in adaptation.

    Attributes:
        module: what trains, called as the network is; of its parameters some need no gradient.
        trained: numbers that are trained.
    """

    def __init__(self, network: Network, module: nn.Module) -> None:
        self.network, self.module = network, module
        self.trained = sum(p.numel() for p in module.parameters() if p.requires_grad)

    def plain(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """The plain network's state dict, of one of ``module``, on the CPU."""
        return weights


class _AdaptingLoRA(Adapting):
    def plain(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        from peft.tuners.lora import LoraLayer

        module: nn.Module = copy.deepcopy(self.module).cpu()
        module.load_state_dict(weights)
        for layer in module.modules():
            if isinstance(layer, LoraLayer):
                layer.merge()
        merged = {
            name.replace(".base_layer.", "."): value.detach()
            for name, value in module.state_dict().items()
            if ".lora_" not in name
        }
        if isinstance(self.network, ResidualMLP):
            merged = {name.removesuffix(".weight"): value.mT.contiguous() for name, value in merged.items()}
        return merged


def adapt(network: Network, how: Adaptation, seed: int) -> Adapting:
    """Make a network ready to be adapted; it is changed in place.

    Args:
        seed: of the first factors of LoRA.

    Raises:
        ValueError: see :meth:`Adaptation.weights`.
        ModuleNotFoundError: LoRA is asked for, and peft is not installed.
    """
    wanted = set(how.weights(network))
    if how.rank is None:
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(name in wanted)
        return Adapting(network, network)
    if find_spec("peft") is None:
        raise ModuleNotFoundError("LoRA needs peft: pip install samenoise[lora]")
    return _AdaptingLoRA(network, _with_lora(network, wanted, how.rank, how.alpha or how.rank, seed))


class _LinearMLP(nn.Module):
    """A residual MLP with linear layers in the place of its matrices, and the same arithmetic but for rounding."""

    def __init__(self, network: ResidualMLP) -> None:
        super().__init__()
        self.shape, self.width, self.features = network.shape, network.width, network.features
        self.inward, self.noise, self.outward = map(_linear, (network.inward, network.noise, network.outward))
        self.up = nn.ModuleList(map(_linear, network.up))
        self.down = nn.ModuleList(map(_linear, network.down))

    def forward(self, x: Tensor, c_noise: Tensor, cond: Tensor | None = None) -> Tensor:
        f = self.features(c_noise)
        h = self.inward(torch.cat([x.flatten(-len(self.shape)), f], dim=-1))
        shifts = torch.split(self.noise(f), self.width, dim=-1)
        for up, down, shift in zip(self.up, self.down, shifts, strict=True):
            h = h + down(F.silu(up(F.layer_norm(h, (self.width,))) + shift))
        out: Tensor = self.outward(F.layer_norm(h, (self.width,)))
        return out.reshape(x.shape)


def _linear(matrix: Tensor) -> nn.Linear:
    rows, columns = matrix.shape
    layer = nn.Linear(rows, columns, bias=False, device="meta").to_empty(device=matrix.device)
    with torch.no_grad():
        layer.weight.copy_(matrix.mT)
    return layer


def _with_lora(network: Network, weights: set[str], rank: int, alpha: float, seed: int) -> nn.Module:
    from peft import LoraConfig, inject_adapter_in_model

    module: nn.Module = network
    if isinstance(network, ResidualMLP):
        module = _LinearMLP(network)
        weights = {f"{name}.weight" for name in weights}
    # In a box of its own: peft takes the attribute ``config`` of what it is given for that of a language model.
    box = nn.ModuleDict({"network": module})
    targets = [f"network.{name.removesuffix('.weight')}" for name in sorted(weights)]
    config: Any = LoraConfig(
        r=rank, lora_alpha=alpha, target_modules="|".join(target.replace(".", r"\.") for target in targets)
    )
    with seeded(seed):
        inject_adapter_in_model(config, box, adapter_name=NAME)
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(".lora_" in name)
    return module


def _matrices(network: Network) -> set[str]:
    """Weights that LoRA can be added to: those of linear layers and convolutions, all of a residual MLP."""
    if isinstance(network, ResidualMLP):
        return {name for name, _ in network.named_parameters()}
    kinds = nn.Linear | nn.Conv2d
    return {f"{name}.weight" for name, module in network.named_modules() if isinstance(module, kinds)}


def _paths(name: str) -> Iterator[str]:
    """``a.b.c`` as ``a``, ``a.b`` and ``a.b.c``."""
    parts = name.split(".")
    return (".".join(parts[: k + 1]) for k in range(len(parts)))
