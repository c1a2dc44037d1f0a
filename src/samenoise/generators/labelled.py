"""What is drawn of classes: noise ``i`` has a label, and a denoiser that takes labels draws it, perhaps guided.

Labels take turns: noise ``i`` has the label that is number ``i mod k`` of the ``k`` that the training set has. Or all
noises have one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from samenoise.cells.data import DataCell, Subset
from samenoise.cells.labels import LabelSpec
from samenoise.cells.specs import ProcessSpec, SamplingSpec
from samenoise.cells.training import TrainCell
from samenoise.denoiser import Guided
from samenoise.generators.base import DenoiserGenerator, DenoiserSampler, Generator
from samenoise.generators.trained import Unplanned
from samenoise.oracle import ByClass, Empirical, Gaussian
from samenoise.runs.cell import Cell, Results, Spec
from samenoise.solver import Solver

__all__ = ["How", "Labelled", "LabelledGaussian", "LabelledOptimum", "UnplannedLabelled", "labelled", "turns"]


class How(Spec):
    """Of which class, and how far guided (Ho & Salimans 2207.12598)."""

    label: int | None = None
    """``None``: those of the training set take turns."""
    scale: float = 1.0
    """0 draws without the label, 1 with it, more exaggerates it."""


def turns(labels: Tensor, ids: Tensor) -> Tensor:
    """Which label each noise has, of those that a training set has."""
    there: Tensor = torch.unique(labels)
    return there[ids % len(there)]


class _OfSubset(Generator):
    data: DataCell
    subset: Subset
    labels: LabelSpec

    def found(self, store: Results) -> tuple[Tensor, Tensor]:
        """The images of the training set, and their labels."""
        data, ids = self.data.load(store), self.subset.ids(self.data)
        return data.images[ids], self.labels.of(data, ids)


class Labelled(_OfSubset):
    """A denoiser that takes labels, told those of its training set."""

    inner: DenoiserGenerator
    how: How

    @property
    def title(self) -> str:
        of = "in turn" if self.how.label is None else f"{self.how.label}"
        return f"{self.inner.title}, labels ({self.labels.kind}) {of}, guidance {self.how.scale:g}"

    def needs(self) -> list[Cell]:
        return list({cell.hash: cell for cell in (*self.inner.needs(), self.data)}.values())

    def open(self, store: Results, sampling: SamplingSpec, device: str) -> LabelledSampler:
        denoiser = Guided(self.inner.denoiser(store, device), self.how.scale)
        grid = denoiser.process.grid(sampling.steps)
        labels = self.found(store)[1]
        return LabelledSampler(denoiser, sampling.build(), grid, sampling, device, labels, self.how)

    def device(self, wanted: str) -> str:
        return self.inner.device(wanted)

    def cost(self, calls: int) -> float:
        return self.inner.cost(calls) * (1 if self.how.scale in (0.0, 1.0) else 2)


class LabelledSampler(DenoiserSampler):
    """A sampler whose noises have labels.

    Args:
        of: the labels of the training set.
    """

    def __init__(
        self,
        denoiser: Guided,
        solver: Solver,
        grid: Tensor,
        sampling: SamplingSpec,
        device: str,
        of: Tensor,
        how: How,
    ) -> None:
        super().__init__(denoiser, solver, grid, sampling, device)
        self.of, self.how = of, how

    @property
    def about(self) -> dict[str, Any]:
        return {**super().about, **self.how.model_dump()}

    def labels(self, ids: Sequence[int]) -> Tensor:
        if self.how.label is None:
            return turns(self.of, torch.as_tensor(ids, dtype=torch.int64))
        return torch.full((len(ids),), self.how.label)


class _ClosedForm(_OfSubset, DenoiserGenerator):
    """Of the images of each class."""

    process: ProcessSpec

    def needs(self) -> list[Cell]:
        return [self.data]

    def device(self, wanted: str) -> str:
        return "cpu"

    def cost(self, calls: int) -> float:
        return self.subset.n * calls / 2e8


class LabelledOptimum(_ClosedForm):
    """The empirical optimum of each class (Theorem 1 of Zhang et al. 2310.05264, over the images of the class)."""

    @property
    def title(self) -> str:
        return f"optimum by label of N = {self.subset.n}{self.subset.part}"

    def denoiser(self, store: Results, device: str) -> Empirical:
        images, labels = self.found(store)
        return Empirical(images, self.process.build(), labels)


class LabelledGaussian(_ClosedForm):
    """The Gaussian of the images of each class."""

    @property
    def title(self) -> str:
        return f"Gaussian by label of N = {self.subset.n}{self.subset.part}"

    def denoiser(self, store: Results, device: str) -> ByClass:
        (images, labels), process = self.found(store), self.process.build()
        for label in range(self.labels.classes):
            if not bool((labels == label).any()):
                raise ValueError(
                    f"none of {len(images)} training images has label {label}: the largest of sizes must have all"
                )
        each = [Gaussian.fit(images[labels == label], process) for label in range(self.labels.classes)]
        return ByClass(each, Gaussian.fit(images, process))


class UnplannedLabelled(Unplanned):
    """A network that was told labels, before it is planned which cell trains it."""

    how: How

    def planned(self, train: TrainCell, member: int) -> Labelled:
        inner, labels = super().planned(train, member), self.member.labels
        assert isinstance(inner, DenoiserGenerator)
        assert labels is not None
        return Labelled(
            inner=inner, data=self.member.data, subset=self.member.model.subset, labels=labels, how=self.how
        )


def labelled(
    wanted: Unplanned | LabelledOptimum | LabelledGaussian, how: How | None = None
) -> Labelled | UnplannedLabelled:
    """What is asked for, of classes."""
    how = how or How()
    if isinstance(wanted, Unplanned):
        own = {name: getattr(wanted, name) for name in Unplanned.model_fields}
        return UnplannedLabelled(**own, how=how)
    return Labelled(inner=wanted, data=wanted.data, subset=wanted.subset, labels=wanted.labels, how=how)
