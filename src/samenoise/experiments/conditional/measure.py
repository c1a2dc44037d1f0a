"""Models beside one another, with labels and without: ``Told``; and with labels, guided otherwise: ``Guidance``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any, ClassVar

import torch
from torch import Tensor

from samenoise.experiments.conditional.scoring import Alike, BestOfClasses, obeyed
from samenoise.experiments.conditional.settings import ConditionalSettings
from samenoise.experiments.conditional.subjects import CLASS, Subjects
from samenoise.generators.labelled import How, turns
from samenoise.lab.book import baseline
from samenoise.lab.drawn import Drawn, Twice
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.pair_scores import CALIBRATED_RATE
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask
from samenoise.lab.told import Pairs, highest, share
from samenoise.metrics import calibrated_threshold, cosine
from samenoise.runs.cell import Progress

__all__ = ["Guidance", "Models", "Told"]


class Models(Measurement):
    """The config's models on the largest training set."""

    experiment: ClassVar[str] = "conditional"
    settings: ConditionalSettings

    @property
    def subjects(self) -> Subjects:
        """What is drawn with labels."""
        return Subjects(self.study, self.settings)

    def asked(self, how: How) -> dict[str, Ask]:
        """Every model, told labels."""
        study = self.study
        plain = {label: study.named(label) for label in self.common.models}
        return {label: study.ask(self.subjects.network(each, how)) for label, each in plain.items()}

    def told(self, scene: Scene) -> tuple[Tensor, Tensor]:
        """Labels of the noises that take turns, and of the training set."""
        of_train = self.subjects.labels().of(scene.data, scene.train_ids(self.study.largest))
        return turns(of_train, torch.arange(self.common.sampling.noises)), of_train

    def pairs(
        self, ledger: Ledger, models: Mapping[str, Twice], gaussian: Drawn, labels: Tensor, metric: str = "rp"
    ) -> None:
        """Rows of all pairs."""
        for one, other in combinations(models.values(), 2):
            rows(ledger, metric, Alike(one[0], other[0], labels), [one, other], gaussian)

    def obeying(self, scene: Scene, ledger: Ledger, a: Drawn, floor: float) -> None:
        """How often the picture is of its label."""
        labels, of_train = self.told(scene)
        train, real, data = scene.train(self.study.largest), scene.held_out, self.subjects.labels()
        ceiling = obeyed(real, data.of(scene.data, real.features.ids), train, of_train)
        beside = baseline(floor, float(ceiling.double().mean()))
        ledger.row("label_obeyed", a.name, "train", share(obeyed(a, labels, train, of_train)).score, baseline=beside)


class Told(Models):
    """Every pair of models, without labels and with; and every one without with every one with."""

    @property
    def title(self) -> str:
        return "models with labels and without"

    def of_class(self, label: int) -> How:
        """All noises of one class."""
        return How(label=label)

    def asks(self) -> list[Ask]:
        study, subjects = self.study, self.subjects
        plain = [study.named(label) for label in self.common.models]
        found = [*study.twice(*plain, *(subjects.network(each) for each in plain), subjects.optimum(study.largest))]
        found += [study.ask(study.gaussian(study.largest)), study.ask(subjects.gaussian())]
        found += study.twice(study.optimum(study.largest))
        for how in (How(scale=0.0), *map(self.of_class, range(self.settings.classes))):
            found += self.asked(how).values()
            if how.label is not None:
                found.append(study.ask(subjects.gaussian(how)))
        return found

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        study, subjects, ledger = self.study, self.subjects, self.ledger(self.study.largest)
        turned, _ = self.told(scene)
        alone = torch.zeros_like(turned)
        normal, by_class = scene.gaussian(study.largest), scene.drawn("gaussian", subjects.gaussian())
        plain, told = (
            {label: scene.twice(label, wanted(study.named(label))) for label in self.common.models}
            for wanted in (lambda each: each, subjects.network)
        )
        optima = study.optimum(study.largest), subjects.optimum(study.largest)
        for kind, models, optimum, gaussian, labels in (
            ("none", plain, optima[0], normal, alone),
            (CLASS, told, optima[1], by_class, turned),
        ):
            ledger.tags = {"labels": kind, "scale": 1.0} if kind == CLASS else {"labels": kind}
            ledger.details = kind == CLASS  # curves and single images are named by their models alone
            self.pairs(ledger, models, gaussian, labels)
            beside = scene.twice("optimum", optimum)
            for label, model in models.items():
                width = self.common.models[label].width
                rows(ledger, "rp_optimum", Alike(model[0], beside[0], labels), [model, beside], gaussian, width=width)
                ledger.likeness(model[0], scene.pool, scene.held_out, width=width, gaussian=normal)
                ledger.copying(model[0], scene.train(study.largest), scene.held_out, normal, width=width)
        progress(0.5)
        for a, _ in told.values():
            self.obeying(scene, ledger, a, 1 / self.settings.classes)
        self._by_class(scene, ledger, {label: a for label, (a, _) in plain.items()}, normal)
        for label in told:
            self._without(scene, ledger, plain[label], scene.of(label, self.asked(How(scale=0.0))[label]), normal)
        return ledger

    def _without(self, scene: Scene, ledger: Ledger, plain: Twice, a: Drawn, normal: Drawn) -> None:
        """What a network draws that knows labels and is told none, beside the network that knows none."""
        alone, ledger.tags = torch.zeros(len(a.images), dtype=torch.int64), {"labels": CLASS, "scale": 0.0}
        rows(ledger, "rp_unlabelled", Alike(plain[0], a, alone), [plain], normal)

    def _by_class(self, scene: Scene, ledger: Ledger, plain: Mapping[str, Drawn], normal: Drawn) -> None:
        """Each class by itself, and conditional RP, for which every noise is drawn of every class."""
        threshold, classes = self.common.threshold, range(self.settings.classes)
        asked = [self.asked(self.of_class(c)) for c in classes]
        drawn = {label: [scene.of(label, asked[c][label]) for c in classes] for label in plain}
        normals = [scene.drawn("gaussian", self.subjects.gaussian(self.of_class(c))) for c in classes]
        for c in classes:
            for one, other in combinations(drawn.values(), 2):
                a, b = one[c], other[c]
                found = Alike(a, b, torch.zeros(len(a.images), dtype=torch.int64))
                beside = baseline(found.floor(threshold).value) | highest(
                    [share(cosine(x.features, normals[c].features) > threshold) for x in (a, b)]
                )
                score = share(found.same > threshold).score
                ledger.row("rp_class", a.name, b.name, score, threshold=threshold, baseline=beside, label=c)
        for u in plain.values():
            for v in drawn.values():
                self._best(ledger, u, v, (normal, normals))

    def _best(self, ledger: Ledger, u: Drawn, v: list[Drawn], gaussians: tuple[Drawn, list[Drawn]]) -> None:
        """Conditional RP at the threshold, at the calibrated one, without a threshold, and without leftover noise."""
        features, (normal, normals) = [each.features for each in v], gaussians
        found = BestOfClasses(u.features, features)
        others = [BestOfClasses(u.features, [g.features for g in normals]), BestOfClasses(normal.features, features)]
        paper, calibrated = self.common.threshold, calibrated_threshold(found.others, CALIBRATED_RATE)
        told = [("", found, paper, others), ("_calibrated", found, calibrated, others)]
        clean = [each.clean for each in (u, *v) if each.clean is not None]
        if len(clean) == 1 + len(v):
            told.append(("_clean", BestOfClasses(clean[0], clean[1:]), paper, []))
        for suffix, best, threshold, beside in told:
            floor = best.floor(threshold)
            about = baseline(floor.value) | {"floor_ci95": list(floor.ci95)}
            about |= highest([share(each.own > threshold) for each in beside])
            metric = f"conditional_rp{suffix}"
            ledger.row(metric, u.name, v[0].name, best.score(threshold), threshold=threshold, baseline=about)
        beyond = share(found.own > torch.stack([each.own for each in others]).amax(0)).score
        ledger.row("conditional_rp_beyond", u.name, v[0].name, beyond, baseline=baseline(1 / 3))
        ledger.row("conditional_rp_auc", u.name, v[0].name, found.auc, baseline=baseline(0.5))


