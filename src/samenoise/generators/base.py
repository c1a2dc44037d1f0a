"""What every generator says of itself: what it needs, and how it draws images.

    needs()                     cells whose results it is made of
    open(store, sampling, ...)  a sampler: the generator loaded, with the solver and the grid that it is drawn with
    sampler(bank, ids, batch)   its images from the noises ``ids`` of a bank, batch by batch

A new kind of generator is a class in a file of its own; nothing else has to know it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from torch import Tensor

from samenoise.cells.specs import SamplingSpec
from samenoise.denoiser import Denoiser
from samenoise.fresh import FreshNoise
from samenoise.noise import Bank
from samenoise.runs.cell import Cell, Results, Spec
from samenoise.solver import Batch, Solver, generate

__all__ = ["DenoiserGenerator", "DenoiserSampler", "Generator", "Sampler"]


class Sampler(Protocol):
    """A generator, loaded and ready to draw."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the noise that it takes."""

    @property
    def about(self) -> dict[str, Any]:
        """How it draws, as JSON: for the manifest beside the images."""

    def __call__(self, bank: Bank, ids: Sequence[int], batch: int) -> Iterator[Batch]:
        """Images from the noises ``ids``, in their order, ``batch`` at a time."""


class Generator(Spec, ABC):
    """A map from unit noise to an image, as something that can be asked for, planned and stored."""

    @property
    @abstractmethod
    def title(self) -> str:
        """A few words for progress bars and messages."""

    @abstractmethod
    def needs(self) -> list[Cell]:
        """Cells whose results it is made of."""

    @abstractmethod
    def open(self, store: Results, sampling: SamplingSpec, device: str) -> Sampler:
        """Load it on a device, to be drawn as ``sampling`` says."""

    def device(self, wanted: str) -> str:
        """Where it is sampled in a run on the device ``wanted``."""
        return wanted

    def cost(self, calls: int) -> float:
        """Rough relative cost of that many evaluations of one image."""
        return 0.0


class DenoiserGenerator(Generator):
    """A denoiser, sampled by a solver."""

    @abstractmethod
    def denoiser(self, store: Results, device: str) -> Denoiser:
        """The denoiser, on a device."""

    def open(self, store: Results, sampling: SamplingSpec, device: str) -> DenoiserSampler:
        denoiser = self.denoiser(store, device)
        return DenoiserSampler(denoiser, sampling.build(), denoiser.process.grid(sampling.steps), sampling, device)


class DenoiserSampler:
    """A denoiser with its solver and its grid of times."""

    def __init__(self, denoiser: Denoiser, solver: Solver, grid: Tensor, sampling: SamplingSpec, device: str) -> None:
        self.denoiser, self.solver, self.grid, self.device = denoiser, solver, grid, device
        self.fresh = FreshNoise(sampling.fresh_seed, self.shape) if solver.stochastic else None

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.denoiser.shape)

    @property
    def about(self) -> dict[str, Any]:
        return {
            "fresh": None if self.fresh is None else self.fresh.hash,
            "solver": self.solver.describe(),
            "process": self.denoiser.process.describe(),
            "grid": self.grid.tolist(),
        }

    def labels(self, ids: Sequence[int]) -> Tensor | None:
        """Of which classes the images of the noises are; ``None`` is no class."""
        return None

    def __call__(self, bank: Bank, ids: Sequence[int], batch: int) -> Iterator[Batch]:
        return generate(
            self.denoiser,
            bank,
            ids,
            cond=self.labels(ids),
            solver=self.solver,
            grid=self.grid,
            batch_size=batch,
            fresh=self.fresh,
            device=self.device,
        )
