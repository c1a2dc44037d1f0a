"""What is measured of which images: the inverse problems that posterior samples are drawn for."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator
from torch import Tensor

from samenoise.cells.data import DataCell
from samenoise.inverse import OPERATORS, LinearOperator, measure
from samenoise.runs.cell import Results, Spec

__all__ = ["Measured", "Measurements", "TaskSpec"]


class TaskSpec(Spec):
    """An operator by name, with the settings that differ from its defaults, and the noise on what it measures."""

    operator: str
    options: dict[str, int | float] = Field(default_factory=dict)
    noise: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.05
    """Standard deviation, in units of pixels of [-1, 1]."""

    def build(self, shape: tuple[int, ...]) -> LinearOperator:
        """The operator on images of a shape.

        Raises:
            ValueError: it does not fit them.
        """
        return _kinds()[self.operator](shape, **self.options)

    @model_validator(mode="after")
    def _known(self) -> Self:
        kinds = _kinds()
        if self.operator not in kinds:
            raise ValueError(f"there is no operator {self.operator!r}; there are {', '.join(kinds)}")
        known = [each.name for each in fields(kinds[self.operator]) if each.name != "shape"]
        unknown = set(self.options) - set(known)
        if unknown:
            raise ValueError(
                f"operator {self.operator!r} has the options {', '.join(known)}; got {', '.join(sorted(unknown))}"
            )
        return self


class Measurements(NamedTuple):
    """What was measured."""

    operator: LinearOperator
    truth: Tensor
    """The images, float32 in [-1, 1], shape ``(m, *shape)``."""
    y: Tensor
    """Shape ``(m, *measured)``."""


class Measured(Spec):
    """Measurements of some images of a data set, each with noise of its own."""

    data: DataCell
    images: tuple[int, ...]
    """Row numbers."""
    task: TaskSpec
    seed: int
    """Of the bank of the noise on the measurements."""

    def of(self, ids: Tensor) -> Tensor:
        """Which measurement belongs to each noise: they take turns."""
        return ids % len(self.images)

    def load(self, store: Results) -> Measurements:
        """From the stored images."""
        data = self.data.load(store)
        operator, truth = self.task.build(data.shape), data.images[list(self.images)]
        return Measurements(operator, truth, measure(operator, truth, self.task.noise, self.seed))


def _kinds() -> dict[str, type[LinearOperator]]:
    return {kind.name: kind for kind in OPERATORS}
