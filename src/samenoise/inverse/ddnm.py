"""Null-space guidance (DDNM, Wang et al. 2212.00490), with noise, as a wrapper of any denoiser.

    D_y = D + A' (A A' + (s / r)^2 I)^+ (y - A D),    r^2 = v sigma^2 / (alpha^2 v + sigma^2)

The measurement corrects the estimate where it says something, and the rest is left as it is. ``r`` stands for how far
the estimate may be off, and is that of a pixel of variance ``v``: for images of independent pixels of that variance,
``D_y`` is ``E[x_0 | x_t, y]`` exactly. It is PiGDM (Song et al. 2023) without the Jacobian of the network, which at
high noise is mostly the network's own error. Without noise (``s = 0``) every estimate, and the image, is measured as
``y``.

``r`` depends on ``sigma / alpha`` alone, so that all processes and solvers draw the same image as their steps grow
short, and it holds where alpha is 0. One call of the network, no gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from samenoise.denoiser import Denoiser, evaluations
from samenoise.inverse.measurement import for_each
from samenoise.inverse.operator import LinearOperator, Operator

__all__ = ["DDNM"]


@dataclass
class DDNM(Denoiser):
    """A denoiser of images that are measured as ``y``.

    Args:
        denoiser: of all images.
        operator: what measures; linear.
        y: one measurement for each image of a batch, shape ``(batch, *measured)``, or one for all, ``(1, *measured)``.
        noise: s, the standard deviation of the noise on ``y``, 0 or more.
        variance: v, of a pixel.
    """

    denoiser: Denoiser
    operator: Operator
    y: Tensor
    noise: float = 0.0
    variance: float = 1.0

    def __post_init__(self) -> None:
        self.process, self.shape = self.denoiser.process, self.denoiser.shape
        if not isinstance(self.operator, LinearOperator):
            raise ValueError(f"DDNM needs a linear operator, and {self.operator.name!r} is none: take DPS")

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        operator = self.operator
        assert isinstance(operator, LinearOperator)
        D, y = self.denoiser(x_t, t, cond), for_each(self.y, x_t, operator)
        alpha, sigma = self.process.at(t)
        ridge = self.noise**2 * (alpha**2 / sigma**2 + 1 / self.variance)
        return D + operator.pinv(y - operator.forward(D), ridge)

    def evaluations(self, cond: Tensor | None) -> int:
        return evaluations(self.denoiser, cond)
