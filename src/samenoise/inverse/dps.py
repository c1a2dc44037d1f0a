"""Diffusion posterior sampling (Chung et al. 2209.14687), as a step of any solver, without fresh noise of its own.

    D = D(x_t, t)        x_s = step(x_t, D) - zeta grad_{x_t} |A(D) - y|

The correction follows the solver's step, in the scale of ``x_t``: it belongs to a step, not to an estimate of the
image, which is why it is a solver and no denoiser. A step costs what the solver costs and one backward pass: the
estimate that the solver starts from is the one that is differentiated.

With a fixed zeta, twice the steps correct twice as much, and a process whose ``x_t`` is larger is corrected less: zeta
belongs to a grid and a process. It is no discretization of a flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from samenoise.denoiser import Denoiser
from samenoise.inverse.measurement import for_each
from samenoise.inverse.operator import Operator
from samenoise.solver import Solver

__all__ = ["DPS"]


@dataclass(frozen=True, eq=False)
class DPS(Solver):
    """A solver that is drawn towards images that are measured as ``y``.

    Args:
        solver: whose steps are corrected.
        operator: what measures, linear or not.
        y: one measurement for each image of a batch, shape ``(batch, *measured)``, or one for all, ``(1, *measured)``.
        zeta: size of the correction, 0 or more; 0 is the solver itself, bit for bit.
    """

    name: ClassVar[str] = "dps"
    order: ClassVar[int] = 0
    solver: Solver
    operator: Operator
    y: Tensor
    zeta: float = 1.0

    def __post_init__(self) -> None:
        if not self.zeta >= 0:
            raise ValueError(f"zeta is 0 or more, got {self.zeta}: it leads towards the measurement, not away from it")

    @property
    def stochastic(self) -> bool:
        return self.solver.stochastic

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "zeta": self.zeta,
            "operator": self.operator.describe(),
            "solver": self.solver.describe(),
        }

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
        if self.zeta == 0:
            return self.solver.step(denoiser, x, t, s, cond, fresh, state)
        y = for_each(self.y, x, self.operator)
        with torch.enable_grad():
            x_t = x.detach().requires_grad_()
            D = denoiser(x_t, t, cond)
            misfit = torch.linalg.vector_norm((self.operator.forward(D) - y).flatten(1), dim=1)
            (gradient,) = torch.autograd.grad(misfit.sum(), x_t)
        x_s, state = self.solver.step(_Known(denoiser, x, t, D.detach()), x, t, s, cond, fresh, state)
        return x_s - self.zeta * gradient, state


class _Known(Denoiser):
    """A denoiser whose estimate at one point is there already."""

    def __init__(self, denoiser: Denoiser, x: Tensor, t: Tensor, D: Tensor) -> None:
        self.denoiser, self.process, self.shape = denoiser, denoiser.process, denoiser.shape
        self.x, self.t, self.D = x, t, D

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        return self.D if x_t is self.x and t is self.t else self.denoiser(x_t, t, cond)
