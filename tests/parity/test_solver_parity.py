"""Solvers against diffusers' schedulers, and against published algorithms written out here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import ClassVar

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EDMDPMSolverMultistepScheduler,
    EDMEulerScheduler,
    FlowMatchEulerDiscreteScheduler,
)
from torch import Tensor

from samenoise.denoiser import Denoiser
from samenoise.noise import NoiseBank
from samenoise.oracle import Gaussian
from samenoise.process import EDM, Flow, Process
from samenoise.solver import DDIM, DPMSolverPP2M, Solver, generate

SHAPE = (2, 4, 4)
BANK = NoiseBank(2, SHAPE)
# Their Gaussian is smooth: an image shows every step on its way. The empirical optimum would end on one of them anyway.
IMAGES = NoiseBank(1, SHAPE)[:100].clamp(-1, 1)
BETAS = {"num_train_timesteps": 1000, "beta_start": 1e-4, "beta_end": 0.02, "beta_schedule": "linear"}


@cache
def alphas_cumprod() -> Tensor:
    table: Tensor = DDIMScheduler(**BETAS).alphas_cumprod
    return torch.cat([torch.ones(1), table]).double()


@dataclass(frozen=True)
class Discrete(Process):
    """The thousand noise levels of a diffusers scheduler; its timestep k is t = k + 1, and t = 0 is the image."""

    name: ClassVar[str] = "discrete"

    @property
    def T(self) -> float:
        return 1000.0

    def alpha_sigma(self, t: Tensor) -> tuple[Tensor, Tensor]:
        alpha2 = alphas_cumprod()[t.long()]
        return alpha2.sqrt(), (1 - alpha2).sqrt()

    def grid(self, steps: int) -> Tensor:
        return torch.linspace(1000.0, 0.0, steps + 1, dtype=torch.float64)

    def training_time(self, u: Tensor) -> Tensor:
        return (1000 * u).ceil()


def ours(denoiser: Denoiser, solver: Solver, steps: int) -> Tensor:
    (batch,) = generate(denoiser, BANK, range(8), solver=solver, steps=steps)
    return batch.images


def stepped(denoiser: Denoiser, solver: Solver, steps: int, noises: Tensor) -> Tensor:
    """With the noise of every step given by hand."""
    x, state = denoiser.process.prior(BANK[:8]), None
    for noise, (t, s) in zip(noises, pairwise(denoiser.process.grid(steps)), strict=True):
        x, state = solver.step(denoiser, x, t, s, None, noise if solver.stochastic else None, state)
    return x


@pytest.mark.parametrize("steps", [10, 20, 50])
@pytest.mark.parametrize("eta", [0.0, 0.6, 1.0])
def test_ddim(steps: int, eta: float) -> None:
    """Trailing spacing, for steps that divide 1,000: elsewhere the scheduler takes a wrong previous step. Its float32
    coefficients lose digits in 1 - alpha^2 - variance where eta > 0."""
    denoiser = Gaussian.fit(IMAGES, Discrete())
    scheduler = DDIMScheduler(**BETAS, clip_sample=False, set_alpha_to_one=True, timestep_spacing="trailing")
    scheduler.set_timesteps(steps)
    noises = NoiseBank(9, (steps, *SHAPE))[:8].transpose(0, 1)
    x = denoiser.process.prior(BANK[:8])
    for k, timestep in enumerate(scheduler.timesteps):
        t = timestep.double() + 1
        alpha, sigma = denoiser.process.at(t)
        eps = (x - alpha * denoiser(x, t)) / sigma
        x = scheduler.step(eps, timestep, x, eta=eta, variance_noise=noises[k]).prev_sample
    torch.testing.assert_close(stepped(denoiser, DDIM(eta), steps, noises), x, rtol=0, atol=1e-4 if eta else 1e-5)


@pytest.mark.parametrize("steps", [10, 50])
def test_dpm_solver_on_a_discrete_process(steps: int) -> None:
    denoiser = Gaussian.fit(IMAGES, Discrete())
    scheduler = DPMSolverMultistepScheduler(
        **BETAS, prediction_type="sample", timestep_spacing="trailing", final_sigmas_type="zero"
    )
    scheduler.set_timesteps(steps)
    x = denoiser.process.prior(BANK[:8])
    for timestep in scheduler.timesteps:
        x = scheduler.step(denoiser(x, timestep.double() + 1), timestep, x).prev_sample
    torch.testing.assert_close(ours(denoiser, DPMSolverPP2M(), steps), x, rtol=0, atol=2e-5)


@pytest.mark.parametrize("steps", [6, 18, 40])
@pytest.mark.parametrize(
    ("solver", "scheduler_class"), [(DDIM(), EDMEulerScheduler), (DPMSolverPP2M(), EDMDPMSolverMultistepScheduler)]
)
def test_edm_schedulers(steps: int, solver: Solver, scheduler_class: type) -> None:
    """Grid and steps: the scheduler starts, scales and preconditions by itself, from the network's F."""
    denoiser, sd = Gaussian.fit(IMAGES, EDM()), 0.5
    scheduler = scheduler_class(sigma_min=0.002, sigma_max=80.0, sigma_data=sd, rho=7.0)
    scheduler.set_timesteps(steps)
    torch.testing.assert_close(scheduler.sigmas.double(), EDM().grid(steps), rtol=1e-5, atol=0)
    x = BANK[:8] * 80.0
    for timestep, sigma in zip(scheduler.timesteps, EDM().grid(steps), strict=False):
        D = denoiser(x, sigma)
        F = (D - sd**2 / (sigma**2 + sd**2) * x) / (sigma * sd / (sigma**2 + sd**2).sqrt())
        scheduler.scale_model_input(x, timestep)
        x = scheduler.step(F.float(), timestep, x).prev_sample
    torch.testing.assert_close(ours(denoiser, solver, steps), x, rtol=0, atol=1e-4)


