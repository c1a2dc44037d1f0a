"""A small pipeline of diffusers that draws digits in colour: what the measurements of `samenoise compare` are made on.

scikit-learn's digits, each class in a hue of its own, 3 x 8 x 8. A `UNet2DModel` that predicts noise under DDPM's
linear beta, and a few-step student of it, both saved by `save_pretrained` as `DDIMPipeline`.
"""

from __future__ import annotations

import colorsys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from samenoise.data import digits

UPDATES, BATCH, LR = 2500, 64, 2e-3
STUDENT_STEPS, STUDENT_UPDATES = 4, 1000


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
    """A student that does in 4 steps of DDIM what its teacher does in 20, from noise on."""
    from diffusers import DDIMPipeline

    place = folder / "student"
    if (place / "model_index.json").exists():
        return place
    torch.manual_seed(1)
    pipe = DDIMPipeline.from_pretrained(teacher, use_safetensors=True)
    unet = pipe.unet
    starts, ends = pairs(pipe, 2048)
    alphas = pipe.scheduler.alphas_cumprod
    student = network()
    student.load_state_dict(unet.state_dict())
    for _, rows, _ in fitting(student, updates, lambda: torch.randint(len(starts[0]), (BATCH,)).float()):
        rows = rows.long()
        k = int(torch.randint(STUDENT_STEPS, ()))
        t, x = int(times(STUDENT_STEPS)[k]), starts[k][rows]
        a = alphas[t]
        estimate = (x - (1 - a).sqrt() * student(x, t).sample) / a.sqrt()
        (estimate - ends[rows]).square().mean().backward()
    DDIMPipeline(student.eval(), scheduler()).save_pretrained(place)
    return place


def times(steps: int) -> Tensor:
    made = scheduler()
    made.set_timesteps(steps)
    return made.timesteps


@torch.no_grad()
def pairs(pipe: Any, count: int) -> tuple[list[Tensor], Tensor]:
    """Where the teacher is at the times of the student, and the images it ends at, of fresh noises."""
    made, x = scheduler(), torch.randn(count, 3, 8, 8)
    made.set_timesteps(20)
    seen = {}
    for t in made.timesteps:
        seen[int(t)] = x
        x = torch.cat([made.step(pipe.unet(part, t).sample, t, part).prev_sample for part in x.split(256)])
    return [seen[min(seen, key=lambda t: abs(t - int(wanted)))] for wanted in times(STUDENT_STEPS)], x
