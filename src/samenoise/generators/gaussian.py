"""The Gaussian of a training set: what its mean and covariance alone would draw."""

from __future__ import annotations

from samenoise.cells.data import DataCell, Subset
from samenoise.cells.specs import ProcessSpec
from samenoise.generators.base import DenoiserGenerator
from samenoise.oracle import Gaussian
from samenoise.runs.cell import Cell, Results

__all__ = ["FittedGaussian"]


class FittedGaussian(DenoiserGenerator):
    """The closed-form denoiser of N(mean, covariance) of the images of a subset."""

    data: DataCell
    subset: Subset
    process: ProcessSpec

    @property
    def title(self) -> str:
        return f"Gaussian of N = {self.subset.n}{self.subset.part}"

    def needs(self) -> list[Cell]:
        return [self.data]

    def denoiser(self, store: Results, device: str) -> Gaussian:
        return Gaussian.fit(self.data.load(store).images[self.subset.ids(self.data)], self.process.build())

    def device(self, wanted: str) -> str:
        return "cpu"

    def cost(self, calls: int) -> float:
        return self.subset.n * calls / 2e8
