"""Measurements: the units of scoring that an experiment is made of.

A measurement says which images it asks for and makes rows of them. It knows neither cells nor the store: the lab plans
what it asks for, computes it, and hands it a :class:`~samenoise.lab.scene.Scene`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from samenoise.cells.data import Subset
from samenoise.generators.base import DenoiserGenerator
from samenoise.generators.trained import Unplanned
from samenoise.lab.common import Common
from samenoise.lab.ledger import Ledger
from samenoise.lab.study import Ask, Study
from samenoise.runs.cell import Progress, Spec

if TYPE_CHECKING:
    from samenoise.lab.scene import Scene

__all__ = ["Measurement"]


class Measurement(Spec, ABC):
    """A unit of scoring. Its fields, with the common config and the code it uses, decide its rows."""

    experiment: ClassVar[str]
    """Whose rows it makes."""
    common: Common

    @property
    @abstractmethod
    def title(self) -> str:
        """A few words for progress bars and messages."""

    def asks(self) -> list[Ask]:
        """The images it compares."""
        return []

    def searches(self) -> list[tuple[Ask, Subset]]:
        """Images whose nearest ones in a training set it looks for: what can be searched in parts before."""
        return []

    def denoisers(self) -> list[DenoiserGenerator | Unplanned]:
        """What it evaluates itself, at points of its own."""
        return []

    def after(self) -> list[Measurement]:
        """Measurements whose kept tensors it reads."""
        return []

    @abstractmethod
    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        """The rows."""

    def ledger(self, n_train: int | None = None, details: bool = True) -> Ledger:
        """An empty ledger for rows at a training size; without ``details`` rows are all that is collected."""
        return Ledger(self.experiment, n_train, self.common.feature, details=details)

    @property
    def study(self) -> Study:
        """What can be asked for."""
        return Study(self.common)
