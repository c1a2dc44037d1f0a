"""What ``teacher`` scores: every network beside the truth and beside the optimum of its training set."""

from __future__ import annotations

from typing import ClassVar

from samenoise.lab.beside_truth import TRUTH, models_beside_the_truth
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask
from samenoise.runs.cell import Progress

__all__ = ["Apprenticeship"]


class Apprenticeship(Measurement):
    """Scores at one training size, against the truth and against the optimum."""

    experiment: ClassVar[str] = "teacher"
    n: int

    @property
    def title(self) -> str:
        return f"teacher at N = {self.n}"

    def asks(self) -> list[Ask]:
        study = self.study
        models = [study.model(width, self.n) for width in self.common.widths]
        twice = study.twice(*models, study.optimum(self.n), study.truth())
        return [*twice, study.ask(study.gaussian(self.n))]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        study, ledger, gaussian = self.study, self.ledger(self.n), scene.gaussian(self.n)
        optimum = scene.twice("optimum", study.optimum(self.n))
        truth = scene.twice(TRUTH, study.truth())
        models = {w: scene.twice(study.label(w), study.model(w, self.n)) for w in self.common.widths}
        models_beside_the_truth(ledger, scene, models, optimum, truth)
        ledger.distance("pfd", optimum[0], truth[0], ceilings=[optimum, truth], gaussians=[(gaussian, truth[0])])
        ledger.real(scene.held_out, scene.train(self.n))
        return ledger
