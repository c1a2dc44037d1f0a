"""``dynamics``: all scores along training. Generalization comes early, memorization later, the later the more data.

Networks of every width and training size are looked at after log-spaced numbers of updates, at a constant learning
rate, so that a look does not depend on where training ends. The truth is a mixture, whose flow is known. Between the
time at which a network generalizes and the time at which it memorizes lies the window in which stopping gives a network
that has learnt the truth and does not copy yet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar

from pydantic import Field
from rich.table import Table

from samenoise.experiments.dynamics.metrics import METRICS
from samenoise.lab.common import Common, known_truth, no_models, with_held_out
from samenoise.lab.experiment import Definition, Drawing, Experiment, Finding, Panel, Tag
from samenoise.lab.measurement import Measurement
from samenoise.lab.run_files import Row
from samenoise.lab.study import Study
from samenoise.runs.cell import Spec

__all__ = ["DynamicsExperiment", "DynamicsSettings", "experiment", "looks"]

FIRST_LOOK = 64
MOST_PANELS = 8
"""Of the same-noise grid, where looks are many: so many of them, evenly chosen."""


class DynamicsSettings(Spec):
    """The keys under ``dynamics`` in a preset."""

    checkpoints: Annotated[int, Field(ge=1, le=16)] = 2
    """Looks at the networks for every doubling of the number of updates."""


def looks(updates: int, per_doubling: int) -> tuple[int, ...]:
    """Updates after which networks are looked at: log-spaced from 64 on, and the last."""
    doublings = max(0.0, math.log2(updates / FIRST_LOOK))
    spaced = [round(FIRST_LOOK * 2 ** (k / per_doubling)) for k in range(math.ceil(doublings * per_doubling))]
    return tuple(sorted({n for n in spaced if n < updates} | {updates}))


class DynamicsExperiment(Experiment):
    """Scores along training."""

    name: ClassVar[str] = "dynamics"
    heading: ClassVar[str] = "Along the training"
    question: ClassVar[str] = "When in its training does a model generalize, and when does it copy?"
    Settings: ClassVar[type[Spec]] = DynamicsSettings
    renamed: ClassVar[Mapping[str, str]] = {"checkpoints": "checkpoints"}
    metrics: ClassVar[Mapping[str, Definition]] = METRICS
    tags: ClassVar[Mapping[str, Tag]] = {
        "update": Tag("update", {"type": "integer", "minimum": 1, "description": "Updates done when it was looked at."})
    }

    def check(self, common: Common, settings: DynamicsSettings) -> None:
        known_truth(common, self.name)
        no_models(common, self.name)
        with_held_out(common, self.name)
        if common.training.schedule != "constant":
            raise ValueError("dynamics needs training.schedule=constant: a look must not depend on where training ends")

    def measurements(self, study: Study, settings: DynamicsSettings) -> list[Measurement]:
        from samenoise.experiments.dynamics.measure import Dynamics

        at = looks(study.common.training.updates, settings.checkpoints)
        return [Dynamics(common=study.common, n=n, looks=at) for n in study.common.sizes]

    def panels(self, study: Study, settings: DynamicsSettings) -> list[Panel]:
        from samenoise.lab.panels import model_row, panel

        at = looks(study.common.training.updates, settings.checkpoints)
        count = min(MOST_PANELS, len(at))
        chosen = [at[round(k * (len(at) - 1) / max(1, count - 1))] for k in range(count)]
        return [
            panel(
                study,
                f"N = {n}, after {update} updates",
                n,
                [model_row(study, width, n, update) for width in study.common.widths],
            )
            for n in study.common.sizes
            for update in chosen
        ]

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        from samenoise.experiments.dynamics.findings import findings

        return findings(scores)

    def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
        from samenoise.experiments.dynamics.drawings import drawings

        return drawings(scores)

    def tables(self, scores: tuple[Row, ...], width: int) -> Iterable[Table]:
        from samenoise.experiments.dynamics.table import table

        return [table(scores)]


experiment = DynamicsExperiment()
