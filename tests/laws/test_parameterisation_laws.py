"""Every parameterisation is the same denoiser told in other words."""

from __future__ import annotations

import pytest
import torch
from closed_forms import SHAPE, mixture, normal
from torch import Tensor, nn

from samenoise.denoiser import PARAMETERISATIONS, Denoiser, NetworkDenoiser, expand, precondition
from samenoise.process import Process


class Ideal(nn.Module):
    """The network that would make a known denoiser; what it predicts is written out from its definition."""

    def __init__(self, denoiser: Denoiser, kind: str, t: Tensor, sigma_data: float) -> None:
        super().__init__()
        self.denoiser, self.kind, self.t, self.sigma_data = denoiser, kind, t, sigma_data

    def forward(self, x: Tensor, c_noise: Tensor, cond: Tensor | None) -> Tensor:
        alpha, sigma = (expand(c, x) for c in self.denoiser.process.alpha_sigma(self.t))
        spread = (sigma**2 + alpha**2 * self.sigma_data**2).sqrt()
        scale = spread if self.kind == "edm" else (alpha**2 + sigma**2).sqrt().clamp(min=1.0)
        x_t = scale * x
        x_0 = self.denoiser(x_t, self.t)
        z = (x_t - alpha * x_0) / sigma
        if self.kind == "edm":
            # The part of x_0 that linear regression of x_0 on x_t leaves, in units of its own standard deviation.
            return (x_0 - alpha * self.sigma_data**2 / spread**2 * x_t) / (sigma * self.sigma_data / spread)
        return {"eps": z, "x0": x_0, "v": alpha * z - sigma * x_0, "flow": z - x_0}[self.kind]


@pytest.mark.parametrize("kind", PARAMETERISATIONS)
def test_an_ideal_network_is_the_denoiser_it_was_made_from(process: Process, kind: str) -> None:
    known = mixture(process)
    fractions = (0.05, 0.4, 0.9) if kind == "eps" else (0.05, 0.4, 1.0)  # eps is undefined at alpha = 0
    for t in (*fractions, fractions):
        time = torch.tensor(t, dtype=torch.float64) * process.T
        x = normal(3, *SHAPE) * process.alpha_sigma(time)[1].reshape(-1, 1, 1, 1)
        made = NetworkDenoiser(Ideal(known, kind, time, 0.7), process, SHAPE, kind, sigma_data=0.7)
        torch.testing.assert_close(made(x, time), known(x, time), rtol=0, atol=1e-10)


@pytest.mark.parametrize("kind", PARAMETERISATIONS)
def test_training_target_is_the_classic_one(process: Process, kind: str) -> None:
    """(x_0 - c_skip x_t) / c_out, what F is trained to, is noise, image, v, velocity or EDM's residual."""
    t = torch.linspace(0.02, 0.98, 9, dtype=torch.float64) * process.T
    alpha, sigma = (c.unsqueeze(1) for c in process.alpha_sigma(t))
    x_0, z = normal(9, 5, seed=1), normal(9, 5, seed=2)
    c_skip, c_out, _, _ = precondition(kind, alpha, sigma, sigma_data=0.7)
    target = (x_0 - c_skip * (alpha * x_0 + sigma * z)) / c_out
    spread = (sigma**2 + alpha**2 * 0.49).sqrt()
    classic = {
        "eps": z,
        "x0": x_0,
        "v": alpha * z - sigma * x_0,
        "flow": z - x_0,
        "edm": (sigma / 0.7 * x_0 - 0.7 * alpha * z) / spread,
    }[kind]
    torch.testing.assert_close(target, classic, rtol=1e-8, atol=1e-10)


def test_edm_target_has_unit_variance(process: Process) -> None:
    """For images of standard deviation sigma_data, at every time (Karras et al. 2206.00364, appendix B.6)."""
    t = torch.tensor([0.02, 0.5, 1.0], dtype=torch.float64) * process.T
    alpha, sigma = (c.unsqueeze(1) for c in process.alpha_sigma(t))
    x_0, z = 0.7 * normal(3, 50_000, seed=1), normal(3, 50_000, seed=2)
    c_skip, c_out, c_in, _ = precondition("edm", alpha, sigma, sigma_data=0.7)
    x_t = alpha * x_0 + sigma * z
    for unit in ((x_0 - c_skip * x_t) / c_out, c_in * x_t):
        torch.testing.assert_close(unit.var(1), torch.ones(3, dtype=torch.float64), rtol=0.03, atol=0)