@pytest.mark.parametrize("steps", [10, 25])
def test_flow_matching_euler(steps: int) -> None:
    denoiser = Gaussian.fit(IMAGES, Flow())
    scheduler = FlowMatchEulerDiscreteScheduler(shift=1.0)
    scheduler.set_timesteps(sigmas=torch.linspace(1, 1 / steps, steps).tolist())
    x = BANK[:8]
    for timestep, t in zip(scheduler.timesteps, Flow().grid(steps), strict=False):
        x = scheduler.step((x - denoiser(x, t)) / float(t), timestep, x).prev_sample
    torch.testing.assert_close(ours(denoiser, DDIM(), steps), x, rtol=0, atol=1e-5)


def test_heun_is_algorithm_1_of_edm() -> None:
    """Karras et al. 2206.00364, with alpha = 1 and t = sigma: d = (x - D) / t, averaged over both ends."""
    denoiser, steps = Gaussian.fit(IMAGES, EDM()), 18
    x = BANK[:8].double() * 80
    sigmas = [(80 ** (1 / 7) + i / 17 * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7 for i in range(steps)]
    for t, s in pairwise(torch.tensor([*sigmas, 0.0], dtype=torch.float64)):
        d = (x - denoiser(x, t)) / t
        euler = x + (s - t) * d
        x = euler if s == 0 else x + (s - t) / 2 * (d + (euler - denoiser(euler, s)) / s)
    (batch,) = generate(denoiser, BANK, range(8), steps=steps, dtype=torch.float64)
    torch.testing.assert_close(batch.images, x, rtol=0, atol=1e-9)


def test_heun_is_the_trapezoid_rule_of_flow_matching() -> None:
    """dx/dt = (x - D) / t, in t."""
    denoiser = Gaussian.fit(IMAGES, Flow())
    x = BANK[:8].double()
    for t, s in pairwise(torch.linspace(1, 0, 21, dtype=torch.float64)):
        v = (x - denoiser(x, t)) / t
        euler = x + (s - t) * v
        x = euler if s == 0 else x + (s - t) / 2 * (v + (euler - denoiser(euler, s)) / s)
    (batch,) = generate(denoiser, BANK, range(8), steps=20, dtype=torch.float64)
    torch.testing.assert_close(batch.images, x, rtol=0, atol=1e-9)
