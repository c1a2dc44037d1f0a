"""Scores: a measurement, carried out, as a cell."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, Field

from samenoise.cells.data import Subset
from samenoise.generators.trained import Unplanned
from samenoise.lab.measurement import Measurement
from samenoise.lab.plan import Plan
from samenoise.lab.scene import Scene
from samenoise.lab.search_part import SearchPart, found, search_parts
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
    shards: int = Field(default=1, exclude=True)
    """Parts that its searches are made in before."""

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

    def cut(self, shards: int) -> ScoreCell:
        return self.model_copy(update={"shards": shards})

    def parts(self) -> list[SearchPart]:
        return [part for parts in self._searches.values() for part in parts]

    @cached_property
    def _searches(self) -> dict[tuple[str, Subset], list[SearchPart]]:
        """By the features that are searched for, and the training set; those of one part are as quick without."""
        found = {}
        for ask, subset in self.measurement.searches() if self.shards > 1 else ():
            for one in ask.each:
                features = self.plan.features(one)
                parts = search_parts(features, self.plan.real(), subset, self.shards)
                if len(parts) > 1:
                    found[features.hash, subset] = parts
        return found

    @property
    def title(self) -> str:
        return self.measurement.title

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        before = [store.path(cell) for cell in self._before()]
        near = {key: found(parts, store) for key, parts in self._searches.items()}
        scene = Scene(self.measurement.study, self.plan, store, before, near)
        self.measurement.measure(scene, progress).write(out)
