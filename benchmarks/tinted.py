"""A small pipeline of diffusers that draws digits in colour: what the measurements of `samenoise compare` are made on.

scikit-learn's digits, each class in a hue of its own, 3 x 8 x 8. A `UNet2DModel` that predicts noise under DDPM's
linear beta, and a few-step student of it, both saved by `save_pretrained` as `DDIMPipeline`.
"""

from __future__ import annotations

import colorsys
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from samenoise.data import digits

UPDATES, BATCH, LR = 2500, 64, 2e-3
STUDENT_STEPS, STUDENT_PAIRS, STUDENT_UPDATES = 4, 4096, 2500


def tinted() -> Tensor:
    """All digits in colour, in [-1, 1], shape ``(1797, 3, 8, 8)``."""
    data = digits()
    hues = torch.tensor([colorsys.hsv_to_rgb(k / 10, 0.8, 1.0) for k in range(10)])
    return (data.images + 1) * hues[data.labels][:, :, None, None] - 1


def network() -> Any:
    from diffusers import UNet2DModel

    return UNet2DModel(
        sample_size=8,
        in_channels=3,
        out_channels=3,
        block_out_channels=(32, 64),
        layers_per_block=1,
        norm_num_groups=8,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=16,
    )


def scheduler() -> Any:
    from diffusers import DDIMScheduler

    return DDIMScheduler(clip_sample=False)


def trained(folder: Path, updates: int = UPDATES) -> Path:
    """The pipeline, trained unless it is there already."""
    from diffusers import DDIMPipeline

    place = folder / "tinted"
    if (place / "model_index.json").exists():
        return place
    torch.manual_seed(0)
    unet, images, noises = network(), tinted(), scheduler()
    for t, x, z in fitting(unet, updates, lambda: images[torch.randint(len(images), (BATCH,))]):
        loss = (unet(noises.add_noise(x, z, t), t).sample - z).square().mean()
        loss.backward()
    DDIMPipeline(unet.eval(), scheduler()).save_pretrained(place)
    return place


def fitting(unet: Any, updates: int, batch: Any) -> Any:
    """Yields times, images and noises of each update; what is yielded to leaves gradients behind."""
    adam = torch.optim.Adam(unet.parameters(), lr=LR)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(adam, updates)
    for _ in range(updates):
        x = batch()
        yield torch.randint(1000, (len(x),)), x, torch.randn_like(x)
        adam.step()
        adam.zero_grad()
        rate.step()


def distilled(folder: Path, teacher: Path, updates: int = STUDENT_UPDATES) -> Path:
    """A student that draws in 4 steps of DDIM what its teacher draws in 20, from the same noise.

    It estimates the image, and is trained at the places where its own steps would be if it were right at each."""
    from diffusers import DDIMPipeline, DDIMScheduler

    place = folder / "student"
    if (place / "model_index.json").exists():
        return place
    torch.manual_seed(1)
    pipe = DDIMPipeline.from_pretrained(teacher, use_safetensors=True)
    noises, images = pairs(pipe, STUDENT_PAIRS)
    alphas = pipe.scheduler.alphas_cumprod
    at = times(STUDENT_STEPS)
    places = [noises]
    for t, s in pairwise(at.tolist()):
        eps = (places[-1] - alphas[t].sqrt() * images) / (1 - alphas[t]).sqrt()
        places.append(alphas[s].sqrt() * images + (1 - alphas[s]).sqrt() * eps)
    student = network()
    student.load_state_dict(pipe.unet.state_dict())
    for _, rows, _ in fitting(student, updates, lambda: torch.randint(len(images), (BATCH,)).float()):
        rows, k = rows.long(), int(torch.randint(STUDENT_STEPS, ()))
        (student(places[k][rows], at[k]).sample - images[rows]).square().mean().backward()
    estimates = DDIMScheduler.from_config(scheduler().config, prediction_type="sample")
    DDIMPipeline(student.eval(), estimates).save_pretrained(place)
    return place


def times(steps: int) -> Tensor:
    made = scheduler()
    made.set_timesteps(steps)
    return made.timesteps


@torch.no_grad()
def pairs(pipe: Any, count: int) -> tuple[Tensor, Tensor]:
    """Noises, and the images that the teacher draws from them in 20 steps."""
    made, noises = scheduler(), torch.randn(count, 3, 8, 8)
    made.set_timesteps(20)
    x = noises
    for t in made.timesteps:
        x = torch.cat([made.step(pipe.unet(part, t).sample, t, part).prev_sample for part in x.split(256)])
    return noises, x
