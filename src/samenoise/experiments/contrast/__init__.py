"""``contrast``: is it a property of generators that the same noise gives the same picture, or one of diffusion models?

GANs and VAEs map unit noise to images, too, and are trained on the same images. Nothing in their training says which
noise becomes which picture. Diffusion models, GANs and VAEs, of two architectures and two seeds each, draw from the
same noises of one bank; every pair is compared, and once more with the noises of one of the two permuted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table

from samenoise.experiments.contrast.metrics import METRICS
from samenoise.experiments.contrast.settings import ContrastSettings
from samenoise.lab.common import Common, several_models, with_held_out
from samenoise.lab.experiment import Definition, Drawing, Experiment, Finding, Panel, Tag
from samenoise.lab.measurement import Measurement
from samenoise.lab.run_files import Row
from samenoise.lab.study import Study
from samenoise.runs.cell import Spec

if TYPE_CHECKING:
    from samenoise.generators.latents import LatentGenerator

__all__ = ["ContrastExperiment", "experiment"]

PIXELS = 64
"""Of a digit, and of a sample of the mixture fitted to them."""


class ContrastExperiment(Experiment):
    """Diffusion models beside GANs and VAEs."""

    name: ClassVar[str] = "contrast"
    heading: ClassVar[str] = "GANs and VAEs"
    question: ClassVar[str] = "Do two GANs, or two VAEs, draw the same picture from the same noise?"
    Settings: ClassVar[type[Spec]] = ContrastSettings
    metrics: ClassVar[Mapping[str, Definition]] = METRICS
    tags: ClassVar[Mapping[str, Tag]] = {
        "kin": Tag(
            "kin",
            {
                "enum": ["seed", "architecture", "sort"],
                "description": "Whether two models differ in the seed alone, in more than that, or are of two sorts.",
            },
        ),
        "sorts": Tag(
            "sorts",
            {
                "description": "What the models are: diffusion models, GANs, VAEs.",
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {"enum": ["diffusion", "gan", "vae"]},
            },
        ),
    }

    def check(self, common: Common, settings: ContrastSettings) -> None:
        several_models(common, self.name)
        with_held_out(common, self.name)
        if common.replicates > 1:
            raise ValueError(f"{self.name} compares models of the config: give them seeds, and replicates 1")
        for label in set(settings.labels) & set(common.models):
            raise ValueError(f"models.{label} is called like one of the GANs and VAEs of {self.name}: rename it")
        pixels = PIXELS if common.data.source in ("digits", "mixture") else None
        if common.data.size is not None and common.data.channels is not None:
            pixels = common.data.channels * common.data.size**2
        if pixels is not None and settings.latent > pixels:
            raise ValueError(f"contrast.latent is {settings.latent}: a noise has as many numbers as an image, {pixels}")
        for training in (settings.gan, settings.vae):
            training.recipe()  # says what its numbers cannot be

    def measurements(self, study: Study, settings: ContrastSettings) -> list[Measurement]:
        from samenoise.experiments.contrast.measure import Contrast

        return [Contrast(common=study.common, settings=settings)]

    def panels(self, study: Study, settings: ContrastSettings) -> list[Panel]:
        from samenoise.experiments.contrast.models import models
        from samenoise.lab.panels import named_row, panel

        rows = [named_row(label, study.ask(model.wanted)) for label, model in models(study, settings).items()]
        return [panel(study, f"N = {study.largest}", study.largest, rows)]

    def decoders(self, study: Study, settings: ContrastSettings) -> Mapping[str, LatentGenerator]:
        from samenoise.experiments.contrast.models import decoders

        return decoders(study, settings)

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        from samenoise.experiments.contrast.findings import findings

        return findings(scores)

    def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
        from samenoise.experiments.contrast.drawings import drawings

        return drawings(scores)

    def tables(self, scores: tuple[Row, ...], width: int) -> Iterable[Table]:
        from samenoise.experiments.contrast.table import table

        return [table(scores)]


experiment = ContrastExperiment()
