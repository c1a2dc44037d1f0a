"""What ``updates`` scores: at each size and after each whole training, every pair of widths, and every width with its
images."""

from __future__ import annotations

from itertools import combinations
from typing import ClassVar

from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask, Study
from samenoise.runs.cell import Progress

__all__ = ["Lengths", "trained_for"]


def trained_for(study: Study, updates: int) -> Study:
    """The study with another number of updates and its schedule over all of them.

    Seeds are no function of the number, so that a network starts from the same weights, and its update k is of the same
    images and noise, however many come after.
    """
    training = study.common.training.model_copy(update={"updates": updates})
    return Study(study.common.model_copy(update={"training": training}))


class Lengths(Measurement):
    """Scores at one training size, for trainings of every length."""

    experiment: ClassVar[str] = "updates"
    n: int
    updates: tuple[int, ...]

    @property
    def title(self) -> str:
        return f"updates at N = {self.n}"

    def asks(self) -> list[Ask]:
        study = self.study
        models = [trained_for(study, u).model(width, self.n) for u in self.updates for width in self.common.widths]
        return [*study.twice(*models), study.ask(study.gaussian(self.n))]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        ledger, gaussian, train = self.ledger(self.n, details=False), scene.gaussian(self.n), scene.train(self.n)
        for k, updates in enumerate(self.updates):
            study, ledger.tags = trained_for(self.study, updates), {"updates": updates}
            models = {w: scene.twice(study.label(w), study.model(w, self.n)) for w in self.common.widths}
            for (a, a_again), (b, b_again) in combinations(models.values(), 2):
                ledger.pair("rp", a, b, ceilings=[(a, a_again), (b, b_again)], gaussians=[(a, gaussian), (b, gaussian)])
            for width, (a, _) in models.items():
                ledger.copying(a, train, scene.held_out, gaussian, width=width)
                ledger.likeness(a, scene.pool, scene.held_out, width=width, gaussian=gaussian)
            progress((k + 1) / len(self.updates))
        ledger.tags = {}
        ledger.real(scene.held_out, train)
        return ledger
