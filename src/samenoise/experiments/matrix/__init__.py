"""``matrix``: every pair of models that differ in process, parameterisation, architecture, training procedure or seed.

All train on the same images, the whole training set; what differs is how. Every pair is compared at the same noises,
with what they differ in, and every model with the empirical optimum and the Gaussian of the training set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from rich.table import Table

from samenoise.lab.common import Common, real_data, several_models
from samenoise.lab.experiment import Drawing, Experiment, Finding, NoSettings, Panel, Tag
from samenoise.lab.measurement import Measurement
from samenoise.lab.run_files import Row
from samenoise.lab.study import Study

__all__ = ["MatrixExperiment", "experiment"]

CHOICES = ("process", "parameterisation", "architecture", "width", "procedure", "updates", "seed")
"""In what two models may differ."""


class MatrixExperiment(Experiment):
    """Every pair of the named models."""

    name: ClassVar[str] = "matrix"
    heading: ClassVar[str] = "Processes, parameterisations, architectures, training procedures"
    question: ClassVar[str] = "Which choices cost agreement: process, parameterisation, architecture, training, seed?"
    tags: ClassVar[Mapping[str, Tag]] = {
        "differs": Tag(
            "differ in",
            {
                "description": "The choices in which models a and b differ; seed where in nothing else.",
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {"enum": list(CHOICES)},
            },
        ),
        "lineage": Tag(
            "shared weights of",
            {"type": "string", "description": "The model whose trained weights a and b are, or started from."},
        ),
        "ci95_pairs": Tag(
            "95 % of all pairs",
            {
                "description": "Of rp: intervals over noises that hold for all pairs of the run at once.",
                "type": "array",
                "minItems": 2,
                "maxItems": 2,
                "items": {"type": "number"},
            },
        ),
    }

    def check(self, common: Common, settings: NoSettings) -> None:
        real_data(common, self.name)
        several_models(common, self.name)

    def measurements(self, study: Study, settings: NoSettings) -> list[Measurement]:
        from samenoise.experiments.matrix.measure import Matrix

        return [Matrix(common=study.common)]

    def panels(self, study: Study, settings: NoSettings) -> list[Panel]:
        from samenoise.lab.panels import named_row, panel

        rows = [named_row(label, study.ask(study.named(label))) for label in study.common.models]
        return [panel(study, f"N = {study.largest}", study.largest, rows)]

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        from samenoise.experiments.matrix.findings import findings

        return findings(scores)

    def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
        from samenoise.experiments.matrix.drawings import drawings

        return drawings(scores)

    def tables(self, scores: tuple[Row, ...], width: int) -> Iterable[Table]:
        from samenoise.experiments.matrix.table import table

        return [table(scores, width)]


experiment = MatrixExperiment()
