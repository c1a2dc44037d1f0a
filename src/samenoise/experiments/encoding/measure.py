"""What ``encoding`` scores at one training size: maps of planes, and which regime the networks are in."""

from __future__ import annotations

from itertools import combinations
from typing import Any, ClassVar, NamedTuple

import numpy as np

from samenoise.experiments.encoding.scoring import (
    Array,
    Planes,
    agreement,
    average,
    correlation,
    random_pairs,
    share_above,
    smoothness,
)
from samenoise.experiments.encoding.settings import EncodingSettings
from samenoise.generators.base import Generator
from samenoise.generators.plane import on_planes
from samenoise.generators.sampling import bank
from samenoise.generators.trained import Unplanned
from samenoise.lab.book import baseline
from samenoise.lab.experiment import Map, PanelRow
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.panels import model_row
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask
from samenoise.metrics.similarity import unit
from samenoise.plane import PlaneBank
from samenoise.runs.cell import Progress

__all__ = ["NOISE", "OPTIMUM", "PLANE", "Maps"]

NOISE, OPTIMUM, PLANE = "noise", "optimum", "plane"
"""What maps are held against, in the rows: that of the noise itself, that of the optimum; and the planes."""


class Beside(NamedTuple):
    """What the agreement of two maps stands beside."""

    gaussian: Planes
    compared: list[Planes]
    """Which of the two the Gaussian's is held against."""
    ceiling: float


class Maps(Measurement):
    """Scores at one training size."""

    experiment: ClassVar[str] = "encoding"
    n: int
    settings: EncodingSettings

    @property
    def title(self) -> str:
        return f"planes at N = {self.n}"

    def ask(self, wanted: Generator | Unplanned, again: bool = False) -> Ask:
        """The pictures of all places; with ``again``, of the first at the other batch size."""
        sampling = self.common.sampling.model_copy(update={"noises": self.settings.places})
        return self.study.ask(on_planes(wanted, self.settings.plane), again, sampling)

    def asks(self) -> list[Ask]:
        study = self.study
        models = [study.model(width, self.n) for width in self.common.widths]
        closed = [study.optimum(self.n), study.gaussian(self.n)]
        usual = [*study.twice(*models), study.ask(study.gaussian(self.n))]
        planes = [self.ask(model, again) for model in models for again in (False, True)]
        return [*usual, *planes, *map(self.ask, closed)]

    def shown(self) -> Map:
        """The first plane, for the report."""
        study, side = self.study, self.settings.plane.side
        rows = [model_row(study, width, self.n) for width in self.common.widths]
        models = [
            PanelRow(row.key, row.label, row.kind, self.ask(study.model(width, self.n)))
            for row, width in zip(rows, self.common.widths, strict=True)
        ]
        closed = [
            PanelRow(OPTIMUM, "empirical optimum", OPTIMUM, self.ask(study.optimum(self.n))),
            PanelRow("gaussian", "Gaussian of the training set", "gaussian", self.ask(study.gaussian(self.n))),
        ]
        anchors = PlaneBank(0, (1,), self.settings.cells, self.settings.beyond).anchors()
        return Map(f"N = {self.n}", self.n, side, tuple(range(side**2)), tuple(anchors), (*models, *closed))

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        study, ledger, common = self.study, self.ledger(self.n), self.common
        gaussian = scene.gaussian(self.n)
        models = {width: scene.twice(study.label(width), study.model(width, self.n)) for width in common.widths}
        for (a, a_again), (b, b_again) in combinations(models.values(), 2):
            ledger.pair("rp", a, b, ceilings=[(a, a_again), (b, b_again)], gaussians=[(a, gaussian), (b, gaussian)])
        for width, (a, _) in models.items():
            ledger.copying(a, scene.train(self.n), scene.held_out, gaussian, width=width)
            ledger.likeness(a, scene.pool, scene.held_out, width=width, gaussian=gaussian)
        progress(0.5)
        ledger.tags = {"path": self.settings.path}
        self._maps(scene, ledger)
        return ledger

    def _maps(self, scene: Scene, ledger: Ledger) -> None:
        study, planes = self.study, self.settings.planes
        noises = self.settings.plane.bank(bank(self.common.sampling, scene.data.shape))
        how, drawn = (noises, planes, self.common.threshold), {}
        for width in self.common.widths:
            wanted, label = study.model(width, self.n), study.label(width)
            asks = self.ask(wanted), self.ask(wanted, again=True)
            drawn[width] = scene.of(label, asks[0], more=False), scene.of(label, asks[1], more=False)
        own = {width: Planes.of(first.features.array, *how) for width, (first, _) in drawn.items()}
        ceilings = {width: _ceiling(own[width], *both, noises) for width, both in drawn.items()}
        closed = {
            name: Planes.of(scene.of(name, self.ask(wanted), more=False).features.array, *how)
            for name, wanted in ((OPTIMUM, study.optimum(self.n)), ("gaussian", study.gaussian(self.n)))
        }
        everything = noises[: self.settings.places].flatten(1)
        references = {OPTIMUM: closed[OPTIMUM], NOISE: Planes.of(everything, *how)}
        normal = closed["gaussian"]
        for a, b in combinations(own, 2):
            beside = Beside(normal, [own[a], own[b]], min(ceilings[a], ceilings[b]))
            _beside(ledger, study.label(a), study.label(b), own[a], own[b], beside)
        for width, mine in own.items():
            label = study.label(width)
            for name, other in references.items():
                _beside(ledger, label, name, mine, other, Beside(normal, [other], ceilings[width]), width=width)
            self._alone(ledger, label, mine, normal, width)

    def _alone(self, ledger: Ledger, label: str, mine: Planes, normal: Planes, width: int) -> None:
        """What is said of one map."""
        threshold, neighbours = self.common.threshold, smoothness(mine)
        ledger.row(
            "map_smoothness",
            label,
            PLANE,
            average(neighbours),
            width=width,
            baseline=baseline(_mean(random_pairs(mine)), None, _mean(smoothness(normal))),
            **_note(neighbours),
        )
        ledger.row(
            "anchor_share",
            label,
            PLANE,
            average(share_above(mine, threshold)),
            threshold=threshold,
            width=width,
            baseline=baseline(None, None, _mean(share_above(normal, threshold))),
        )


