"""A generator on planes of noises: see :mod:`samenoise.plane`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import Field

from samenoise.cells.specs import Count, SamplingSpec
from samenoise.cells.training import TrainCell
from samenoise.generators.base import Generator, Sampler
from samenoise.generators.trained import Unplanned
from samenoise.noise import Bank, NoiseBank
from samenoise.plane import Path, PlaneBank
from samenoise.runs.cell import Cell, Results, Spec
from samenoise.solver import Batch

__all__ = ["OnPlanes", "PlaneSpec", "UnplannedOnPlanes", "on_planes"]


class PlaneSpec(Spec):
    """Planes of noises."""

    cells: Count = 12
    """Places are so many to the way from one anchor to another."""
    beyond: Annotated[int, Field(ge=0)] = 4
    """Places beyond the anchors on every side."""
    path: Path = "spherical"
    """``spherical`` keeps the norm of the noise, ``linear`` does not."""

    def bank(self, anchors: NoiseBank) -> PlaneBank:
        """The planes through the noises of a bank."""
        return PlaneBank(anchors.seed, anchors.shape, self.cells, self.beyond, self.path)

    @property
    def side(self) -> int:
        """Places in a row, and rows."""
        return PlaneBank(0, (1,), self.cells, self.beyond).side


class OnPlanes(Generator):
    """A generator whose noise ``i`` is place ``i`` of the planes through the noises of the run's bank."""

    inner: Generator
    plane: PlaneSpec

    @property
    def title(self) -> str:
        return f"{self.inner.title} on {self.plane.path} planes"

    def needs(self) -> list[Cell]:
        return self.inner.needs()

    def open(self, store: Results, sampling: SamplingSpec, device: str) -> PlaneSampler:
        sampler = self.inner.open(store, sampling, device)
        return PlaneSampler(sampler, self.plane.bank(NoiseBank(sampling.bank_seed, sampler.shape)))

    def device(self, wanted: str) -> str:
        return self.inner.device(wanted)

    def cost(self, calls: int) -> float:
        return self.inner.cost(calls)


class PlaneSampler:
    """A sampler, with the planes in the place of the bank."""

    def __init__(self, inner: Sampler, planes: PlaneBank) -> None:
        self.inner, self.planes = inner, planes

    @property
    def shape(self) -> tuple[int, ...]:
        return self.inner.shape

    @property
    def about(self) -> dict[str, Any]:
        return {**self.inner.about, "bank": self.planes.hash}  # of what the images started from, for whoever joins them

    def __call__(self, bank: Bank, ids: Sequence[int], batch: int) -> Iterator[Batch]:
        return self.inner(self.planes, ids, batch)


class UnplannedOnPlanes(Unplanned):
    """A network on planes, before it is planned which cell trains it."""

    plane: PlaneSpec

    def planned(self, train: TrainCell, member: int) -> OnPlanes:
        return OnPlanes(inner=super().planned(train, member), plane=self.plane)


def on_planes(wanted: Generator | Unplanned, plane: PlaneSpec) -> OnPlanes | UnplannedOnPlanes:
    """What is asked for, on planes."""
    if isinstance(wanted, Unplanned):
        own = {name: getattr(wanted, name) for name in type(wanted).model_fields}
        return UnplannedOnPlanes(**own, plane=plane)
    return OnPlanes(inner=wanted, plane=plane)
