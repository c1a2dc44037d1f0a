"""What ``splits`` scores: two networks of one width, trained on disjoint halves, beside the Gaussians of the halves.

Two samples of one distribution have nearly the same mean and covariance, so that Gaussians fitted to them draw nearly
the same images. Agreement across halves is a sign of more than that only where a network agrees with the *other* half's
Gaussian less than with the other network.
"""

from __future__ import annotations

from typing import ClassVar

from samenoise.data.subsets import Part
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask
from samenoise.metrics import rp
from samenoise.runs.cell import Progress

__all__ = ["Split"]

PARTS: tuple[Part, Part] = ("a", "b")


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
        return [*study.twice(*halves), *(study.ask(study.gaussian(self.n, part)) for part in PARTS)]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        study, ledger, label = self.study, self.ledger(self.n), self.study.label(self.width)
        a, b = (scene.twice(f"{label}/{part}", study.model(self.width, self.n, part)) for part in PARTS)
        of_a, of_b = (scene.drawn(f"gaussian/{part}", study.gaussian(self.n, part)) for part in PARTS)
        crossed = [(a[0], of_b), (b[0], of_a)]
        ledger.pair("rp_split", a[0], b[0], width=self.width, ceilings=[a, b], gaussians=crossed)
        for row in ledger.rows:
            if row["threshold"] is not None:
                row["gaussian_split"] = rp(of_a.features, of_b.features, row["threshold"]).value
        for part, (half, _), gaussian in zip(PARTS, (a, b), (of_a, of_b), strict=True):
            ledger.copying(half, scene.train(self.n, part), scene.held_out, gaussian, width=self.width)
            ledger.likeness(half, scene.pool, scene.held_out, width=self.width, gaussian=gaussian)
        return ledger
