"""What posterior samples stand beside: the images that were measured, and the measurements as pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from samenoise.cells.specs import SamplingSpec
from samenoise.generators.base import Generator
from samenoise.generators.measured import Measured
from samenoise.noise import Bank
from samenoise.runs.cell import Cell, Results
from samenoise.solver import Batch

__all__ = ["Reference"]


class Reference(Generator):
    """At noise ``i``, what was measured in its turn, or what was seen of it. Nothing is drawn."""

    measured: Measured
    what: Literal["truth", "measurement"]

    @property
    def title(self) -> str:
        return f"{self.what} of {self.measured.task.operator}"

    def needs(self) -> list[Cell]:
        return [self.measured.data]

    def open(self, store: Results, sampling: SamplingSpec, device: str) -> ReferenceSampler:
        operator, truth, y = self.measured.load(store)
        return ReferenceSampler(self.measured, truth if self.what == "truth" else operator.picture(y))

    def device(self, wanted: str) -> str:
        return "cpu"


class ReferenceSampler:
    """The pictures, one for each measurement."""

    def __init__(self, measured: Measured, pictures: Tensor) -> None:
        self.measured, self.pictures = measured, pictures

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.pictures.shape[1:])

    @property
    def about(self) -> dict[str, Any]:
        return {"operator": self.measured.task.model_dump()}

    def __call__(self, bank: Bank, ids: Sequence[int], batch: int) -> Iterator[Batch]:
        for chosen in torch.split(torch.as_tensor(ids, dtype=torch.int64), batch):
            yield Batch(chosen, self.pictures[self.measured.of(chosen)], 0)
