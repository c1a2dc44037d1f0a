"""Pipelines of diffusers that can be given noise, one function for each kind of call.

A handler says of a class of pipelines the shape of its noise, what condition it takes, and how images are drawn. Those
that accept ``latents`` are called as their users call them; the loops of the others are here, as diffusers has them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from samenoise.outside.base import Condition, OutsideError

__all__ = ["HANDLERS", "Call", "Handler"]


class Call(NamedTuple):
    """What is said of how to draw; ``None`` is the pipeline's own."""

    steps: int | None
    guidance_scale: float | None
    size: int | None
    """Side of the images in pixels, of those that can be had in several sizes."""


Draw = Callable[[Any, Any, "Sequence[Condition] | None", Call], Any]
"""Pipeline, noise, conditions and call -> images in [-1, 1]."""


class Handler(NamedTuple):
    """How a class of pipelines is drawn."""

    shape: Callable[[Any, Call], tuple[int, ...]]
    draw: Draw
    condition: str
    """"", "class" or "prompt"."""


OWN_STEPS = 50
"""Steps of the loops below, unless said otherwise."""


def _given(call: Call) -> dict[str, Any]:
    said = {"num_inference_steps": call.steps, "guidance_scale": call.guidance_scale}
    return {key: value for key, value in said.items() if value is not None}


def _square(channels: int, size: int | Sequence[int]) -> tuple[int, ...]:
    return (channels, size, size) if isinstance(size, int) else (channels, *size)


def _unet_shape(pipe: Any, call: Call) -> tuple[int, ...]:
    return _square(pipe.unet.config.in_channels, pipe.unet.config.sample_size)


def _unconditional(pipe: Any, z: Any, conditions: Sequence[Condition] | None, call: Call) -> Any:
    """``DDPMPipeline``, ``DDIMPipeline``: a U-Net and a scheduler; neither takes latents."""
    import torch

    scheduler = pipe.scheduler
    scheduler.set_timesteps(call.steps or OWN_STEPS)
    x = z * scheduler.init_noise_sigma
    labels = {} if conditions is None else {"class_labels": _labels(conditions, z)}
    with torch.no_grad():
        for t in scheduler.timesteps:
            output = pipe.unet(scheduler.scale_model_input(x, t), t.to(z.device), **labels).sample
            x = scheduler.step(output, t, x).prev_sample.to(z.dtype)
    return x


def _labels(conditions: Sequence[Condition], z: Any) -> Any:
    import torch

    return torch.tensor([int(label) for label in conditions], device=z.device)


def _consistency(pipe: Any, z: Any, conditions: Sequence[Condition] | None, call: Call) -> Any:
    labels = None if conditions is None else [int(label) for label in conditions]
    steps = {"num_inference_steps": call.steps or 1}
    images = pipe(len(z), class_labels=labels, latents=z, output_type="pt", return_dict=False, **steps)[0]
    return images * 2 - 1


def _dit_shape(pipe: Any, call: Call) -> tuple[int, ...]:
    return _square(pipe.transformer.config.in_channels, pipe.transformer.config.sample_size)


def _dit(pipe: Any, z: Any, conditions: Sequence[Condition] | None, call: Call) -> Any:
    """``DiTPipeline``, which takes no latents; guidance 4 is its own default, and the null class stands last."""
    import torch

    scheduler, transformer = pipe.scheduler, pipe.transformer
    guidance = 4.0 if call.guidance_scale is None else call.guidance_scale
    assert conditions is not None  # a class is asked for
    labels = _labels(conditions, z)
    guided = guidance > 1
    if guided:
        null = torch.full_like(labels, transformer.config.num_embeds_ada_norm)
        labels = torch.cat([labels, null])
    scheduler.set_timesteps(call.steps or OWN_STEPS)
    x, channels = z * scheduler.init_noise_sigma, transformer.config.in_channels
    with torch.no_grad():
        for t in scheduler.timesteps:
            inputs = scheduler.scale_model_input(torch.cat([x, x]) if guided else x, t)
            times = t.to(z.device).expand(len(inputs))
            output = transformer(inputs, timestep=times, class_labels=labels).sample[:, :channels]
            if guided:
                conditional, unconditional = output.chunk(2)
                output = unconditional + guidance * (conditional - unconditional)
            x = scheduler.step(output, t, x).prev_sample.to(z.dtype)
        return pipe.vae.decode(x / pipe.vae.config.scaling_factor).sample.clamp(-1, 1)


def _latent_shape(pipe: Any, call: Call) -> tuple[int, ...]:
    network = pipe.unet if hasattr(pipe, "unet") else pipe.transformer
    size = network.config.sample_size if call.size is None else call.size // pipe.vae_scale_factor
    return _square(network.config.in_channels, size)


def _sized(pipe: Any, z: Any) -> dict[str, int]:
    return {"height": z.shape[-2] * pipe.vae_scale_factor, "width": z.shape[-1] * pipe.vae_scale_factor}


def _text(pipe: Any, z: Any, conditions: Sequence[Condition] | None, call: Call) -> Any:
    """Stable Diffusion 1, 2, XL and 3."""
    images = pipe(prompt=list(conditions or ()), latents=z, output_type="pt", **_sized(pipe, z), **_given(call)).images
    return images * 2 - 1


def _flux_shape(pipe: Any, call: Call) -> tuple[int, ...]:
    size = pipe.default_sample_size if call.size is None else call.size // pipe.vae_scale_factor
    return _square(pipe.transformer.config.in_channels // 4, 2 * (size // 2))


def _flux(pipe: Any, z: Any, conditions: Sequence[Condition] | None, call: Call) -> Any:
    """Flux takes its latents in patches of 2 x 2."""
    packed = pipe._pack_latents(z, *z.shape)
    sized = _sized(pipe, z)
    images = pipe(prompt=list(conditions or ()), latents=packed, output_type="pt", **sized, **_given(call)).images
    return images * 2 - 1


HANDLERS: dict[str, Handler] = {
    "DDPMPipeline": Handler(_unet_shape, _unconditional, ""),
    "DDIMPipeline": Handler(_unet_shape, _unconditional, ""),
    "ConsistencyModelPipeline": Handler(_unet_shape, _consistency, ""),
    "DiTPipeline": Handler(_dit_shape, _dit, "class"),
    "StableDiffusionPipeline": Handler(_latent_shape, _text, "prompt"),
    "StableDiffusionXLPipeline": Handler(_latent_shape, _text, "prompt"),
    "StableDiffusion3Pipeline": Handler(_latent_shape, _text, "prompt"),
    "FluxPipeline": Handler(_flux_shape, _flux, "prompt"),
}
"""Classes of pipelines, by name; the tests make and draw one of each."""


def handler_of(name: str, who: str) -> Handler:
    """The handler of a class of pipelines.

    Raises:
        OutsideError: there is none.
    """
    if name not in HANDLERS:
        raise OutsideError(f"{who} is a {name}, which cannot be given noise here; there are {', '.join(HANDLERS)}")
    return HANDLERS[name]
