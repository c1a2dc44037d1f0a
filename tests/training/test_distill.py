"""Students: their targets hold for the exact flow, their grids nest, and they end near their teacher."""

import math

import pytest
import torch
from torch import nn

from samenoise import networks
from samenoise.data import digits
from samenoise.denoiser import PARAMETERISATIONS, NetworkDenoiser, precondition
from samenoise.metrics import pfd
from samenoise.noise import NoiseBank
from samenoise.oracle import Gaussian
from samenoise.process import EDM, PROCESSES, VP, Flow
from samenoise.solver import DDIM, generate
from samenoise.training.distill import ConsistencyDistillation, ConsistencyTraining, ProgressiveDistillation
from samenoise.training.loop import Loop
from samenoise.training.objective import Matching
from samenoise.training.recipe import Recipe

SHAPE = (1, 4, 4)
SPREAD = 0.4
"""Standard deviation of the data of the closed forms: N(0, SPREAD^2)."""


class ExactFlow(nn.Module):
    """The network whose step from any ``x_t`` ends on the exact flow of N(0, SPREAD^2) at the end of its segment.

    That flow keeps ``x / sqrt(alpha^2 SPREAD^2 + sigma^2)``. The step asks for ``D``, and ``D`` for ``F``; c_noise
    tells which of the grid's times it is."""

    def __init__(self, process, kind, grid, segment):
        super().__init__()
        self.process, self.kind, self.grid, self.segment = process, kind, grid, segment

    def forward(self, x, c_noise, cond):
        alpha, sigma = self.process.alpha_sigma(self.grid)
        levels = precondition(self.kind, alpha, sigma, 0.5).c_noise
        k = (levels[None, :] - c_noise[:, None].double()).abs().argmin(1)
        r = (k // self.segment + 1) * self.segment
        r = r.clamp(max=len(self.grid) - 1)
        a_t, s_t, a_r, s_r = (v[:, None, None, None] for v in (alpha[k], sigma[k], alpha[r], sigma[r]))
        c = precondition(self.kind, a_t, s_t, 0.5)
        x_t = x.double() / c.c_in
        scale = ((a_r * SPREAD) ** 2 + s_r**2) / ((a_t * SPREAD) ** 2 + s_t**2)
        x_r = x_t * scale.sqrt()
        D = (x_r - s_r / s_t * x_t) / (a_r - a_t * s_r / s_t)
        return ((D - c.c_skip * x_t) / c.c_out).float()


def drawn(n=256):
    generator = torch.Generator().manual_seed(0)
    x0 = SPREAD * torch.randn(n, *SHAPE, generator=generator)
    return x0, torch.randn(n, *SHAPE, generator=generator), (torch.arange(n, dtype=torch.float64) + 0.5) / n


def teacher(process):
    size = math.prod(SHAPE)
    flow = Gaussian(torch.zeros(SHAPE), SPREAD**2 * torch.eye(size), process)
    assert flow.shape == SHAPE
    return flow


CASES = [(EDM(), "edm"), (VP(), "v"), (Flow(), "flow"), (VP(), "x0")]


@pytest.mark.parametrize(("process", "kind"), CASES, ids=lambda v: getattr(v, "name", v))
@pytest.mark.parametrize("steps", [1, 4])
def test_distillation_asks_for_the_exact_flow(process, kind, steps):
    """The error of the exact student falls with the teacher's step as Heun's does, and a wrong student's does not."""
    errors = []
    for fine in (16, 64, 256):
        aim = ConsistencyDistillation(process, kind, 0.5, fine, steps, teacher(process))
        exact = ExactFlow(process, kind, process.grid(fine), fine // steps)
        x0, z, u = drawn()
        errors.append(float(aim(exact, x0, z, u, 0).mean()))
        wrong = float(aim(lambda x, c, cond, exact=exact: exact(x, c, cond) + 0.1, x0, z, u, 0).mean())
    assert errors[2] < errors[0] / 30
    if process == EDM():  # by Euler it would be 6e-6 and more; elsewhere the two are alike along this simple flow
        assert errors[1] < 1e-6
    assert wrong > 5 * errors[2]


@pytest.mark.parametrize(("process", "kind"), CASES, ids=lambda v: getattr(v, "name", v))
def test_progressive_distillation_asks_for_two_steps_of_the_teacher(process, kind):
    """Against the solver itself: a network that answers so steps as far in one step as the teacher in two."""
    grid = process.grid(8)
    flow = teacher(process)
    aim = ProgressiveDistillation(process, kind, 0.5, flow, grid)
    x0, z, u = drawn(64)
    asked = {}

    class Spy(nn.Module):
        def forward(self, x, c_noise, cond):
            asked["x"], asked["c_noise"] = x, c_noise
            return torch.zeros_like(x)

    aim(Spy(), x0, z, u, 0)
    pairs = (u * 4).long()
    for pair in range(4):
        rows = pairs == pair
        t, middle, r = (grid[2 * pair + k] for k in range(3))
        (a_t, s_t) = process.at(t)
        x_t = a_t * x0[rows] + s_t * z[rows]
        x_m, _ = DDIM().step(flow, x_t, t, middle, None, None, None)
        x_r, _ = DDIM().step(flow, x_m, middle, r, None, None, None)
        c = precondition(kind, *process.alpha_sigma(t), 0.5)
        (a_r, s_r) = process.at(r)
        D = (x_r - s_r / s_t * x_t) / (a_r - a_t * s_r / s_t)
        F = (D - c.c_skip * x_t) / c.c_out

        class Answer(nn.Module):
            def forward(self, x, c_noise, cond, F=F):
                return F.float()

        student = NetworkDenoiser(Answer(), process, SHAPE, kind, 0.5)
        stepped, _ = DDIM().step(student, x_t, t, r, None, None, None)
        torch.testing.assert_close(stepped, x_r, rtol=1e-4, atol=1e-4)
        found = aim(lambda x, c_noise, cond, F=F: F.float(), x0[rows], z[rows], u[rows], 0)
        assert float(found.max()) < 1e-5 * (1 + float(F.abs().max()) ** 2)
        off = aim(lambda x, c_noise, cond, F=F: F.float() + 0.1, x0[rows], z[rows], u[rows], 0)
        torch.testing.assert_close(off, torch.full_like(off, 0.01), rtol=0.05, atol=0)  # the error is that of F


def test_consistency_training_asks_for_the_exact_flow_on_average():
    """Its targets are noisy; their mean over images and noises given x_t is that of the exact flow (to first order)."""
    process, fine = EDM(), 128
    aim = ConsistencyTraining(process, "edm", 0.5, fine, 1, 10)
    exact = ExactFlow(process, "edm", process.grid(fine), fine)
    errors = {}
    for factor in (0.9, 1.0, 1.1):
        # The network alone is changed, not its target: what the gradient would push towards.
        calls = []

        def network(x, c_noise, cond, factor=factor, calls=calls):
            calls.append(1)
            return exact(x, c_noise, cond) * (factor if len(calls) == 2 else 1.0)

        x0, z, u = drawn(4096)
        errors[factor] = float(aim(network, x0, z, u, 9).mean())
        assert len(calls) == 2
    assert errors[1.0] < errors[0.9]
    assert errors[1.0] < errors[1.1]


@pytest.mark.parametrize("process", [kind() for kind in PROCESSES], ids=lambda p: p.name)
@pytest.mark.parametrize("steps", [1, 4])
def test_times_nest_and_stay_within_their_segment(process, steps):
    aim = ConsistencyTraining(process, "v", 0.5, 64, steps, 100)
    u = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    ends = process.grid(64)[:: 64 // steps].tolist()
    sizes = []
    for update in (0, 26, 51, 76, 99):
        t, s, r = aim.times(u, aim.stride(update))
        assert bool((t > s).all())
        assert bool((s >= r).all())
        assert set(r.tolist()) == set(ends[1:])
        sizes.append(len(t.unique()))
        for end, before in zip(ends[1:], ends[:-1], strict=True):
            inside = (t <= before) & (t > end)
            assert bool((r[inside] == end).all())
    assert sizes == [8, 16, 32, 64, 64]
    counts = aim.times(u, 1)[0].unique(return_counts=True)[1]
    assert int(counts.max() - counts.min()) <= 1  # every interval as often as any other


@pytest.mark.parametrize("kind", [k for k in PARAMETERISATIONS if k != "eps"])
def test_nothing_is_undefined_at_either_end(kind):
    process = Flow()  # alpha is 0 at its start
    network = networks.build("mlp", SHAPE, 8)
    x0, z, u = drawn(32)
    for aim in (
        ConsistencyTraining(process, kind, 0.5, 16, 2, 10),
        ConsistencyDistillation(process, kind, 0.5, 16, 2, teacher(process)),
        ProgressiveDistillation(process, kind, 0.5, teacher(process), process.grid(16)),
    ):
        losses = aim(network, x0, z, u, 0)
        losses.mean().backward()
        assert bool(losses.isfinite().all())
        assert all(bool(p.grad.isfinite().all()) for p in network.parameters())


@pytest.fixture(scope="module")
def trained():
    """A teacher of all digits."""
    data = digits().images
    loop = Loop(networks.build("mlp", (1, 8, 8), 64), data, 0, Matching(EDM(), "edm"), Recipe(updates=1000, ema=0.1))
    for _ in loop.train():
        pass
    return data, denoiser(loop)


def denoiser(loop: Loop) -> NetworkDenoiser:
    network = networks.build("mlp", (1, 8, 8), 64)
    network.load_state_dict(loop.weights())
    return NetworkDenoiser(network.eval(), EDM(), (1, 8, 8))


def student_of(procedure, data, teacher_network, fine, steps) -> NetworkDenoiser:
    how, grid = (EDM(), "edm", 0.5), EDM().grid(fine)

    def trained_for(aim, updates, start):
        network = networks.build("mlp", (1, 8, 8), 64)
        if start is not None:
            network.load_state_dict(start.network.state_dict())
        loop = Loop(network, data, 5, aim, Recipe(updates=updates, ema=0.1))
        for _ in loop.train():
            pass
        return denoiser(loop)

    if procedure == "consistency":
        return trained_for(ConsistencyTraining(*how, fine, steps, 1500), 1500, None)
    if procedure == "distilled":
        return trained_for(ConsistencyDistillation(*how, fine, steps, teacher_network), 600, teacher_network)
    last, stride = teacher_network, 1
    while fine // stride > steps:
        last = trained_for(ProgressiveDistillation(*how, last, grid[::stride]), 300, last)
        stride *= 2
    return last


@pytest.mark.parametrize(("procedure", "nearer"), [("progressive", 1.35), ("distilled", 1.3), ("consistency", 1.2)])
def test_students_stay_near_their_teacher(trained, procedure, nearer):
    """In four steps, nearer to what the teacher draws in many than the teacher itself in four, where a student begins.

    These are networks of a few seconds; the agreement of longer trained ones is in the documentation."""
    data, teacher_network = trained
    fine, steps = 32, 4
    few, bank = EDM().grid(fine)[:: fine // steps], NoiseBank(0, (1, 8, 8))

    def images(network, **how):
        return next(iter(generate(network, bank, range(128), batch_size=128, **how))).images.flatten(1)

    aim = images(teacher_network)
    itself = pfd(images(teacher_network, solver=DDIM(), grid=few), aim).value
    found = pfd(images(student_of(procedure, data, teacher_network, fine, steps), solver=DDIM(), grid=few), aim).value
    assert found < itself / nearer


@pytest.mark.parametrize("process", [VP(), EDM()], ids=lambda p: p.name)
@pytest.mark.parametrize("kind", ["eps", "v", "edm"])
def test_no_error_of_the_estimate_weighs_next_to_nothing(process, kind):
    """|D - D*|^2 of each image times max(SNR, 1) for eps and the usual weight for the others, never below one."""
    grid = process.grid(8)
    network = networks.build("mlp", SHAPE, 16)
    student = NetworkDenoiser(network, process, SHAPE, kind, 0.5)
    step = ProgressiveDistillation(process, kind, 0.5, teacher(process), grid)
    x0, z, _ = drawn(4)
    for k, (t, r) in enumerate([(0, 2), (2, 4), (4, 6)]):
        alpha, sigma = process.at(grid[t])
        (alpha_r, sigma_r), x_t = process.at(grid[r]), alpha * x0 + sigma * z
        wanted = torch.zeros_like(x0) + 0.1 * k  # the estimate of x_0 whose step is the right one
        x_r = alpha_r * wanted + sigma_r / sigma * (x_t - alpha * wanted)
        times = [grid[i].expand(4) for i in (t, r)]
        found = step.error(network, x_t, times[0], x_r, times[1])
        weight = {
            "eps": max(alpha**2 / sigma**2, 1),
            "v": (alpha**2 + sigma**2) ** 2 / sigma**2,
            "edm": (sigma**2 + alpha**2 / 4) / (sigma**2 / 4),
        }[kind]
        error = (student(x_t, grid[t]) - wanted).square().flatten(1).mean(1)
        torch.testing.assert_close(found, weight * error, rtol=2e-3, atol=1e-5)
