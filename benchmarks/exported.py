"""Parts of pipelines of diffusers, and whole ones, as ONNX files, by torch's own exporter.

A step of a deterministic scheduler is a sum of the sample and the network's answer, with numbers that hang on the time
alone: ``x' = a x + b F(c x, t)``. It is asked for them with zeros and ones, so that what is exported holds the network
and no scheduler.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from samenoise.outside import open_target

__all__ = ["network", "steps_of", "whole"]

GUIDANCE = 4.0
"""Of ``DiTPipeline``, by default."""


def network(model: Path) -> str:
    """The U-Net as an ONNX file beside the pipeline's scheduler."""
    from diffusers import UNet2DModel

    unet = UNet2DModel.from_pretrained(model / "unet", use_safetensors=True).eval()
    channels, size = unet.config.in_channels, unet.config.sample_size

    class Plain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unet = unet

        def forward(self, sample: Tensor, timestep: Tensor) -> Tensor:
            out: Tensor = self.unet(sample, timestep, return_dict=False)[0]
            return out

    given = {"sample": torch.zeros(2, channels, size, size), "timestep": torch.zeros(2, dtype=torch.int64)}
    return _exported(Plain(), given, model / "onnx" / "model.onnx")


class Step(NamedTuple):
    """From one time to the next."""

    t: float
    a: float
    b: float
    c: float


def steps_of(scheduler: Any, steps: int) -> tuple[float, list[Step]]:
    """What the noise is multiplied by, and the steps of a scheduler of diffusers."""
    zero, one = torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, 1)

    def each(output: Tensor, sample: Tensor) -> list[float]:
        scheduler.set_timesteps(steps)
        found = []
        for t in scheduler.timesteps:
            scheduler.scale_model_input(sample, t)
            found.append(float(scheduler.step(output, t, sample).prev_sample))
        return found

    of_sample, of_output = each(zero, one), each(one, zero)
    scheduler.set_timesteps(steps)
    times = scheduler.timesteps.tolist()
    scales = []
    for t in scheduler.timesteps:
        scales.append(float(scheduler.scale_model_input(one, t)))
        scheduler.step(zero, t, one)
    made = zip(times, of_sample, of_output, scales, strict=True)
    return float(scheduler.init_noise_sigma), [Step(t, a, b, c) for t, a, b, c in made]


class Whole(nn.Module):
    """A pipeline from noise to images: unconditional, or of classes with guidance and a decoder."""

    def __init__(self, pipe: Any, scheduler: Any, steps: int, clamped: bool) -> None:
        super().__init__()
        self.start, self.steps = steps_of(scheduler, steps)
        self.network = pipe.unet if hasattr(pipe, "unet") else pipe.transformer
        self.vae = getattr(pipe, "vae", None)
        self.clamped = clamped

    def forward(self, noise: Tensor, class_labels: Tensor | None = None) -> Tensor:
        x = noise * self.start
        for t, a, b, c in self.steps:
            x = a * x + b * self.answer(c * x, t, class_labels)
        if self.vae is not None:
            x = self.vae.decode(x / self.vae.config.scaling_factor).sample
        return x.clamp(-1, 1) if self.clamped else x

    def answer(self, x: Tensor, t: float, class_labels: Tensor | None) -> Tensor:
        if class_labels is None:
            found: Tensor = self.network(x, torch.tensor(t)).sample
            return found
        null = torch.full_like(class_labels, self.network.config.num_embeds_ada_norm)
        told, untold = (self.of_class(x, t, labels) for labels in (class_labels, null))
        return untold + GUIDANCE * (told - untold)

    def of_class(self, x: Tensor, t: float, labels: Tensor) -> Tensor:
        times = torch.full_like(labels, int(t))
        found: Tensor = self.network(x, timestep=times, class_labels=labels).sample[:, : x.shape[1]]
        return found


def whole(model: Path, steps: int, classes: Sequence[int] = ()) -> str:
    """A pipeline with all its steps in one ONNX file, whose input is noise (and ``class_labels``)."""
    opened: Any = open_target(str(model), {"steps": steps})
    name = type(opened.pipe).__name__
    made = Whole(opened.pipe, opened.scheduler, steps, clamped=name in ("ConsistencyModelPipeline", "DiTPipeline"))
    given = {"noise": torch.zeros(2, *opened.shape)}
    if classes:
        given["class_labels"] = torch.tensor(classes[:2])
    return _exported(made, given, model / "onnx" / "whole.onnx")


def _exported(module: nn.Module, given: dict[str, Tensor], path: Path) -> str:
    """For batches of any size, unless it is there."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        shapes = {name: {0: torch.export.Dim("n")} for name in given}
        inputs: Any = tuple(given.values())
        torch.onnx.export(module.eval(), inputs, str(path), input_names=list(given), dynamic_shapes=shapes, dynamo=True)
    return str(path)
