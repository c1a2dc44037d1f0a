"""Processes: how data and noise are mixed, ``x_t = alpha(t) x_0 + sigma(t) z``.

Notation, used throughout the package:

    t            time of the process, in its own units; noise grows with t
    alpha, sigma weights of image and noise at t
    T            the end time, where sampling starts, at x_T = sigma(T) z: the prior has no data in it

Images are floats in [-1, 1]. All processes are one and the same curve seen through other clocks: with
``u = x_t / sqrt(alpha^2 + sigma^2)`` and the angle ``theta = atan2(sigma, alpha)``, the probability flow is
``du/dtheta = (u cos(theta) - D) / sin(theta)`` whatever the process. What differs is where it starts: a process
whose ``alpha(T)`` is not 0 begins at an angle just below pi/2.

Times, grids and coefficients are float64 on the CPU: they are part of what makes images reproducible.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, fields
from typing import ClassVar

import torch
from torch import Tensor

from samenoise.checks import real, whole

__all__ = ["EDM", "PROCESSES", "VE", "VP", "CosineVP", "Flow", "Process", "SubVP"]


@dataclass(frozen=True)
class Process(ABC):
    """A pair of functions alpha(t), sigma(t), an end time and a sampling grid.

    Raises:
        TypeError: a constant is no number.
        ValueError: a constant is not finite, or lies where there is no such process.
    """

    name: ClassVar[str]

    def __post_init__(self) -> None:
        for each in fields(self):
            if each.type in ("float", float):
                value = real(getattr(self, each.name), f"{each.name} of the process {self.name!r}")
                object.__setattr__(self, each.name, value)

    @property
    @abstractmethod
    def T(self) -> float:
        """End time, where sampling starts."""

    @abstractmethod
    def alpha_sigma(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """``(alpha, sigma)`` at float64 times of any shape, as float64 of the same shape."""

    @abstractmethod
    def grid(self, steps: int) -> Tensor:
        """The usual sampling times, descending float64 of shape ``(steps + 1,)``: from ``T`` to the time where
        ``sigma`` is exactly 0, so that the last step returns the denoiser's own estimate."""

    @abstractmethod
    def training_time(self, u: Tensor) -> Tensor:
        """Training times from float64 uniforms in (0, 1): the inverse of the usual distribution of t. They reach as
        far as the grid does, in noise over image: a network is asked nothing that it was not trained for."""

    def checked(self, grid: Tensor) -> Tensor:
        """A sampling grid as float64 on the CPU.

        Raises:
            ValueError: it is not one row of two or more times that descend strictly from ``T`` or below to 0 or above.
        """
        times = grid.to("cpu", torch.float64)
        if times.ndim != 1 or len(times) < 2 or not bool((times.diff() < 0).all()):
            raise ValueError("a sampling grid is one row of at least two strictly descending times")
        if not (times[-1] >= 0 and times[0] <= self.T):
            raise ValueError(
                f"a sampling grid of {self.name!r} lies in 0 .. {self.T:g}, this one goes from {times[0]:g} to "
                f"{times[-1]:g}"
            )
        return times

    def prior(self, z: Tensor) -> Tensor:
        """``x_T = sigma(T) z``, in the dtype of ``z``."""
        return z * float(self.at(self.T)[1])

    def at(self, t: float | Tensor) -> tuple[float, float]:
        """``(alpha, sigma)`` at one time, as Python floats."""
        alpha, sigma = self.alpha_sigma(torch.as_tensor(t, dtype=torch.float64))
        return float(alpha), float(sigma)

    def describe(self) -> dict[str, float | str]:
        """Name and constants, for hashes and manifests."""
        return {"name": self.name, **asdict(self)}


def _linspace(start: float, end: float, count: int) -> Tensor:
    return torch.linspace(start, end, count, dtype=torch.float64)


def _uniform_grid(start: float, steps: int) -> Tensor:
    return _linspace(start, 0.0, whole(steps, "the number of steps of a sampling grid", 1) + 1)


def _require(process: Process, holds: bool, condition: str) -> None:
    if not holds:
        raise ValueError(f"the process {process.name!r} needs {condition}, got {process.describe()}")


def _levels(process: Process, sigma_min: float, sigma_max: float) -> None:
    _require(process, 1e-8 <= sigma_min < sigma_max <= 1e8, "1e-8 <= sigma_min < sigma_max <= 1e8")


@dataclass(frozen=True)
class VP(Process):
    """Variance preserving, linear beta (Song et al. 2011.13456, eq. 32-33): alpha^2 + sigma^2 = 1."""

    name: ClassVar[str] = "vp"
    beta_min: float = 0.1
    beta_max: float = 20.0
    t_min: float = 1e-5  # training only: eps is undefined at t = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(self, 0 <= self.beta_min <= self.beta_max and self.at(self.T)[1] > 0, "0 <= beta_min <= beta_max > 0")
        _require(self, 0 < self.t_min < self.T, "0 < t_min < 1")

    @property
    def T(self) -> float:
        return 1.0

    def _log_alpha(self, t: Tensor) -> Tensor:
        return -0.25 * t**2 * (self.beta_max - self.beta_min) - 0.5 * t * self.beta_min

    def alpha_sigma(self, t: Tensor) -> tuple[Tensor, Tensor]:
        log_alpha = self._log_alpha(t)
        return log_alpha.exp(), (-torch.expm1(2 * log_alpha)).sqrt()

    def grid(self, steps: int) -> Tensor:
        return _uniform_grid(self.T, steps)

    def training_time(self, u: Tensor) -> Tensor:
        return self.t_min + (self.T - self.t_min) * u


