"""A U-Net of ours, saved, read by diffusers and sampled there, draws our pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import DDIMScheduler, UNet2DModel

from samenoise.data import digits
from samenoise.denoiser import NetworkDenoiser
from samenoise.networks import build
from samenoise.networks.checkpoint import save_pretrained
from samenoise.noise import NoiseBank
from samenoise.process import VP
from samenoise.solver import DDIM, generate
from samenoise.training.loss import task
from samenoise.training.order import draws

SHAPE = (1, 8, 8)
BANK = NoiseBank(0, SHAPE)


@pytest.fixture(scope="module")
def denoiser() -> NetworkDenoiser:
    """Trained a little: what is wrong with eps is divided by alpha, 0.007 at the start, and rounding with it."""
    network, process, data = build("unet", SHAPE, 8), VP(), digits().images
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for update in range(80):
        u_image, u_time, z = draws(0, update, 32, SHAPE)
        x0 = data[(u_image * len(data)).long()]
        x, c_noise, target = task(x0, z, process.training_time(u_time), process, "eps")
        loss = (network(x, c_noise.float()) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return NetworkDenoiser(network.eval(), process, SHAPE, "eps")


@pytest.mark.parametrize("steps", [10, 50])
def test_ddim(denoiser: NetworkDenoiser, steps: int, tmp_path: Path) -> None:
    save_pretrained(denoiser, tmp_path)
    model = UNet2DModel.from_pretrained(tmp_path).eval()
    # beta(t) = 0.1 + 19.9 t, integrated: alpha^2 at t = 1/1000 ... 1.
    t = torch.arange(1, 1001, dtype=torch.float64) / 1000
    alpha2 = torch.exp(-0.1 * t - 19.9 * t**2 / 2)
    betas = 1 - alpha2 / torch.cat([torch.ones(1, dtype=torch.float64), alpha2[:-1]])
    scheduler = DDIMScheduler(
        trained_betas=betas.numpy(), clip_sample=False, set_alpha_to_one=True, timestep_spacing="trailing"
    )
    scheduler.set_timesteps(steps)
    x = BANK[:6] * float((1 - alpha2[-1]).sqrt())
    with torch.no_grad():
        for index in scheduler.timesteps:
            c_noise = ((1 - alpha2[index]).log() - alpha2[index].log()).div(8).clamp(-2.5, 2.5).float()
            eps = model(x, (1000 * (c_noise / 2.5 + 1) / 2).expand(6)).sample
            x = scheduler.step(eps, index, x).prev_sample
    (batch,) = generate(denoiser, BANK, range(6), solver=DDIM(), steps=steps)
    assert float(x.std()) > 0.3
    torch.testing.assert_close(batch.images, x, rtol=0, atol=1e-4)
