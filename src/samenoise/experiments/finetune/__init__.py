"""``finetune``: networks trained on one data set and adapted to a few images of another. What is copied, what is kept?

A network is pretrained several times, each time from other weights. Each is adapted to the same N new images in several
ways: all its weights, some of them, or low-rank additions (LoRA). Beside them stand networks that are trained on the
new images from scratch. All draw from the same noises: do two adapted networks agree, with those from scratch, with
what they were before?
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from samenoise.experiments.finetune.metrics import METRICS
from samenoise.experiments.finetune.settings import AGAIN, OTHERS, FinetuneSettings
from samenoise.lab.common import Common, no_models, with_held_out
from samenoise.lab.experiment import Definition, Drawing, Experiment, Finding, Panel, PanelRow, Tag
from samenoise.lab.measurement import Measurement
from samenoise.lab.run_files import Row
from samenoise.lab.study import Study
from samenoise.runs.cell import Spec

__all__ = ["Finetune", "experiment"]


class Finetune(Experiment):
    """Adaptations to other images."""

    name: ClassVar[str] = "finetune"
    heading: ClassVar[str] = "Fine-tuning"
    question: ClassVar[str] = (
        "Does a network that is adapted to a few images copy them, and what is left of the old ones?"
    )
    Settings: ClassVar[type[Spec]] = FinetuneSettings
    metrics: ClassVar[Mapping[str, Definition]] = METRICS
    tags: ClassVar[Mapping[str, Tag]] = {
        "kin": Tag(
            "kin",
            {
                "enum": [OTHERS, AGAIN],
                "description": "Whether two networks that were made in one way started from other weights, or from the "
                "same ones.",
            },
        ),
        "lineage": Tag(
            "shared weights of",
            {"type": "string", "description": "The model whose trained weights a and b are, or started from."},
        ),
        "trained": Tag(
            "trained",
            {"type": "integer", "minimum": 1, "description": "Numbers of a network that its adaptation trains."},
        ),
    }
    columns: ClassVar[Mapping[str, str]] = {
        "memorized": "copied",
        "old_share": "old",
        "rp_scratch": "scratch",
        "mmd": "mmd",
    }

    def check(self, common: Common, settings: FinetuneSettings) -> None:
        from samenoise.experiments.finetune.possible import refuse

        no_models(common, self.name)
        with_held_out(common, self.name)
        refuse(common, settings)

    def measurements(self, study: Study, settings: FinetuneSettings) -> list[Measurement]:
        from samenoise.experiments.finetune.measure import Adaptations

        return [Adaptations(common=study.common, n=n, settings=settings) for n in study.common.sizes]

    def panels(self, study: Study, settings: FinetuneSettings) -> list[Panel]:
        from samenoise.experiments.finetune.measure import Adaptations
        from samenoise.lab.panels import named_row, panel

        found = []
        for n in study.common.sizes:
            at = Adaptations(common=study.common, n=n, settings=settings)
            rows = [named_row(way, study.ask(at.adapted(way).each[0])) for way in settings.ways]
            rows.append(named_row("from scratch", study.ask(at.scratch.each[0])))
            # No network of these N images, and so none of those that the page holds beside each other.
            rows.append(PanelRow("before", "before", "pretrained", study.ask(at.pretrained.each[0])))
            found.append(panel(study, f"N = {n}", n, rows))
        return found

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        from samenoise.experiments.finetune.findings import findings

        return findings(scores)

    def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
        from samenoise.experiments.finetune.drawings import drawings

        return drawings(scores)


experiment = Finetune()
