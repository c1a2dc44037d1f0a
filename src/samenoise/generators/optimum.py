"""The empirical optimum of a training set: the denoiser that copies."""

from __future__ import annotations

from samenoise.cells.data import DataCell, Subset
from samenoise.cells.specs import ProcessSpec
from samenoise.generators.base import DenoiserGenerator
from samenoise.oracle import Empirical
from samenoise.runs.cell import Cell, Results

__all__ = ["Optimum"]


class Optimum(DenoiserGenerator):
    """Theorem 1 of Zhang et al. (2310.05264), over the images of a subset."""

    data: DataCell
    subset: Subset
    process: ProcessSpec

    @property
    def title(self) -> str:
        return f"optimum of N = {self.subset.n}{self.subset.part}"

    def needs(self) -> list[Cell]:
        return [self.data]

    def denoiser(self, store: Results, device: str) -> Empirical:
        return Empirical(self.data.load(store).images[self.subset.ids(self.data)], self.process.build())

    def device(self, wanted: str) -> str:
        return "cpu"  # as all closed forms: one reference for models of every device

    def cost(self, calls: int) -> float:
        return self.subset.n * calls / 2e8
