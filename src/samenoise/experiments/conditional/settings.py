"""Which labels ``conditional`` tells its networks, and how far it guides them: the keys under ``conditional``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from samenoise.cells.labels import LabelSpec
from samenoise.cells.specs import Count, Share
from samenoise.runs.cell import Spec

__all__ = ["ConditionalSettings", "Kind"]

Kind = Literal["class", "random", "each"]
Scale = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ConditionalSettings(Spec):
    """Labels in training, and guidance in sampling."""

    classes: Annotated[Count, Field(ge=2)] = 10
    """Classes of the data; random labels are as many."""
    dropout: Share = 0.1
    """Share of the labels that an update does not tell: what guidance at scales other than 1 needs."""
    scales: tuple[Scale, ...] = (0.0, 1.0, 2.0, 4.0)
    """Of guidance: 0 draws without the label, 1 with it, more exaggerates it."""
    interventions: tuple[Literal["random", "each"], ...] = ("random", "each")
    """Other labels that networks of every size are told: any at all, or one for each image."""
    each_up_to: Count = 512
    """The largest training set whose images have a label each."""

    def labels(self, kind: Kind, seed: int, sizes: tuple[int, ...]) -> LabelSpec:
        """What networks are told. One for each image are as many as the largest set needs, for networks of all sizes
        alike."""
        if kind == "each":
            return LabelSpec(kind=kind, classes=max(self.sizes(kind, sizes)), dropout=self.dropout)
        return LabelSpec(kind=kind, classes=self.classes, dropout=self.dropout, seed=seed if kind == "random" else 0)

    def sizes(self, kind: Kind | None, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """Training sets that networks see with labels of a kind; ``None`` is without."""
        return tuple(n for n in sizes if kind != "each" or n <= self.each_up_to)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if list(self.scales) != sorted(set(self.scales)) or 1.0 not in self.scales:
            raise ValueError(f"scales are distinct, ascending, and 1 is one of them; got {list(self.scales)}")
        if len(set(self.interventions)) < len(self.interventions):
            raise ValueError(f"interventions must be distinct, got {list(self.interventions)}")
        if self.dropout == 1:
            raise ValueError("dropout is 1: networks are told no label at all; give it a value below 1")
        if self.dropout == 0 and self.scales != (1.0,):
            raise ValueError(
                "dropout is 0: networks never learn the images without labels, which guidance at other scales than 1 "
                "takes; give dropout a value above 0, or scales the one value 1"
            )
        return self
