"""Posterior samples: what a denoiser draws from a noise, given what was measured of an image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import torch
from pydantic import Field

from samenoise.cells.specs import SamplingSpec
from samenoise.cells.training import TrainCell
from samenoise.denoiser import Denoiser
from samenoise.generators.base import DenoiserGenerator, DenoiserSampler, Generator
from samenoise.generators.measured import Measured, Measurements
from samenoise.generators.trained import Unplanned
from samenoise.inverse import DDNM, DPS
from samenoise.noise import Bank
from samenoise.runs.cell import Cell, Results, Spec
from samenoise.solver import Batch, Solver, generate

__all__ = ["MethodSpec", "Posterior", "UnplannedPosterior", "posterior"]


class MethodSpec(Spec):
    """How the measurement is brought in: :class:`samenoise.inverse.DPS` or :class:`samenoise.inverse.DDNM`."""

    name: Literal["dps", "ddnm"] = "dps"
    zeta: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    """Of dps: size of the correction after each step."""

    def guided(self, denoiser: Denoiser, solver: Solver, found: Measurements, noise: float) -> tuple[Denoiser, Solver]:
        """A denoiser and a solver that draw images that are measured so."""
        if self.name == "dps":
            return denoiser, DPS(solver, found.operator, found.y, self.zeta)
        return DDNM(denoiser, found.operator, found.y, noise), solver


class Posterior(Generator):
    """Posterior samples of a generator: noise ``i`` is drawn for the measurement whose turn it is."""

    prior: DenoiserGenerator
    measured: Measured
    method: MethodSpec

    @property
    def title(self) -> str:
        return f"{self.prior.title}, given {self.measured.task.operator} by {self.method.name}"

    def needs(self) -> list[Cell]:
        return list({cell.hash: cell for cell in (*self.prior.needs(), self.measured.data)}.values())

    def open(self, store: Results, sampling: SamplingSpec, device: str) -> PosteriorSampler:
        return PosteriorSampler(self, self.prior.open(store, sampling, device), self.measured.load(store))

    def device(self, wanted: str) -> str:
        return self.prior.device(wanted)

    def cost(self, calls: int) -> float:
        return 2 * self.prior.cost(calls)  # half as many backward passes as calls, each nearly two of them


class PosteriorSampler:
    """A denoiser with its solver and grid, and what was measured."""

    def __init__(self, of: Posterior, prior: DenoiserSampler, found: Measurements) -> None:
        self.of, self.prior, self.found = of, prior, found

    @property
    def shape(self) -> tuple[int, ...]:
        return self.prior.shape

    @property
    def about(self) -> dict[str, Any]:
        measured = self.of.measured
        return {
            **self.prior.about,
            "method": self.of.method.model_dump(),
            "operator": self.found.operator.describe(),
            "measured": {"images": measured.images, "noise": measured.task.noise, "seed": measured.seed},
        }

    def __call__(self, bank: Bank, ids: Sequence[int], batch: int) -> Iterator[Batch]:
        prior, measured = self.prior, self.of.measured
        for chosen in torch.split(torch.as_tensor(ids, dtype=torch.int64), batch):
            here = self.found._replace(y=self.found.y[measured.of(chosen)])
            denoiser, solver = self.of.method.guided(prior.denoiser, prior.solver, here, measured.task.noise)
            yield from generate(
                denoiser,
                bank,
                chosen,
                solver=solver,
                grid=prior.grid,
                batch_size=batch,
                fresh=prior.fresh,
                device=prior.device,
            )


class UnplannedPosterior(Unplanned):
    """Posterior samples of a network, before it is planned which cell trains it."""

    measured: Measured
    method: MethodSpec

    def planned(self, train: TrainCell, member: int) -> Posterior:
        prior = super().planned(train, member)
        assert isinstance(prior, DenoiserGenerator)
        return Posterior(prior=prior, measured=self.measured, method=self.method)


def posterior(
    prior: DenoiserGenerator | Unplanned, measured: Measured, method: MethodSpec
) -> Posterior | UnplannedPosterior:
    """What is asked for, given measurements."""
    if isinstance(prior, Unplanned):
        own = {name: getattr(prior, name) for name in type(prior).model_fields}
        return UnplannedPosterior(**own, measured=measured, method=method)
    return Posterior(prior=prior, measured=measured, method=method)
