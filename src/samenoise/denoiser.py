"""Denoisers: ``D(x_t, t, cond) -> x0_hat``, an estimate of ``E[x_0 | x_t]``.

Everything that generates is one: a trained network in any parameterisation, a closed form, a guided or
measurement-conditioned wrapper. A denoiser knows its process and the shape of its images.

A network ``F`` becomes a denoiser by the preconditioning of Karras et al. 2206.00364 (eq. 7), and every
parameterisation is a choice of its coefficients (alpha, sigma at t; sd is sigma_data):

    D(x_t, t) = c_skip x_t + c_out F(c_in x_t, c_noise)

                c_skip                                  c_out                                    F predicts
    eps         1 / alpha                               -sigma / alpha                           z
    x0          0                                       1                                        x_0
    v           alpha / (alpha^2 + sigma^2)             -sigma / (alpha^2 + sigma^2)             alpha z - sigma x_0
    flow        1 / (alpha + sigma)                     -sigma / (alpha + sigma)                 z - x_0
    edm         alpha sd^2 / (sigma^2 + alpha^2 sd^2)   sigma sd / sqrt(sigma^2 + alpha^2 sd^2)  the rest of x_0

Squared error on ``F`` is then the usual training loss of each: eps-matching, v-matching, flow matching, EDM's
weighting.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from samenoise.checks import real
from samenoise.process import Process

__all__ = [
    "Denoiser",
    "Guided",
    "NetworkDenoiser",
    "Parameterisation",
    "Preconditioning",
    "evaluations",
    "precondition",
]

Parameterisation = str
PARAMETERISATIONS: tuple[Parameterisation, ...] = ("eps", "x0", "v", "flow", "edm")
"""Every parameterisation; the law tests run over this list."""

LOG_SNR_BOUND = 2.5
"""c_noise is clipped to +-2.5, noise over image between e**-10 and e**10: beyond, nothing is to be told apart."""


NO_IMAGE = 1e-8
"""A weight of the image that is 0 but for rounding, as the cosine's at its end."""


class Denoiser(ABC):
    """The one contract of the package.

    Attributes:
        process: the process whose ``x_t`` it takes.
        shape: shape of one image, such as ``(3, 32, 32)``.
    """

    process: Process
    shape: tuple[int, ...]

    @abstractmethod
    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        """Estimate ``E[x_0 | x_t]``.

        Args:
            x_t: noisy images, shape ``(batch, *shape)``.
            t: time, float64 on the CPU: one for the batch, shape ``()``, or one for each image, shape ``(batch,)``.
            cond: class labels, int64 of shape ``(batch,)``, where the denoiser takes them; ``None`` is unconditional.

        Returns:
            The estimate, with the shape, dtype and device of ``x_t``.
        """


def evaluations(denoiser: Denoiser, cond: Tensor | None) -> int:
    """Evaluations of what is wrapped, a network as a rule, that a call with these labels takes; 1 of what does not say,
    as a denoiser is no more than a call, a process and a shape."""
    said = getattr(denoiser, "evaluations", None)
    return 1 if said is None else int(said(cond))


class Preconditioning(NamedTuple):
    """Coefficients of ``D = c_skip x_t + c_out F(c_in x_t, c_noise)``, float64, of the shape of t."""

    c_skip: Tensor
    c_out: Tensor
    c_in: Tensor
    c_noise: Tensor
    """A quarter of ln(sigma / alpha), as EDM has it, clipped to +-``LOG_SNR_BOUND``."""


def precondition(kind: Parameterisation, alpha: Tensor, sigma: Tensor, sigma_data: float = 0.5) -> Preconditioning:
    """The table at the head of this file, for float64 ``alpha, sigma`` of any shape.

    ``c_in`` leaves ``x_t`` alone where its scale is at most that of unit noise (VP, sub-VP, flow) and brings it back
    to that where it explodes (VE, EDM); "edm" divides by the expected scale of ``x_t``.

    Raises:
        ValueError: for an unknown kind, naming those there are.
    """
    norm2 = alpha**2 + sigma**2
    c_in = norm2.clamp(min=1.0).rsqrt()
    if kind == "eps":
        c_skip, c_out = 1 / alpha, -sigma / alpha
    elif kind == "x0":
        c_skip, c_out = torch.zeros_like(alpha), torch.ones_like(alpha)
    elif kind == "v":
        c_skip, c_out = alpha / norm2, -sigma / norm2
    elif kind == "flow":
        c_skip, c_out = 1 / (alpha + sigma), -sigma / (alpha + sigma)
    elif kind == "edm":
        scale2 = sigma**2 + (alpha * sigma_data) ** 2
        c_skip, c_out = alpha * sigma_data**2 / scale2, sigma * sigma_data * scale2.rsqrt()
        c_in = scale2.rsqrt()
    else:
        raise _unknown(kind)
    c_noise = (0.25 * (sigma.log() - alpha.log())).clamp(-LOG_SNR_BOUND, LOG_SNR_BOUND)
    return Preconditioning(c_skip, c_out, c_in, c_noise)