@dataclass(frozen=True)
class SubVP(VP):
    """Sub-variance preserving (Song et al. 2011.13456, eq. 34): the VP's alpha with sigma = 1 - alpha^2."""

    name: ClassVar[str] = "subvp"

    def alpha_sigma(self, t: Tensor) -> tuple[Tensor, Tensor]:
        log_alpha = self._log_alpha(t)
        return log_alpha.exp(), -torch.expm1(2 * log_alpha)


@dataclass(frozen=True)
class CosineVP(Process):
    """Variance preserving, cosine alpha (Nichol & Dhariwal 2102.09672, eq. 17), with its offset ``s``.

    alpha(T) is 0 up to rounding: at T the network sees noise alone, and it is trained up to there. (The paper's 1,000
    steps end at alpha = 5e-5, by its clip of beta at 0.999, which is at work in the last step only.)"""

    name: ClassVar[str] = "vp-cosine"
    s: float = 0.008
    t_min: float = 1e-5

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(self, 0 <= self.s <= 1, "0 <= s <= 1")
        _require(self, 0 < self.t_min < self.T, "0 < t_min < 1")

    @property
    def T(self) -> float:
        return 1.0

    def alpha_sigma(self, t: Tensor) -> tuple[Tensor, Tensor]:
        angle = (t + self.s) / (1 + self.s) * (math.pi / 2)
        start = self.s / (1 + self.s) * (math.pi / 2)
        # The published alpha is cos(angle) / cos(start); sigma^2 = 1 - alpha^2, written to be exact at t = 0.
        alpha = (angle.cos() / math.cos(start)).clamp(0.0, 1.0)
        sigma2 = (angle - start).sin() * (angle + start).sin() / math.cos(start) ** 2
        return alpha, sigma2.clamp(0.0, 1.0).sqrt()

    def grid(self, steps: int) -> Tensor:
        return _uniform_grid(self.T, steps)

    def training_time(self, u: Tensor) -> Tensor:
        return self.t_min + (self.T - self.t_min) * u


@dataclass(frozen=True)
class VE(Process):
    """Variance exploding (Song et al. 2011.13456, eq. 30): alpha = 1, and t is sigma itself, log-spaced.

    The constants are the paper's numbers, which are for images in [0, 1]; of images in [-1, 1] the same noise would be
    0.02 to 100. At 50 an image of deviation 0.75 is 1.5 % of what the network sees, at 100 it would be 0.75 %."""

    name: ClassVar[str] = "ve"
    sigma_min: float = 0.01
    sigma_max: float = 50.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _levels(self, self.sigma_min, self.sigma_max)

    @property
    def T(self) -> float:
        return self.sigma_max

    def alpha_sigma(self, t: Tensor) -> tuple[Tensor, Tensor]:
        return torch.ones_like(t), t

    def grid(self, steps: int) -> Tensor:
        steps = whole(steps, "the number of steps of this grid", 2)
        logs = _linspace(math.log(self.sigma_max), math.log(self.sigma_min), steps)
        grid = torch.cat([logs.exp(), logs.new_zeros(1)])
        grid[0] = self.sigma_max
        return grid

    def training_time(self, u: Tensor) -> Tensor:
        return torch.exp(math.log(self.sigma_min) + math.log(self.sigma_max / self.sigma_min) * u)


@dataclass(frozen=True)
class EDM(Process):
    """EDM (Karras et al. 2206.00364, eq. 5, table 1): alpha = 1, t = sigma, grid of power rho, log-normal training."""

    name: ClassVar[str] = "edm"
    sigma_min: float = 0.002
    sigma_max: float = 80.0
    rho: float = 7.0
    p_mean: float = -1.2
    p_std: float = 1.2

    def __post_init__(self) -> None:
        super().__post_init__()
        _levels(self, self.sigma_min, self.sigma_max)
        _require(self, 0.1 <= self.rho <= 100 and self.p_std > 0, "0.1 <= rho <= 100 and p_std > 0")

    @property
    def T(self) -> float:
        return self.sigma_max

    def alpha_sigma(self, t: Tensor) -> tuple[Tensor, Tensor]:
        return torch.ones_like(t), t

    def grid(self, steps: int) -> Tensor:
        steps = whole(steps, "the number of steps of this grid", 2)
        ends = self.sigma_max ** (1 / self.rho), self.sigma_min ** (1 / self.rho)
        grid = torch.cat([_linspace(*ends, steps) ** self.rho, torch.zeros(1, dtype=torch.float64)])
        grid[0] = self.sigma_max
        return grid

    def training_time(self, u: Tensor) -> Tensor:
        log_sigma: Tensor = self.p_mean + self.p_std * torch.special.ndtri(u)
        return log_sigma.exp()


@dataclass(frozen=True)
class Flow(Process):
    """Flow matching on straight lines (Lipman et al. 2210.02747; Liu et al. 2209.03003): alpha = 1 - t, sigma = t."""

    name: ClassVar[str] = "flow"

    @property
    def T(self) -> float:
        return 1.0

    def alpha_sigma(self, t: Tensor) -> tuple[Tensor, Tensor]:
        return 1 - t, t

    def grid(self, steps: int) -> Tensor:
        return _uniform_grid(self.T, steps)

    def training_time(self, u: Tensor) -> Tensor:
        return u


PROCESSES: tuple[type[Process], ...] = (VP, CosineVP, SubVP, VE, EDM, Flow)
"""Every process; the law tests run over this list, and a new process joins it."""
