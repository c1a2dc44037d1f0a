"""Solvers and the driver: from unit noise to images, without hidden randomness.

The probability-flow ODE of any process, ``dx = D d(alpha) + eps d(sigma)`` with ``eps = (x - alpha D) / sigma``, needs
no derivative of alpha or sigma once it is integrated along the path ``(alpha, sigma)`` itself, and it holds where alpha
is 0 too:

    DDIM / Euler   x_s = alpha_s D + sigma_s eps  =  x_t + (alpha_s - alpha_t) D + (sigma_s - sigma_t) eps
    Heun           the same with the means of (D, eps) at both ends: the trapezoid rule. It is EDM's algorithm 1
                   where alpha = 1 and Heun in t for flow matching.
    DPM-Solver++   2M of Lu et al. 2211.01095, algorithm 2, in lambda = ln(alpha / sigma).

A step from ``t`` to ``s``; times are float64 on the CPU, images keep the dtype of the noise.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from samenoise.checks import ids as numbers_of
from samenoise.checks import real, whole
from samenoise.denoiser import Denoiser, evaluations
from samenoise.fresh import FreshNoise
from samenoise.noise import Bank

__all__ = ["DDIM", "SOLVERS", "Batch", "DPMSolverPP2M", "Heun", "Solver", "euler", "generate", "log_snr", "trapezoid"]


Coefficients = tuple[float, float] | tuple[Tensor, Tensor]
"""``(alpha, sigma)``, as floats for a whole batch or as tensors that multiply images."""


def euler(x: Tensor, D: Tensor, at_t: Coefficients, at_s: Coefficients) -> Tensor:
    """DDIM's step from ``x_t`` with the estimate ``D``; in training, every image of a batch has its own t and s."""
    (a_t, s_t), (a_s, s_s) = at_t, at_s
    return a_s * D + s_s * ((x - a_t * D) / s_t)


def trapezoid(x: Tensor, D: Tensor, end: Tensor, D_s: Tensor, at_t: Coefficients, at_s: Coefficients) -> Tensor:
    """Heun's correction of the Euler step that ended at ``end``, where the estimate is ``D_s``; ``sigma_s > 0``."""
    (a_t, s_t), (a_s, s_s) = at_t, at_s
    eps, eps_s = (x - a_t * D) / s_t, (end - a_s * D_s) / s_s
    return x + (a_s - a_t) / 2 * (D + D_s) + (s_s - s_t) / 2 * (eps + eps_s)


@dataclass(frozen=True)
class Solver(ABC):
    """Brings ``x_t`` to ``x_s``. A solver holds settings only; what a multi-step solver remembers travels in ``state``,
    which starts as ``None`` for every batch."""

    name: ClassVar[str]
    order: ClassVar[int]

    @abstractmethod
    def step(
        self,
        denoiser: Denoiser,
        x: Tensor,
        t: Tensor,
        s: Tensor,
        cond: Tensor | None,
        fresh: Tensor | None,
        state: Any,
    ) -> tuple[Tensor, Any]:
        """One step.

        Args:
            x: ``x_t``, shape ``(batch, *shape)``.
            t, s: float64 scalars with ``s < t``.
            fresh: unit noise of the shape of ``x`` for this step, or ``None`` where the solver draws none.
            state: what the previous step of this batch returned, ``None`` at the first.

        Returns:
            ``x_s`` and the state for the next step.
        """

    @property
    def stochastic(self) -> bool:
        """Whether a step wants fresh noise."""
        return False

    def describe(self) -> dict[str, Any]:
        """Name and settings, for hashes and manifests."""
        return {"name": self.name, **asdict(self)}


