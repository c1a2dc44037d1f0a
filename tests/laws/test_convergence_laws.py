"""The solvers converge, at their order, to the flow; and the flow is one for all processes.

Float64 throughout, so that rounding does not floor what is measured.
"""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import numpy as np
import pytest
import torch
from closed_forms import SHAPE, covariances, images, means, mixture
from scipy.optimize import brentq
from torch import Tensor

from samenoise.denoiser import Denoiser
from samenoise.noise import NoiseBank
from samenoise.oracle import Gaussian, Mixture
from samenoise.process import EDM, PROCESSES, VE, Flow, Process
from samenoise.solver import SOLVERS, Heun, Solver, generate

BANK = NoiseBank(3, SHAPE)


def smooth_grid(process: Process, steps: int, start: float, end: float = 0.05) -> Tensor:
    """Times that are one smooth function of k / steps; the end has noise left. A last step to sigma = 0 is first order
    for every solver here, and in VP sigma is like sqrt(t) there: it would hide the order of the rest."""
    k = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    power = 7 if isinstance(process, VE | EDM) else 1
    return (start ** (1 / power) * (1 - k) + end ** (1 / power) * k) ** power


def draw(denoiser: Denoiser, grid: Tensor, solver: Solver, count: int = 16) -> Tensor:
    (batch,) = generate(denoiser, BANK, range(count), solver=solver, grid=grid, dtype=torch.float64)
    return batch.images


def integrate(denoiser: Denoiser, x: Tensor, grid: Tensor) -> Tensor:
    """Heun from any x, not from the prior."""
    state = None
    for t, s in pairwise(grid):
        x, state = Heun().step(denoiser, x, t, s, None, None, state)
    return x


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
def test_order_of_convergence(process: Process, solver: Solver) -> None:
    """The change from n to 2 n steps falls as n to the power of the order: the fitted slope is within 0.1 of it."""
    refinements = [64, 128, 256, 512]
    results = [draw(mixture(process), smooth_grid(process, n, process.T), solver) for n in refinements]
    changes = [float((a - b).abs().mean()) for a, b in pairwise(results)]
    slope = -np.polyfit(np.log(refinements[:-1]), np.log(changes), 1)[0]
    assert slope == pytest.approx(solver.order, abs=0.1)


@pytest.mark.parametrize("t", [0.0, 0.3])
def test_flow_of_a_gaussian(process: Process, t: float) -> None:
    """Heun with 400 steps comes within 3e-4 (values are about 1) of the closed form, at the end and on the way."""
    gaussian = Gaussian(means()[0], covariances()[0], process)
    grid = smooth_grid(process, 400, process.T, t or 1e-4)
    if t == 0.0:
        grid = torch.cat([grid, grid.new_zeros(1)])
    z = BANK[:16].double()
    torch.testing.assert_close(draw(gaussian, grid, Heun()), gaussian.flow(z, t), rtol=0, atol=3e-4)
    assert (gaussian.flow(z, t) - gaussian.flow(z, process.T)).abs().max() > 0.1
    torch.testing.assert_close(gaussian.flow(z, process.T), process.prior(z))


def test_flow_of_a_gaussian_of_low_rank(process: Process) -> None:
    """Five images span four dimensions; outside, the flow ends at their mean."""
    gaussian = Gaussian.fit(images(5), process)
    grid = torch.cat([smooth_grid(process, 400, process.T, 1e-4), torch.zeros(1, dtype=torch.float64)])
    flow = gaussian.flow(BANK[:16].double())
    torch.testing.assert_close(draw(gaussian, grid, Heun()), flow, rtol=0, atol=1e-3)
    assert torch.linalg.matrix_rank(flow.flatten(1) - gaussian.mean, atol=1e-9) == 4


def test_flow_from_a_start_without_any_image() -> None:
    """From alpha = 0 the flow of N(m, C) is m + C^(1/2) z."""
    gaussian, z = Gaussian(means()[0], covariances()[0], Flow()), BANK[:16].double()
    values, vectors = np.linalg.eigh(covariances()[0].numpy())
    expected = means()[0].flatten().numpy() + z.flatten(1).numpy() @ (vectors * np.sqrt(values)) @ vectors.T
    torch.testing.assert_close(gaussian.flow(z).flatten(1), torch.from_numpy(expected))


def images_from(process: Process, u: Tensor, ratio: float, steps: int) -> Tensor:
    """Images of the mixture when the flow starts where sigma / alpha = ratio at x = u sqrt(alpha^2 + sigma^2)."""

    def log_ratio(t: float) -> float:
        alpha, sigma = process.at(t)
        return math.log(sigma / max(alpha, 1e-300)) - math.log(ratio)

    start = float(brentq(log_ratio, 1e-3, process.T, xtol=1e-15, rtol=1e-15)) if log_ratio(process.T) else process.T
    alpha, sigma = process.at(start)
    end = float(brentq(lambda t: log_ratio(t) + math.log(ratio / 1e-2), 1e-8, process.T, xtol=1e-15, rtol=1e-15))
    x = integrate(mixture(process), u * math.hypot(alpha, sigma), smooth_grid(process, steps, start, end))
    return x / math.hypot(*process.at(end))


def test_all_processes_draw_the_same_image() -> None:
    """From one common point (u, angle), here sigma / alpha = 50, to another, sigma / alpha = 0.01, all six processes
    follow one curve: the largest gap is below 5e-5 at 512 steps, and falls nearly fourfold with twice the steps."""
    u, gaps = BANK[:16].double(), []
    for steps in (128, 256, 512):
        drawn = [images_from(made(), u, 50.0, steps) for made in PROCESSES]
        gaps.append(max(float((a - b).abs().mean()) for a, b in combinations(drawn, 2)))
    assert gaps[-1] < 5e-5
    assert all(coarse / fine > 3.6 for coarse, fine in pairwise(gaps))


def from_prior(process: Process) -> Tensor:
    grid = torch.cat([smooth_grid(process, 400, process.T, 1e-3), torch.zeros(1, dtype=torch.float64)])
    return draw(mixture(process), grid, Heun())


def test_plain_starts_differ_by_their_start_mismatch() -> None:
    """Starting at sigma(T) z leaves out alpha(T) x_0, a share r = alpha(T) / sigma(T) of the noise. To first order the
    images move by as much: against flow matching, which has r = 0, VE's gap is proportional to r = 1 / sigma_max, and
    every process stays within the same line."""
    reference = from_prior(Flow())

    def gap(process: Process) -> float:
        return float((from_prior(process) - reference).abs().mean())

    starts = [VE(sigma_max=sigma_max) for sigma_max in (12.5, 25.0, 50.0)]
    slopes = [gap(process) * process.T for process in starts]
    assert max(slopes) / min(slopes) < 1.15
    for made in PROCESSES:
        alpha, sigma = made().at(made().T)
        assert gap(made()) < 1.15 * slopes[-1] * alpha / sigma + 1e-4


def test_one_mixture_one_flow_whatever_the_component_order() -> None:
    order = [2, 0, 1]
    weights = torch.tensor([0.3, 0.2, 0.5], dtype=torch.float64)
    swapped = Mixture(weights, means()[order], covariances()[order], EDM())
    grid = EDM().grid(18)
    torch.testing.assert_close(draw(swapped, grid, Heun()), draw(mixture(EDM()), grid, Heun()))
