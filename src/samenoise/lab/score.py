"""Scores: a measurement, carried out, as a cell."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, Field

from samenoise.generators.trained import Unplanned
from samenoise.lab.measurement import Measurement
from samenoise.lab.plan import Plan
from samenoise.lab.scene import Scene
from samenoise.runs.cell import Cell, Progress, Results

__all__ = ["ScoreCell"]


class ScoreCell(Cell):
    """The rows of a measurement, and what its ledger keeps beside them: see :meth:`Ledger.write`."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    kind: ClassVar[str] = "score"
    folder: ClassVar[str] = "scores"
    measurement: Measurement
    plan: Plan = Field(exclude=True)
    """What of it matters is in the hash through the cells that are needed."""

    def needs(self) -> list[Cell]:
        return [*self._needed]

    @cached_property
    def _needed(self) -> list[Cell]:
        asks, study = [one for ask in self.measurement.asks() for one in ask.each], self.measurement.study
        found: list[Cell] = [study.data, self.plan.real()]
        for ask in asks:
            # The training too: its losses are read.
            found += [self.plan.samples(ask), self.plan.features(ask), *self.plan.generator(ask.wanted).needs()]
        for wanted in self.measurement.denoisers():
            for one in wanted.each if isinstance(wanted, Unplanned) else [wanted]:
                found += self.plan.generator(one).needs()
        found += self._before()
        return list({cell.hash: cell for cell in found}.values())

    def _before(self) -> list[ScoreCell]:
        return [ScoreCell(measurement=each, plan=self.plan) for each in self.measurement.after()]

    @property
    def title(self) -> str:
        return self.measurement.title

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        before = [store.path(cell) for cell in self._before()]
        scene = Scene(self.measurement.study, self.plan, store, before)
        self.measurement.measure(scene, progress).write(out)