@dataclass(frozen=True)
class DDIM(Solver):
    """DDIM (Song et al. 2010.02502, eq. 12 and 16): Euler's method with ``eta = 0``, ancestral sampling with 1."""

    name: ClassVar[str] = "ddim"
    order: ClassVar[int] = 1
    eta: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "eta", real(self.eta, "eta", 0, 1))

    @property
    def stochastic(self) -> bool:
        return self.eta > 0

    def step(
        self,
        denoiser: Denoiser,
        x: Tensor,
        t: Tensor,
        s: Tensor,
        cond: Tensor | None,
        fresh: Tensor | None,
        state: Any,
    ) -> tuple[Tensor, Any]:
        (a_t, s_t), (a_s, s_s) = denoiser.process.at(t), denoiser.process.at(s)
        D = denoiser(x, t, cond)
        if fresh is None:
            return euler(x, D, (a_t, s_t), (a_s, s_s)), None
        eps = (x - a_t * D) / s_t
        # Variance of x_s that is drawn anew instead of carried over: eq. 16, for any alpha and sigma.
        renewed2 = (self.eta * s_s / s_t) ** 2 * max(s_t**2 - (a_t / a_s * s_s) ** 2, 0.0)
        kept = math.sqrt(max(s_s**2 - renewed2, 0.0))
        return a_s * D + kept * eps + math.sqrt(renewed2) * fresh, None


@dataclass(frozen=True)
class Heun(Solver):
    """The trapezoid rule; a last step to ``sigma = 0`` is Euler's, as in EDM. NFE is ``2 steps - 1``."""

    name: ClassVar[str] = "heun"
    order: ClassVar[int] = 2

    def step(
        self,
        denoiser: Denoiser,
        x: Tensor,
        t: Tensor,
        s: Tensor,
        cond: Tensor | None,
        fresh: Tensor | None,
        state: Any,
    ) -> tuple[Tensor, Any]:
        at_t, at_s = denoiser.process.at(t), denoiser.process.at(s)
        D = denoiser(x, t, cond)
        end = euler(x, D, at_t, at_s)
        if at_s[1] == 0:
            return end, None
        return trapezoid(x, D, end, denoiser(end, s, cond), at_t, at_s), None


@dataclass(frozen=True)
class DPMSolverPP2M(Solver):
    """DPM-Solver++(2M), data prediction (Lu et al. 2211.01095, algorithm 2): second order for one network call a step.

    First order at the first step, and at the last where it ends at ``sigma = 0`` (an infinite step in lambda)."""

    name: ClassVar[str] = "dpmpp-2m"
    order: ClassVar[int] = 2

    def step(
        self,
        denoiser: Denoiser,
        x: Tensor,
        t: Tensor,
        s: Tensor,
        cond: Tensor | None,
        fresh: Tensor | None,
        state: Any,
    ) -> tuple[Tensor, Any]:
        (a_t, s_t), (a_s, s_s) = denoiser.process.at(t), denoiser.process.at(s)
        D = denoiser(x, t, cond)
        h = log_snr(a_s, s_s) - log_snr(a_t, s_t)
        estimate = D
        if state is not None and s_s > 0:
            previous, h_previous = state
            # h_previous is infinite after a start at alpha = 0; the correction is then 0, and the step first order.
            estimate = D + (h / (2 * h_previous)) * (D - previous)
        return s_s / s_t * x + (a_s - a_t * s_s / s_t) * estimate, (D, h)


def log_snr(alpha: float, sigma: float) -> float:
    """``ln(alpha / sigma)``, half the log of the signal-to-noise ratio; infinite where one of them is 0."""
    if sigma == 0:
        return math.inf
    return math.log(alpha / sigma) if alpha > 0 else -math.inf


SOLVERS: tuple[Solver, ...] = (DDIM(), Heun(), DPMSolverPP2M())
"""One of each deterministic solver; the law tests run over this list."""


class Batch(NamedTuple):
    """Some of the images of a run of :func:`generate`."""

    ids: Tensor
    """Noise ids, int64 of shape ``(batch,)``."""
    images: Tensor
    """Images in [-1, 1] up to what the denoiser oversteps, shape ``(batch, *shape)``, on the denoiser's device."""
    nfe: int
    """Evaluations of the network for each image: calls of the denoiser, and two a call with guidance."""


