"""``updates``: training sizes held fixed, networks trained for more and more updates. Does copying level off?

At one number of updates a wider network copies up to a larger N. That may be capacity, and it may be that it learns in
fewer updates. So every number of updates has a training of its own, from the first update of its schedule to the last;
all start from the same weights and see the same images and noise in the same order. Where the share of copies no longer
changes with the updates, what is left between widths is capacity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Self

from pydantic import model_validator
from rich.table import Table

from samenoise.cells.specs import Count
from samenoise.lab.common import Common, no_models, with_held_out
from samenoise.lab.experiment import Drawing, Experiment, Finding, Panel, Tag
from samenoise.lab.measurement import Measurement
from samenoise.lab.run_files import Row
from samenoise.lab.study import Study
from samenoise.runs.cell import Spec

__all__ = ["Updates", "UpdatesSettings", "experiment"]


class UpdatesSettings(Spec):
    """The keys under ``updates`` in a preset."""

    updates: tuple[Count, ...] = (500, 1000, 2000, 4000, 8000)
    """Numbers of updates, each with trainings of its own, in the place of ``training.updates``."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not self.updates or list(self.updates) != sorted(set(self.updates)):
            raise ValueError(f"updates must be distinct and in ascending order, got {list(self.updates)}")
        if self.updates[-1] < 2 * self.updates[0]:
            raise ValueError(
                f"whether copying levels off is judged over a doubling of the updates, got {list(self.updates)}"
            )
        return self


class Updates(Experiment):
    """Numbers of updates x widths, at fixed sizes."""

    name: ClassVar[str] = "updates"
    heading: ClassVar[str] = "Longer trainings"
    question: ClassVar[str] = "Does a model go on copying more of its training set the longer it is trained?"
    Settings: ClassVar[type[Spec]] = UpdatesSettings
    aside: ClassVar[frozenset[str]] = Experiment.aside | {"training.updates"}
    tags: ClassVar[Mapping[str, Tag]] = {
        "updates": Tag("updates", {"type": "integer", "minimum": 1, "description": "Of the whole training."})
    }

    def check(self, common: Common, settings: UpdatesSettings) -> None:
        no_models(common, self.name)
        with_held_out(common, self.name)

    def measurements(self, study: Study, settings: UpdatesSettings) -> list[Measurement]:
        from samenoise.experiments.updates.measure import Lengths

        return [Lengths(common=study.common, n=n, updates=settings.updates) for n in study.common.sizes]

    def panels(self, study: Study, settings: UpdatesSettings) -> list[Panel]:
        from samenoise.experiments.updates.measure import trained_for
        from samenoise.lab.panels import model_row, panel

        return [
            panel(
                study, f"N = {n}, {updates} updates", n, [model_row(longer, width, n) for width in longer.common.widths]
            )
            for n in study.common.sizes
            for updates, longer in ((updates, trained_for(study, updates)) for updates in settings.updates)
        ]

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        from samenoise.experiments.updates.findings import findings

        return findings(scores)

    def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
        from samenoise.experiments.updates.figures import drawings

        return drawings(scores)

    def tables(self, scores: tuple[Row, ...], width: int) -> Iterable[Table]:
        from samenoise.experiments.updates.table import table

        return [table(scores)]


experiment = Updates()
