"""What ``splits`` scores: two networks of one width, trained on disjoint halves."""

from __future__ import annotations

from typing import ClassVar

from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask
from samenoise.runs.cell import Progress

__all__ = ["Split"]


class Split(Measurement):
    """Split RP at one training size."""

    experiment: ClassVar[str] = "splits"
    n: int
    width: int

    @property
    def title(self) -> str:
        return f"splits at N = {self.n}"

    def asks(self) -> list[Ask]:
        study = self.study
        halves = study.model(self.width, self.n, "a"), study.model(self.width, self.n, "b")
        return [*study.twice(*halves), study.ask(study.gaussian(self.n))]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        study, ledger, label = self.study, self.ledger(self.n), self.study.label(self.width)
        gaussian = scene.gaussian(self.n)
        a = scene.twice(f"{label}/a", study.model(self.width, self.n, "a"))
        b = scene.twice(f"{label}/b", study.model(self.width, self.n, "b"))
        gaussians = [(a[0], gaussian), (b[0], gaussian)]
        ledger.pair("rp_split", a[0], b[0], width=self.width, ceilings=[a, b], gaussians=gaussians)
        for half in (a[0], b[0]):
            ledger.likeness(half, scene.pool, scene.held_out, width=self.width, gaussian=gaussian)
        return ledger
