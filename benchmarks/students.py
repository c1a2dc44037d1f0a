"""Students of one step: a copy of a pipeline's network learns to draw at once what the pipeline draws in all its steps.

From noises of another bank than those that are compared. The student answers with the image (or the latent) itself,
asked at the last time, and is saved by `save_pretrained` as a pipeline of the same parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from samenoise.noise import NoiseBank
from samenoise.outside import open_target

__all__ = ["AT_ONCE", "UNGUIDED", "student"]

SEED, PAIRS, BATCH, UPDATES, LR = 1, 4096, 64, 1500, 3e-3
LAST = 999
AT_ONCE: dict[str, Any] = {"steps": 1}
UNGUIDED = {**AT_ONCE, "guidance_scale": 1.0}
"""How a student is drawn: its guidance, too, was its teacher's."""


def student(
    teacher: Path, options: dict[str, Any], folder: Path, classes: Sequence[int] = (), updates: int = UPDATES
) -> Path:
    """A student of a pipeline of pixels, or of one of classes with a decoder, trained unless it is there already.

    Args:
        teacher: its folder.
        options: how it draws.
        folder: where the student goes.
        classes: those that it is told.
    """
    from diffusers import DDIMPipeline, DDIMScheduler, DiTPipeline

    if (folder / "model_index.json").exists():
        return folder
    noises, images, labels = pairs(teacher, options, classes)
    pipe: Any = open_target(str(teacher), options).pipe
    network, decoder = (pipe.transformer, pipe.vae) if classes else (pipe.unet, None)
    torch.manual_seed(0)
    adam = torch.optim.Adam(network.parameters(), lr=LR)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(adam, updates)
    for _ in range(updates):
        rows = torch.randint(len(noises), (BATCH,))
        found = drawn(network, decoder, noises[rows], labels[rows] if classes else None)
        (found - images[rows]).square().mean().backward()
        adam.step()
        adam.zero_grad()
        rate.step()
    at_once = DDIMScheduler(clip_sample=False, prediction_type="sample", timestep_spacing="trailing")
    made: Any = DiTPipeline(network, decoder, at_once) if classes else DDIMPipeline(network, at_once)
    made.save_pretrained(folder)
    return folder


def drawn(network: Any, decoder: Any, z: Tensor, labels: Tensor | None) -> Tensor:
    """What the student draws, before it is clipped."""
    if labels is None:
        found: Tensor = network(z, LAST).sample
        return found
    times = torch.full((len(z),), LAST)
    latent = network(z, timestep=times, class_labels=labels).sample[:, : z.shape[1]]
    decoded: Tensor = decoder.decode(latent / decoder.config.scaling_factor).sample
    return decoded


def pairs(teacher: Path, options: dict[str, Any], classes: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
    """Noises, what the teacher draws from them, and the class of each."""
    model: Any = open_target(str(teacher), options)
    noises = NoiseBank(SEED, model.shape)[:PAIRS]
    labels = [classes[k % len(classes)] for k in range(PAIRS)] if classes else [0] * PAIRS
    images = [
        model.draw(noises[k : k + 256].numpy(), labels[k : k + 256] if classes else None) for k in range(0, PAIRS, 256)
    ]
    return noises, torch.from_numpy(np.concatenate(images)), torch.tensor(labels)
