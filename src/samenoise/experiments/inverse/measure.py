"""What ``inverse`` scores: every pair of models and every model, without a measurement and with each."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, ClassVar, Literal

from samenoise.data import held_out
from samenoise.experiments.inverse.families import family, family_gap, kin
from samenoise.experiments.inverse.scoring import (
    Array,
    agreement,
    average,
    misfit,
    other_measurement,
    other_noise,
    psnr,
)
from samenoise.generators.base import DenoiserGenerator
from samenoise.generators.measured import Measured, TaskSpec
from samenoise.generators.posterior import MethodSpec, posterior
from samenoise.generators.reference import Reference
from samenoise.generators.trained import Unplanned
from samenoise.lab.book import baseline
from samenoise.lab.drawn import Drawn, Twice
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask
from samenoise.runs.cell import Progress
from samenoise.training.order import child_seed

__all__ = ["NOTHING", "Restored", "Unconditional"]

NOTHING = "none"
"""The task of rows without a measurement."""


class Unconditional(Measurement):
    """Scores of what the models draw where nothing is measured."""

    experiment: ClassVar[str] = "inverse"

    @property
    def title(self) -> str:
        return "nothing measured"

    def asks(self) -> list[Ask]:
        study = self.study
        networks = [study.named(label) for label in self.common.models]
        return [*study.twice(*networks), study.ask(study.gaussian(study.largest))]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        study, ledger = self.study, self.ledger(self.study.largest)
        ledger.tags = {"task": NOTHING}
        gaussian = scene.gaussian(study.largest)
        models = {label: scene.twice(label, study.named(label)) for label in self.common.models}
        noises = self.common.sampling.noises
        _pairs(self, ledger, models, gaussian)
        _family_gap(self, ledger, {label: drawn for label, (drawn, _) in models.items()}, noises)
        for label, (drawn, _) in models.items():
            width = self.common.models[label].width
            ledger.likeness(drawn, scene.pool, scene.held_out, width=width, gaussian=gaussian)
        return ledger


class Restored(Measurement):
    """Scores of one task."""

    experiment: ClassVar[str] = "inverse"
    task: str
    spec: TaskSpec
    method: MethodSpec
    images: int

    @property
    def title(self) -> str:
        return f"{self.task} by {self.method.name}"

    @property
    def measured(self) -> Measured:
        """The measurements: of held-out images, with noise that nothing else is made of."""
        study, common = self.study, self.common
        ids = held_out(common.count, study.largest, common.data.held_out, study.data.seed)
        return Measured(
            data=study.data,
            images=tuple(ids[: self.images].tolist()),
            task=self.spec,
            seed=child_seed(common.seed, "inverse", "noise", self.task),
        )

    def ask(self, prior: DenoiserGenerator | Unplanned, again: bool = False) -> Ask:
        """Posterior samples."""
        return self.study.ask(posterior(prior, self.measured, self.method), again)

    def reference(self, what: Literal["truth", "measurement"]) -> Reference:
        """What is shown beside them."""
        return Reference(measured=self.measured, what=what)

    def asks(self) -> list[Ask]:
        study = self.study
        priors = [study.named(label) for label in self.common.models]
        plain = [study.ask(prior) for prior in priors]
        given = [self.ask(prior, again) for prior in priors for again in (False, True)]
        return [*plain, *given, self.ask(study.gaussian(study.largest))]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        study, ledger = self.study, self.ledger(self.study.largest)
        zeta = {"zeta": self.method.zeta} if self.method.name == "dps" else {}
        ledger.tags = {"task": self.task, "method": self.method.name, **zeta}
        gaussian = scene.of("gaussian", self.ask(study.gaussian(study.largest)))
        models: dict[str, Twice] = {}
        for label in self.common.models:
            prior = study.named(label)
            models[label] = scene.of(label, self.ask(prior)), scene.of(label, self.ask(prior, again=True), more=False)
        drawn = {label: first for label, (first, _) in models.items()}
        _pairs(self, ledger, models, gaussian)
        for a, b in combinations(drawn.values(), 2):
            self._beside_other_noises(ledger, a, b, gaussian)
        progress(0.5)
        _family_gap(self, ledger, drawn, self.images)
        self._restored(scene, ledger, drawn, gaussian)
        return ledger

    def _beside_other_noises(self, ledger: Ledger, a: Drawn, b: Drawn, gaussian: Drawn) -> None:
        """What the measurement alone makes agree, and what the noise adds."""
        m, threshold = self.images, self.common.threshold
        related: dict[str, Any] = {
            "kin": kin(self.common.models[a.name], self.common.models[b.name]),
            "threshold": threshold,
        }
        others = other_noise(a, b, threshold, m)
        normal = [other_noise(x, gaussian, threshold, m) for x in (a, b)]
        beside = baseline(other_measurement(a, b, threshold, m), None, max(float(each.mean()) for each in normal))
        ledger.row("rp_other_noise", a.name, b.name, average(others), baseline=beside, **related)
        beyond = [agreement(x, gaussian, threshold, m) - each for x, each in zip((a, b), normal, strict=True)]
        ledger.row(
            "rp_beyond_measurement",
            a.name,
            b.name,
            average(agreement(a, b, threshold, m) - others),
            baseline=baseline(0.0, None, max(float(each.mean()) for each in beyond)),
            **related,
        )

    def _restored(self, scene: Scene, ledger: Ledger, drawn: Mapping[str, Drawn], gaussian: Drawn) -> None:
        """How near reconstructions are to the image, and to what was measured of it."""
        operator, truth, y = self.measured.load(scene.store)
        alone = float(psnr(operator.pinv(y, self.spec.noise**2), truth).mean())
        exact, normal = float(misfit(truth, y, operator).mean()), gaussian.images
        for label, a in drawn.items():
            model = self.common.models[label]
            about: dict[str, Any] = {"width": model.width, "family": family(model)}
            unguided = scene.drawn(label, self.study.named(label)).images
            ledger.row(
                "psnr",
                label,
                "truth",
                average(psnr(a.images, truth)),
                baseline=baseline(alone, None, float(psnr(normal, truth).mean())),
                **about,
            )
            ledger.row(
                "misfit",
                label,
                "measurement",
                average(misfit(a.images, y, operator)),
                baseline=baseline(
                    float(misfit(unguided, y, operator).mean()), exact, float(misfit(normal, y, operator).mean())
                ),
                **about,
            )


def _pairs(measurement: Measurement, ledger: Ledger, models: Mapping[str, Twice], gaussian: Drawn) -> None:
    """RP of every pair, with how the two are related."""
    specs = measurement.common.models
    for (left, one), (right, other) in combinations(models.items(), 2):
        beside: dict[str, Any] = {
            "ceilings": [one, other],
            "gaussians": [(one[0], gaussian), (other[0], gaussian)],
            "kin": kin(specs[left], specs[right]),
        }
        ledger.pair("rp", one[0], other[0], **beside)


def _family_gap(measurement: Measurement, ledger: Ledger, drawn: Mapping[str, Drawn], m: int) -> None:
    """RP within families of architectures less that across."""
    threshold = measurement.common.threshold
    agreements: dict[tuple[str, str], Array] = {
        (a.name, b.name): agreement(a, b, threshold, m) for a, b in combinations(drawn.values(), 2)
    }
    gap = family_gap(measurement.common.models, agreements)
    if gap is None:
        return
    known = {} if gap.as_large is None else {"groupings": gap.groupings, "as_large": gap.as_large}
    ledger.row(
        "rp_family_gap",
        "within",
        "across",
        average(gap.values),
        threshold=threshold,
        baseline=baseline(0.0),
        within=gap.within,
        **known,
    )
