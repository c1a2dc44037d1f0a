"""The true distribution, where it is known: a mixture of Gaussians with its own flow."""

from __future__ import annotations

from samenoise.cells.data import MixtureCell
from samenoise.cells.specs import ProcessSpec
from samenoise.generators.base import DenoiserGenerator
from samenoise.oracle import Mixture
from samenoise.runs.cell import Cell, Results

__all__ = ["Truth"]


class Truth(DenoiserGenerator):
    """The closed-form denoiser of the mixture that the data are samples of."""

    data: MixtureCell
    process: ProcessSpec

    @property
    def title(self) -> str:
        return "the truth"

    def needs(self) -> list[Cell]:
        return [self.data]

    def denoiser(self, store: Results, device: str) -> Mixture:
        return self.data.mixture(store, self.process)

    def device(self, wanted: str) -> str:
        return "cpu"