def _unknown(kind: str) -> ValueError:
    return ValueError(f"unknown parameterisation {kind!r}; there are {', '.join(PARAMETERISATIONS)}")


def expand(coefficient: Tensor, like: Tensor) -> Tensor:
    """A coefficient of shape ``()`` or ``(batch,)``, in the dtype and on the device of ``like``, ready to multiply
    it."""
    coefficient = coefficient.to(like.device, like.dtype)
    return (
        coefficient.reshape(coefficient.shape + (1,) * (like.ndim - coefficient.ndim))
        if coefficient.ndim
        else coefficient
    )


@dataclass
class NetworkDenoiser(Denoiser):
    """A network as a denoiser.

    ``network(x, c_noise, cond)`` takes the scaled images ``(batch, *shape)`` and ``c_noise`` of shape ``(batch,)``,
    and predicts what ``parameterisation`` says. ``eps`` is undefined where ``alpha`` is 0 (flow at t = 1): there the
    image cannot be told from the noise, and a ``ValueError`` says so.

    Raises:
        ValueError: for an unknown parameterisation, a ``sigma_data`` that is not above 0, or a grid that is none of the
            process.
    """

    network: nn.Module
    process: Process
    shape: tuple[int, ...]
    parameterisation: Parameterisation = "edm"
    sigma_data: float = 0.5
    grid: Tensor | None = None
    """Times that a few-step student was made for, descending float64; ``None`` for a network of all times."""

    def __post_init__(self) -> None:
        if self.parameterisation not in PARAMETERISATIONS:
            raise _unknown(self.parameterisation)
        self.sigma_data = real(self.sigma_data, "sigma_data", above=0)
        self.grid = None if self.grid is None else self.process.checked(self.grid)

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        alpha, sigma = self.process.alpha_sigma(t)
        if self.parameterisation == "eps" and bool((alpha < NO_IMAGE).any()):
            raise ValueError(
                "a noise-predicting network (eps) says nothing about the image where alpha is 0, as at the start of "
                f"{self.process.name!r}; train it as v, x0 or flow, or start the grid later"
            )
        c_skip, c_out, c_in, c_noise = precondition(self.parameterisation, alpha, sigma, self.sigma_data)
        c_noise = c_noise.to(x_t.device, x_t.dtype).expand(x_t.shape[0])
        prediction: Tensor = self.network(expand(c_in, x_t) * x_t, c_noise, cond)
        return expand(c_skip, x_t) * x_t + expand(c_out, x_t) * prediction


@dataclass
class Guided(Denoiser):
    """Classifier-free guidance (Ho & Salimans 2207.12598): ``D_u + w (D_c - D_u)``; scale 1 means off.

    Args:
        denoiser: a class-conditional denoiser that takes ``cond=None`` as unconditional.
        guidance_scale: w; 0 is unconditional, 1 conditional, more exaggerates the condition.
    """

    denoiser: Denoiser
    guidance_scale: float = 1.0

    def __post_init__(self) -> None:
        self.process, self.shape = self.denoiser.process, self.denoiser.shape
        self.guidance_scale = real(self.guidance_scale, "the guidance scale")

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        if self._off(cond):
            return self.denoiser(x_t, t, cond if self.guidance_scale else None)
        unconditional = self.denoiser(x_t, t, None)
        return unconditional + self.guidance_scale * (self.denoiser(x_t, t, cond) - unconditional)

    def evaluations(self, cond: Tensor | None) -> int:
        return evaluations(self.denoiser, cond) * (1 if self._off(cond) else 2)

    def _off(self, cond: Tensor | None) -> bool:
        return cond is None or self.guidance_scale in (0.0, 1.0)