class Guidance(Models):
    """Every pair of models with labels, at one scale of guidance."""

    scale: float

    @property
    def title(self) -> str:
        return f"guidance {self.scale:g}"

    @property
    def how(self) -> How:
        return How(scale=self.scale)

    def asks(self) -> list[Ask]:
        study, subjects = self.study, self.subjects
        networks = [subjects.network(study.named(label), self.how) for label in self.common.models]
        closed = [subjects.optimum(study.largest, self.how), subjects.gaussian(self.how)]
        return [*study.twice(*networks), *map(study.ask, closed), study.ask(study.gaussian(study.largest))]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        study, subjects, ledger = self.study, self.subjects, self.ledger(self.study.largest, details=False)
        ledger.tags = {"labels": CLASS, "scale": self.scale}
        gaussian, normal = scene.drawn("gaussian", subjects.gaussian(self.how)), scene.gaussian(study.largest)
        labels, _ = self.told(scene)
        labels = labels if self.scale else torch.zeros_like(labels)  # without the label all noises are alike
        models = {
            label: scene.twice(label, subjects.network(study.named(label), self.how)) for label in self.common.models
        }
        self.pairs(ledger, models, gaussian, labels)
        optimum = scene.drawn("optimum", subjects.optimum(study.largest, self.how))
        for label, model in models.items():
            width = self.common.models[label].width
            rows(ledger, "rp_optimum", Alike(model[0], optimum, labels), [model], gaussian, width=width)
            pictures = replace(model[0], unseen=None)  # of the training, which is the same at every scale
            ledger.likeness(pictures, scene.pool, scene.held_out, width=width, gaussian=normal)
            self.obeying(scene, ledger, model[0], 1 / self.settings.classes)
        return ledger


def rows(ledger: Ledger, metric: str, found: Alike, ceilings: Pairs, gaussian: Drawn, **about: Any) -> None:
    """A kind of RP of two generators, with all that stands beside it."""
    a, b = found.a, found.b
    closed = b.name == "optimum"
    gaussians = [(gaussian, b)] if closed else [(a, gaussian), (b, gaussian)]
    for suffix, score, threshold, beside in found.told(ceilings, gaussians):
        ledger.row(f"{metric}{suffix}", a.name, b.name, score, threshold=threshold, baseline=beside, **about)
    if metric == "rp":
        beside = baseline(0.0)
        score = found.beyond_label()
        ledger.row("rp_beyond_label", a.name, b.name, score, threshold=found.paper, baseline=beside, **about)
    ledger.curve(metric, a.name, b.name, found.same, found.floor_curve())
    ledger.compared(metric, a.name, b.name, found.ids, found.same, found.paper)
