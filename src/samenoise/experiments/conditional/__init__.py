"""``conditional``: what labels change. Do networks that know the classes of their images draw the same picture from the
same noise and label, and the picture of those that know none? And do they copy longer?

Every model of the preset is trained twice, with labels and without. Pictures of one label are alike anyway, so that
agreement stands beside that of other noises of the same label. At every training size one network is told labels, none,
random ones, or one for each image.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from rich.table import Table

from samenoise.experiments.conditional.metrics import METRICS
from samenoise.experiments.conditional.settings import ConditionalSettings
from samenoise.lab.common import Common, real_data, with_held_out
from samenoise.lab.experiment import Definition, Drawing, Experiment, Finding, Panel, Tag
from samenoise.lab.measurement import Measurement
from samenoise.lab.run_files import Row
from samenoise.lab.study import Study
from samenoise.runs.cell import Spec

__all__ = ["Conditional", "experiment"]


class Conditional(Experiment):
    """Networks of classes."""

    name: ClassVar[str] = "conditional"
    heading: ClassVar[str] = "Labels"
    question: ClassVar[str] = "Do models agree on the pictures of a class, and do labels make them copy longer?"
    Settings: ClassVar[type[Spec]] = ConditionalSettings
    metrics: ClassVar[Mapping[str, Definition]] = METRICS
    tags: ClassVar[Mapping[str, Tag]] = {
        "labels": Tag(
            "labels",
            {
                "enum": ["none", "class", "random", "each"],
                "description": "What networks are told: nothing, the class, a random label, or one for each image.",
            },
        ),
        "scale": Tag("scale", {"type": "number", "minimum": 0, "description": "Of guidance; 1 is the label alone."}),
        "label": Tag("label", {"type": "integer", "minimum": 0, "description": "The class that all noises are of."}),
    }

    def check(self, common: Common, settings: ConditionalSettings) -> None:
        from samenoise.experiments.conditional.copying import sweep_name

        real_data(common, self.name)
        with_held_out(common, self.name)
        if len(common.models) < 2:
            raise ValueError(f"{self.name} needs models, at least two: what is measured is their agreement")
        taken, usual = {model.width for model in common.models.values()}, Common.model_fields["widths"].default
        unused = [width for width in common.widths[:-1] if width not in taken]
        if common.widths != usual and unused:
            raise ValueError(
                f"widths {unused} have no effect: the network of all sizes has the last of widths, and models "
                f"are of width {', '.join(map(str, sorted(taken)))}"
            )
        if common.replicates > 1:
            raise ValueError(f"{self.name} compares models of the config: give them seeds, and replicates 1")
        students = [label for label, model in common.models.items() if model.training.procedure != "standard"]
        if students:
            raise ValueError(
                f"models.{students[0]}: {self.name} trains every model with labels, and students have none"
            )
        if common.training.procedure != "standard":
            raise ValueError(f"training.procedure: {self.name} trains with labels, and students have none")
        if sweep_name(common.widths[-1]) in common.models:
            raise ValueError(f"models.{sweep_name(common.widths[-1])} is the name of another network; rename it")
        if common.data.classes is not None and len(set(common.data.classes)) != settings.classes:
            raise ValueError(
                f"conditional.classes is {settings.classes}, and data.classes has {len(set(common.data.classes))}: "
                "they must be as many"
            )
        if common.data.classes is None and common.data.source == "digits" and settings.classes != 10:
            raise ValueError(f"conditional.classes is {settings.classes}: the digits have 10")
        if common.sampling.noises < 2 * settings.classes:
            raise ValueError(
                f"sampling.noises ({common.sampling.noises}) must be two or more for each of the {settings.classes} "
                "conditional.classes: every label is that of two noises at least"
            )
        if "each" in settings.interventions and min(common.sizes) > settings.each_up_to:
            raise ValueError(
                f"conditional.each_up_to ({settings.each_up_to}) is below all sizes: raise it, or leave each out of "
                "conditional.interventions"
            )

    def measurements(self, study: Study, settings: ConditionalSettings) -> list[Measurement]:
        from samenoise.experiments.conditional.copying import Copying, Transition
        from samenoise.experiments.conditional.measure import Guidance, Told

        common = study.common
        found: list[Measurement] = [Told(common=common, settings=settings)]
        found += [Guidance(common=common, settings=settings, scale=s) for s in settings.scales if s != 1]
        found += [Copying(common=common, settings=settings, n=n) for n in common.sizes]
        return [*found, Transition(common=common, settings=settings)] if len(common.sizes) > 1 else found

    def panels(self, study: Study, settings: ConditionalSettings) -> list[Panel]:
        from samenoise.experiments.conditional.pictures import panels

        return panels(study, settings)

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        from samenoise.experiments.conditional.findings import findings

        return findings(scores)

    def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
        from samenoise.experiments.conditional.drawings import drawings

        return drawings(scores)

    def tables(self, scores: tuple[Row, ...], width: int) -> Iterable[Table]:
        from samenoise.experiments.conditional.table import tables

        return tables(scores)


experiment = Conditional()
