"""An experiment as small as one can be that has all kinds of cells: one network, its closed forms, a pair, a grid."""

from __future__ import annotations

from typing import Any, ClassVar

from samenoise.lab.experiment import Experiment, Panel
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.panels import sweep
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask, Study
from samenoise.runs.cell import Progress

PRESET: dict[str, Any] = {
    "name": "toy",
    "experiments": ["toy"],
    "data": {"held_out": 4},
    "widths": [4],
    "sizes": [4],
    "training": {"updates": 2, "batch": 4, "warmup": 1},
    "sampling": {"noises": 8, "batch": 8, "ceiling_batch": 4, "steps": 2},
    "shown": 2,
}


class Pair(Measurement):
    experiment: ClassVar[str] = "toy"

    @property
    def title(self) -> str:
        return "pair"

    def asks(self) -> list[Ask]:
        study = self.study
        return [*study.twice(study.model(4, 4), study.optimum(4)), study.ask(study.gaussian(4))]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        ledger, gaussian = self.ledger(4), scene.gaussian(4)
        model, optimum = scene.twice("mlp-4", self.study.model(4, 4)), scene.twice("optimum", self.study.optimum(4))
        ledger.pair("rp", model[0], optimum[0], width=4, ceilings=[model, optimum], gaussians=[(gaussian, optimum[0])])
        return ledger


class Toy(Experiment):
    name = "toy"
    heading = "Toys"

    def measurements(self, study: Study, settings: Any) -> list[Measurement]:
        return [Pair(common=study.common)]

    def panels(self, study: Study, settings: Any) -> list[Panel]:
        return sweep(study)


experiment = Toy()
