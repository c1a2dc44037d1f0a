"""What people do to a pipeline that should leave its pictures as they are: each as an option of a side.

lora=PATH            weights of LoRA are loaded beside the network's own
fuse_lora=true       and added to them
channels_last=true   the network's weights in that memory format
compile=true         torch.compile
attention=eager      attention written out in matrix products, in the place of torch's own kernel
attention=math       torch's plain kernel in the place of the fused one, of any network
quantize=int8        linear layers of the network in int8, scaled anew for every batch (torch, CPU)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from samenoise.outside.base import OutsideError

__all__ = ["CHANGES", "change"]

CHANGES = ("lora", "fuse_lora", "channels_last", "compile", "attention", "quantize")


def change(
    pipe: Any,
    who: str,
    *,
    lora: str | None = None,
    fuse_lora: bool = False,
    channels_last: bool = False,
    compile: bool = False,
    attention: str | None = None,
    quantize: str | None = None,
) -> None:
    """Change a pipeline in place.

    Raises:
        OutsideError: a change is unknown, or this pipeline cannot have it.
    """
    import torch

    name = "unet" if hasattr(pipe, "unet") else "transformer"
    if lora is not None:
        if not hasattr(pipe, "load_lora_weights"):
            raise OutsideError(f"{who} is a {type(pipe).__name__}, which takes no LoRA")
        if not Path(lora).exists() and lora.count("/") != 1:
            raise OutsideError(f"{who}: there is no LoRA {lora}: it is a file, a folder, or owner/name on the hub")
        try:
            pipe.load_lora_weights(lora)
        except Exception as error:  # no network, no such repository, no LoRA of this network: of many classes
            line = (str(error).splitlines() or [type(error).__name__])[0]
            raise OutsideError(f"{who}: the LoRA {lora} cannot be read: {line}") from error
    if fuse_lora:
        if lora is None:
            raise OutsideError(f"{who}: fuse_lora needs lora=PATH")
        pipe.fuse_lora()
        pipe.unload_lora_weights()
    network = getattr(pipe, name)
    if attention is not None:
        _attend(network, attention, who)
    if quantize is not None:
        if quantize != "int8":
            raise OutsideError(f"{who}: quantize is int8, got {quantize!r}")
        if network.device.type != "cpu":
            raise OutsideError(f"{who}: quantize=int8 is of the CPU, and its network is on {network.device}")
        network = _int8(network)
        setattr(pipe, name, network)
    if channels_last:
        network.to(memory_format=torch.channels_last)
    if compile:
        network.compile()


def _attend(network: Any, attention: str, who: str) -> None:
    """Let every attention in a network be computed in one way; not all networks can be told so as a whole."""
    from diffusers.models import attention_processor as processors

    if attention == "math":
        _plain(network)
        return
    kinds: Any = {"eager": processors.AttnProcessor, "native": processors.AttnProcessor2_0}
    if attention not in kinds:
        raise OutsideError(f"{who}: attention is eager, math or native, got {attention!r}")
    parts = [part for part in network.modules() if hasattr(part, "processor")]
    others = {type(part.processor).__name__ for part in parts} - {kind.__name__ for kind in kinds.values()}
    if others or not parts:
        raise OutsideError(
            f"{who}: the attention of a {type(network).__name__} ({', '.join(sorted(others)) or 'it has none'}) "
            "cannot be written out"
        )
    for part in parts:
        part.set_processor(kinds[attention]())


def _plain(network: Any) -> None:
    from torch.nn.attention import SDPBackend, sdpa_kernel

    network.forward = sdpa_kernel(SDPBackend.MATH)(network.forward)


def _int8(network: Any) -> Any:
    import warnings

    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch points to torchao, which is another package
        quantize_dynamic: Any = torch.ao.quantization.quantize_dynamic
        return quantize_dynamic(network, {torch.nn.Linear}, dtype=torch.qint8, inplace=True)
