"""``inverse``: do models restore the same image from the same measurement and the same noise?

Held-out images are measured: parts of them hidden, averaged, blurred, summed up at random. Every model draws, from the
same noises, images that fit the measurements. Reconstructions of one measurement are alike anyway, so that agreement is
counted beside that of other noises; and within families of architectures beside across.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from rich.table import Table

from samenoise.experiments.inverse.metrics import METRICS
from samenoise.experiments.inverse.settings import InverseSettings
from samenoise.lab.common import Common, several_models, with_held_out
from samenoise.lab.experiment import Definition, Drawing, Experiment, Finding, Panel, Tag
from samenoise.lab.measurement import Measurement
from samenoise.lab.run_files import Row
from samenoise.lab.study import Study
from samenoise.runs.cell import Spec

__all__ = ["Inverse", "experiment"]

SMALL = (1, 8, 8)
"""Of digits, and of the mixture fitted to them."""


class Inverse(Experiment):
    """Posterior samples of the named models."""

    name: ClassVar[str] = "inverse"
    heading: ClassVar[str] = "Inverse problems"
    question: ClassVar[str] = "Do models restore the same image from the same measurement and the same noise?"
    Settings: ClassVar[type[Spec]] = InverseSettings
    metrics: ClassVar[Mapping[str, Definition]] = METRICS
    tags: ClassVar[Mapping[str, Tag]] = {
        "task": Tag("task", {"type": "string", "description": "What is measured, such as box; none where nothing is."}),
        "method": Tag("method", {"enum": ["dps", "ddnm"], "description": "How the measurement is brought in."}),
        "zeta": Tag(
            "zeta", {"type": "number", "minimum": 0, "description": "Size of the correction after each step, of dps."}
        ),
        "kin": Tag(
            "kin",
            {
                "enum": ["seed", "family", "across"],
                "description": "Whether two models differ in the seed alone, or are of one family of architectures, or "
                "of two.",
            },
        ),
        "family": Tag("family", {"type": "string", "description": "The family of architectures that a is of."}),
        "within": Tag("within", {"type": "number", "description": "RP of architectures of one family, their mean."}),
        "groupings": Tag(
            "groupings",
            {"type": "integer", "minimum": 1, "description": "Ways to put the architectures into families so large."},
        ),
        "as_large": Tag(
            "as large",
            {"type": "integer", "minimum": 1, "description": "Of these, those with a gap as large, the true one too."},
        ),
    }

    def check(self, common: Common, settings: InverseSettings) -> None:
        several_models(common, self.name)
        with_held_out(common, self.name)
        if common.replicates > 1:
            raise ValueError(f"{self.name} compares models of the config: give them seeds, and replicates 1")
        if settings.images > common.data.held_out:
            raise ValueError(
                f"inverse.images is {settings.images}: more than the held-out images, {common.data.held_out}"
            )
        if common.sampling.noises % settings.images or common.sampling.noises < 2 * settings.images:
            raise ValueError(
                f"sampling.noises ({common.sampling.noises}) must be two or more times inverse.images "
                f"({settings.images}): every measurement has as many noises"
            )
        shape = SMALL if common.data.source in ("digits", "mixture") else None
        if common.data.size is not None and common.data.channels is not None:
            shape = common.data.channels, common.data.size, common.data.size
        if shape is not None:
            for task in settings.specs.values():
                task.build(shape)

    def measurements(self, study: Study, settings: InverseSettings) -> list[Measurement]:
        from samenoise.experiments.inverse.measure import Restored, Unconditional

        restored = [
            Restored(common=study.common, task=name, spec=spec, method=settings.how, images=settings.images)
            for name, spec in settings.specs.items()
        ]
        return [Unconditional(common=study.common), *restored]

    def panels(self, study: Study, settings: InverseSettings) -> list[Panel]:
        from samenoise.experiments.inverse.measure import Restored
        from samenoise.lab.experiment import PanelRow
        from samenoise.lab.panels import named_row

        found = []
        for name, spec in settings.specs.items():
            task = Restored(common=study.common, task=name, spec=spec, method=settings.how, images=settings.images)
            rows = [named_row(label, task.ask(study.named(label))) for label in study.common.models]
            rows += [
                PanelRow("measurement", "what was measured", "measurement", study.ask(task.reference("measurement"))),
                PanelRow("truth", "the image", "truth", study.ask(task.reference("truth"))),
                PanelRow("gaussian", "Gaussian, given the same", "gaussian", task.ask(study.gaussian(study.largest))),
            ]
            found.append(Panel(name, study.largest, tuple(rows)))
        return found

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        from samenoise.experiments.inverse.findings import findings

        return findings(scores)

    def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
        from samenoise.experiments.inverse.drawings import drawings

        return drawings(scores)

    def tables(self, scores: tuple[Row, ...], width: int) -> Iterable[Table]:
        from samenoise.experiments.inverse.table import table

        return [table(scores)]


experiment = Inverse()