def _beside(ledger: Ledger, a: str, b: str, mine: Planes, other: Planes, beside: Beside, **more: Any) -> None:
    """How two maps agree, and how their similarities go together."""
    shifts = range(1, len(mine.whole))
    for metric, found, ceiling in (
        ("map_agreement", agreement, beside.ceiling),
        ("map_correlation", correlation, None),
    ):
        values = found(mine, other)
        mismatched = _mean(np.concatenate([found(mine, other, shift) for shift in shifts]))
        normal = [_mean(found(each, beside.gaussian)) for each in beside.compared]
        levels = baseline(mismatched, ceiling, max((v for v in normal if v is not None), default=None))
        ledger.row(metric, a, b, average(values), baseline=levels, **_note(values), **more)


def _mean(values: Array) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _note(values: Array) -> dict[str, Any]:
    """What is left out."""
    left_out = int(np.isnan(values).sum())
    return {"note": f"{left_out} of {len(values)} planes left out: two anchors have one picture"} if left_out else {}


def _ceiling(mine: Planes, first: Any, again: Any, noises: PlaneBank) -> float:
    """A map against itself at another batch size, at the first places, beside the anchors' pictures of the one."""
    directions, count = unit(again.features.array), min(len(again.images), noises.side**2)
    anchors = unit(first.features.array)[noises.anchors()]
    found = (directions[:count] @ anchors.T).argmax(-1)
    return float((found == mine.map[0, :count]).double().mean())
