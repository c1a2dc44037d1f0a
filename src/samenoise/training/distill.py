"""Few-step students: networks that draw from noise in one step, or in a few.

    consistency training      from x_t and from x_s, s < t neighbours on a grid, the student comes to the same image;
                              x_t and x_s have the image and the noise in common
    consistency distillation  the same with x_s from x_t by one Heun step of a trained teacher
    progressive distillation  one DDIM step of the student = two of the teacher, whose steps are half as long

A student is sampled by DDIM on its own few times. One step is the consistency of Song et al. 2303.01469 and Song &
Dhariwal 2310.14189 (no EMA of the target, ever finer grids); with more, time is cut into as many segments and "the same
image" becomes "the same x_r at the end r of the segment" (multistep consistency, Heek et al. 2403.06807). Progressive
distillation is algorithm 2 of Salimans & Ho 2202.00512. Times are those of the process's own sampling grid, each
interval as often as any other.

All three ask for a step: the student's DDIM step from ``x_t`` to ``r`` shall end at a given ``x_r``. As that step is
linear in the estimate, this says what ``D``, and so what ``F``, should be. Squared error on ``F`` is the usual
weighting, ``|D - D*|^2 / c_out^2``, as in :mod:`samenoise.training.loss`. For eps that is the SNR, 4e-5 at the start of
VP, where a student of few steps decides most: so no error of ``D`` weighs less than one, which for eps is the truncated
SNR ``max(SNR, 1)`` of Salimans & Ho (section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from samenoise.denoiser import Denoiser, NetworkDenoiser, Parameterisation, expand, precondition
from samenoise.process import Process
from samenoise.solver import euler, trapezoid

__all__ = ["ConsistencyDistillation", "ConsistencyTraining", "ProgressiveDistillation"]

FEWEST = 8
"""Intervals of the coarsest grid of consistency training (about s_0 of 2310.14189)."""


def at(process: Process, t: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
    """``(alpha, sigma)`` of each image, ready to multiply it."""
    alpha, sigma = process.alpha_sigma(t)
    return expand(alpha, like), expand(sigma, like)


@dataclass(frozen=True)
class _Step:
    """What students of all kinds have in common: their process and how they are parameterised."""

    process: Process
    parameterisation: Parameterisation
    sigma_data: float

    def student(self, network: nn.Module, x: Tensor) -> NetworkDenoiser:
        return NetworkDenoiser(network, self.process, x.shape[1:], self.parameterisation, self.sigma_data)

    def error(self, network: nn.Module, x_t: Tensor, t: Tensor, x_r: Tensor, r: Tensor) -> Tensor:
        """Squared error of a student whose step from ``x_t`` to ``r`` should end at ``x_r``, by image: that on ``F``,
        or on ``D`` where it is larger."""
        (a_t, s_t), (a_r, s_r) = self.process.alpha_sigma(t), self.process.alpha_sigma(r)
        # x_r = a_r D + s_r (x_t - a_t D) / s_t, solved for D; a_r > a_t s_r / s_t as noise falls.
        ratio = s_r / s_t
        on_D = a_r - a_t * ratio
        c_skip, c_out, c_in, c_noise = precondition(self.parameterisation, a_t, s_t, self.sigma_data)
        D = (x_r - expand(ratio, x_t) * x_t) * expand(1 / on_D, x_t)
        F = network(expand(c_in, x_t) * x_t, c_noise.to(x_t.device, x_t.dtype), None).float()
        error: Tensor = F - (D - expand(c_skip, x_t) * x_t) * expand(1 / c_out, x_t)
        return error.square().flatten(1).mean(1) * expand(c_out.square().clamp(min=1.0), x_t).flatten()


@dataclass(frozen=True)
class _Consistency(_Step):
    """Consistency on a grid of ``fine`` intervals, for a student of ``steps`` steps."""

    fine: int
    steps: int

    @cached_property
    def grid(self) -> Tensor:
        """The finest grid; coarser ones are parts of it."""
        return self.process.grid(self.fine)

    def times(self, u: Tensor, stride: int) -> tuple[Tensor, Tensor, Tensor]:
        """``t > s``, neighbours on the grid of every ``stride``-th time, and the end ``r <= s`` of their segment."""
        k = (u * (self.fine // stride)).long().clamp(max=self.fine // stride - 1) * stride
        segment = self.fine // self.steps
        return self.grid[k], self.grid[k + stride], self.grid[(k // segment + 1) * segment]

    def end(self, network: nn.Module, x_s: Tensor, s: Tensor, r: Tensor) -> Tensor:
        """Where the student comes from ``x_s``; ``x_s`` itself where the segment ends there."""
        at_s, at_r = at(self.process, s, x_s), at(self.process, r, x_s)
        # Where s = r nothing is left to do, and at sigma_s = 0 the step would divide by it.
        there = expand((s == r).to(x_s.dtype), x_s) > 0
        at_s = (at_s[0], at_s[1].where(at_s[1] > 0, torch.ones_like(at_s[1])))
        moved = euler(x_s, self.student(network, x_s)(x_s, s), at_s, at_r)
        return torch.where(there, x_s, moved)


@dataclass(frozen=True)
class ConsistencyTraining(_Consistency):
    """Consistency without a teacher, on a grid of at least 8 intervals, doubled at even spaces up to ``fine``."""

    updates: int

    def stride(self, update: int) -> int:
        """Of the finest grid's intervals, how many are one interval at this update (2310.14189, section 3.4)."""
        strides = [1]
        while (
            self.fine % (2 * strides[-1]) == 0
            and self.fine // (2 * strides[-1]) >= max(FEWEST, self.steps)
            and (self.fine // self.steps) % (2 * strides[-1]) == 0
        ):
            strides.append(2 * strides[-1])
        return strides[::-1][update * len(strides) // self.updates]

    def __call__(self, network: nn.Module, x0: Tensor, z: Tensor, u: Tensor, update: int) -> Tensor:
        t, s, r = self.times(u, self.stride(update))
        (a_t, s_t), (a_s, s_s) = at(self.process, t, x0), at(self.process, s, x0)
        with torch.no_grad():
            x_r = self.end(network, a_s * x0 + s_s * z, s, r)
        return self.error(network, a_t * x0 + s_t * z, t, x_r, r)


@dataclass(frozen=True)
class ConsistencyDistillation(_Consistency):
    """Consistency along a teacher's flow."""

    teacher: Denoiser

    def __call__(self, network: nn.Module, x0: Tensor, z: Tensor, u: Tensor, update: int) -> Tensor:
        t, s, r = self.times(u, 1)
        alpha, sigma = at(self.process, t, x0)
        x_t = alpha * x0 + sigma * z
        with torch.no_grad():
            x_r = self.end(network, self._heun(x_t, t, s), s, r)
        return self.error(network, x_t, t, x_r, r)

    def _heun(self, x_t: Tensor, t: Tensor, s: Tensor) -> Tensor:
        """One step of the teacher's flow with a time for each image; Euler's where it ends at sigma = 0."""
        at_t, at_s = at(self.process, t, x_t), at(self.process, s, x_t)
        D = self.teacher(x_t, t)
        end = euler(x_t, D, at_t, at_s)
        heun = trapezoid(x_t, D, end, self.teacher(end, s), at_t, at_s)
        return torch.where(at_s[1] == 0, end, heun)


@dataclass(frozen=True)
class ProgressiveDistillation(_Step):
    """Halve the steps of a teacher: a trained network, or the student of the halving before.

    ``grid`` has the teacher's times, descending, an even number of steps; the student's are every other one of them.
    """

    teacher: Denoiser
    grid: Tensor

    def __call__(self, network: nn.Module, x0: Tensor, z: Tensor, u: Tensor, update: int) -> Tensor:
        pairs = (len(self.grid) - 1) // 2
        k = 2 * (u * pairs).long().clamp(max=pairs - 1)
        t, middle, r = self.grid[k], self.grid[k + 1], self.grid[k + 2]
        at_t, at_middle, at_r = (at(self.process, time, x0) for time in (t, middle, r))
        x_t = at_t[0] * x0 + at_t[1] * z
        with torch.no_grad():
            x_middle = euler(x_t, self.teacher(x_t, t), at_t, at_middle)
            x_r = euler(x_middle, self.teacher(x_middle, middle), at_middle, at_r)
        return self.error(network, x_t, t, x_r, r)
