"""How much one network copies at each training size, by what it is told: ``Copying``; and its N50: ``Transition``."""

from __future__ import annotations

from typing import Any, ClassVar

import torch

from samenoise.experiments.conditional.scoring import Alike
from samenoise.experiments.conditional.settings import ConditionalSettings, Kind
from samenoise.experiments.conditional.subjects import CLASS, Subjects
from samenoise.generators.labelled import turns
from samenoise.lab.book import baseline
from samenoise.lab.copy_rows import RATIO, Copies
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask, Wanted
from samenoise.lab.told import share
from samenoise.metrics import Score, fit_transition
from samenoise.runs.cell import Progress

__all__ = ["KINDS", "NONE", "WAYS", "Copying", "Transition", "sweep_name"]

NONE = "none"
"""What rows call a network without labels."""
KINDS: tuple[Kind | None, ...] = (None, CLASS, "random", "each")
WAYS = (("_excess", "paper"), ("_calibrated", "calibrated"), ("_ratio", "ratio"))
"""Suffix of the metric, and what counts as a copy; what real images pass for is taken off."""


def sweep_name(width: int) -> str:
    """What rows call the network that is trained at every size: the config's own, of the largest width."""
    return f"sweep-{width}"


class _Sweep(Measurement):
    experiment: ClassVar[str] = "conditional"
    settings: ConditionalSettings

    @property
    def kinds(self) -> list[Kind | None]:
        """Of labels, none first."""
        return [kind for kind in KINDS if kind in (None, CLASS, *self.settings.interventions)]

    @property
    def width(self) -> int:
        """Of the network."""
        return self.common.widths[-1]

    @property
    def name(self) -> str:
        """In the rows."""
        return sweep_name(self.width)


class Copying(_Sweep):
    """Copies and agreement with the optimum at one training size."""

    n: int

    @property
    def title(self) -> str:
        return f"copying at N = {self.n}"

    @property
    def here(self) -> list[Kind | None]:
        """Kinds of labels at this size."""
        return [kind for kind in self.kinds if self.n in self.settings.sizes(kind, self.common.sizes)]

    def network(self, kind: Kind | None) -> Wanted:
        """The network that is told labels of a kind."""
        plain = self.study.model(self.width, self.n)
        return plain if kind is None else Subjects(self.study, self.settings).network(plain, kind=kind)

    def optimum(self, kind: Kind | None) -> Wanted:
        """The optimum of the images of each label."""
        study = self.study
        return study.optimum(self.n) if kind is None else Subjects(study, self.settings).optimum(self.n, kind=kind)

    def asks(self) -> list[Ask]:
        study = self.study
        wanted = [make(kind) for kind in self.here for make in (self.network, self.optimum)]
        return [*map(study.ask, wanted), study.ask(study.gaussian(self.n))]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        ledger, gaussian = self.ledger(self.n, details=False), scene.gaussian(self.n)
        train, ids = scene.train(self.n), scene.train_ids(self.n)
        for kind in self.here:
            ledger.tags = {"labels": kind or NONE}
            a, optimum = scene.drawn(self.name, self.network(kind)), scene.drawn("optimum", self.optimum(kind))
            ledger.keep(
                f"{self.name}/{kind or NONE}", ledger.copying(a, train, scene.held_out, gaussian, width=self.width)
            )
            noises = torch.arange(len(a.images))
            labels = torch.zeros_like(noises)
            if kind is not None:
                labels = turns(Subjects(self.study, self.settings).labels(kind).of(scene.data, ids), noises)
            found, least = Alike(a, optimum, labels), int(torch.bincount(labels).max())
            floor = found.floor(found.paper).value if least > 1 else None  # each noise has a label of its own
            score = share(found.same > found.paper).score
            beside = baseline(floor)
            ledger.row(
                "rp_optimum", a.name, optimum.name, score, threshold=found.paper, width=self.width, baseline=beside
            )
        ledger.tags = {}
        ledger.keep(scene.held_out.name, ledger.real(scene.held_out, train))
        return ledger


class Transition(_Sweep):
    """N50 by what the network is told."""

    @property
    def title(self) -> str:
        return "N50 by labels"

    def after(self) -> list[Measurement]:
        return [Copying(common=self.common, settings=self.settings, n=n) for n in self.common.sizes]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        ledger, sizes, found = self.ledger(), self.common.sizes, scene.kept()
        for kind in self.kinds:
            ledger.tags = {"labels": kind or NONE}
            own = self.settings.sizes(kind, sizes)
            if len(own) < 2:
                continue
            kept = [each for n, each in zip(sizes, found, strict=True) if n in own]
            copies, real = Copies.kept(f"{self.name}/{kind or NONE}", kept), Copies.kept("held-out", kept)
            for suffix, way in WAYS:
                flags, held_out = (torch.stack([getattr(at, way) for at in each]).numpy() for each in (copies, real))
                about: dict[str, Any] = {"width": self.width, "baseline": baseline()}
                if way != "calibrated":
                    about["threshold"] = RATIO if way == "ratio" else self.common.threshold
                metric = f"labels_n50{suffix}"
                if held_out.all(1).any():
                    note = "every held-out real image passes for a copy at some size"
                    ledger.row(metric, self.name, "train", None, note=note, **about)
                    continue
                fit = fit_transition(list(own), flags, held_out=held_out)
                ledger.row(metric, self.name, "train", Score(fit.n50, fit.ci95, fit.n), note=fit.note, **about)
        return ledger