class _Counting(Denoiser):
    """Counts evaluations; one wrapper for a batch, so that a count never leaks from one to the next."""

    def __init__(self, denoiser: Denoiser) -> None:
        self.denoiser, self.process, self.shape, self.calls = denoiser, denoiser.process, denoiser.shape, 0

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        self.calls += evaluations(self.denoiser, cond)
        return self.denoiser(x_t, t, cond)


@torch.no_grad()
def generate(
    denoiser: Denoiser,
    bank: Bank,
    ids: Sequence[int] | Tensor,
    *,
    solver: Solver | None = None,
    steps: int = 18,
    grid: Tensor | None = None,
    batch_size: int = 64,
    cond: Tensor | None = None,
    fresh: FreshNoise | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Iterator[Batch]:
    """Draw the images of noises ``ids``, batch by batch.

    Args:
        denoiser: what generates; its ``shape`` is that of ``bank``.
        bank: unit noise; image ``k`` starts at ``sigma(T) bank[ids[k]]``.
        ids: noise numbers, in the order wanted.
        solver: :class:`Heun` unless given.
        steps: steps of the process's own grid, unless ``grid`` is given.
        grid: descending float64 times, shape ``(steps + 1,)``, see :meth:`samenoise.process.Process.checked`.
        batch_size: images at a time. It changes the images by rounding only (about 1e-6 in float32).
        cond: labels, one for each id, shape ``(len(ids),)``.
        fresh: noise for a solver with ``eta > 0``, of the shape of ``bank``. Image ``k`` gets path ``ids[k]`` of it,
            whatever its place in a batch, and each step the part of the path between its two noise levels, whatever
            the grid and the process. A step that ends above ``sigma / alpha = 50`` renews nothing.
        device, dtype: where and in which precision to compute. Noise is drawn on the CPU in float32, then moved.

    Yields:
        :class:`Batch` of ids, images and the number of function evaluations (NFE).

    Raises:
        IndexError: a number is outside ``0 .. 2**63 - 1``.
        TypeError: an id, ``steps`` or ``batch_size`` is no whole number, or ``dtype`` none of floats.
        ValueError: shapes of bank and denoiser differ, the grid does not descend, there is not a label for each id, or
            a stochastic solver has no ``fresh``.
    """
    solver = Heun() if solver is None else solver
    times = denoiser.process.checked(denoiser.process.grid(steps) if grid is None else grid)
    ids = torch.tensor(numbers_of(ids), dtype=torch.int64)
    batch_size = whole(batch_size, "the number of images at a time", 1)
    if not dtype.is_floating_point:
        raise TypeError(f"images are computed in floats, not in {dtype}")
    if cond is not None and len(cond) != len(ids):
        raise ValueError(f"each noise has its label: got {len(cond)} labels for {len(ids)} noises")
    _check(denoiser, bank, solver, fresh)
    lambdas = [log_snr(*denoiser.process.at(t)) for t in times]
    for start in range(0, len(ids), batch_size):
        chosen = ids[start : start + batch_size]
        labels = None if cond is None else cond[start : start + batch_size].to(device)
        counting = _Counting(denoiser)
        x = denoiser.process.prior(bank[chosen].to(device, dtype))
        noises = None if fresh is None or not solver.stochastic else fresh.steps(chosen, lambdas)
        state = None
        for t, s in pairwise(times):
            noise = None if noises is None else next(noises)
            given = None if noise is None else noise.to(device, dtype)
            x, state = solver.step(counting, x, t, s, labels, given, state)
        yield Batch(chosen, x, counting.calls)


def _check(denoiser: Denoiser, bank: Bank, solver: Solver, fresh: FreshNoise | None) -> None:
    wanted = tuple(denoiser.shape)
    if tuple(bank.shape) != wanted:
        raise ValueError(f"the noise bank has shape {tuple(bank.shape)}, the denoiser draws {wanted}")
    if not solver.stochastic:
        return
    if fresh is None:
        raise ValueError(f"{solver.describe()} draws noise at every step: give `fresh`, a FreshNoise of shape {wanted}")
    if tuple(fresh.shape) != wanted:
        raise ValueError(f"the fresh noise has shape {tuple(fresh.shape)}, the denoiser draws {wanted}")
