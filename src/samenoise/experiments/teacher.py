"""``teacher``: a known true distribution. Networks reach its own flow long before that of their training set.

The truth is a mixture of Gaussians; its denoiser is a closed form, so its image from each noise is known, and so is the
empirical optimum's. ``e_gen`` is a network's distance (PFD) from the truth's images, ``e_mem`` from the optimum's:
with N, the first falls, the second rises, and they cross.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

from samenoise.experiments.config import Config
from samenoise.experiments.score_cell import ScoreCell
from samenoise.experiments.scoring import Drawn, Ledger
from samenoise.experiments.sweep import Scene
from samenoise.runs.cell import Cell, Progress
from samenoise.runs.store import Store

__all__ = ["TeacherCell", "cells", "models_beside_the_truth"]

Twice = tuple[Drawn, Drawn]
"""A generator at both batch sizes."""


def cells(config: Config) -> list[Cell]:
    """The score cells."""
    return [TeacherCell(config=config, n=n) for n in config.sizes]


class TeacherCell(ScoreCell):
    """Scores at one training size, against the truth and against the optimum."""

    kind: ClassVar[str] = "teacher"
    n: int

    def needs(self) -> list[Cell]:
        sweep = self.sweep
        twice = [sweep.trained(width, self.n) for width in self.config.widths]
        twice += [sweep.optimum(self.n), sweep.teacher()]
        both = [sweep.samples(source, ceiling) for source in twice for ceiling in (False, True)]
        return [*both, sweep.samples(sweep.gaussian(self.n))]

    @property
    def title(self) -> str:
        return f"teacher at N = {self.n}"

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        sweep = self.sweep
        scene, ledger = Scene(sweep, self.n, store), Ledger("teacher", self.n)
        optimum = scene.twice("optimum", sweep.optimum(self.n))
        teacher = scene.twice("teacher", sweep.teacher())
        models = {width: scene.twice(sweep.label(width), sweep.trained(width, self.n)) for width in self.config.widths}
        models_beside_the_truth(ledger, scene, models, optimum, teacher)
        ledger.distance(
            "pfd", optimum[0], teacher[0], ceilings=[optimum, teacher], gaussians=[(scene.gaussian, teacher[0])]
        )
        ledger.real(scene.held_out, scene.train)
        ledger.write(out)


def models_beside_the_truth(
    ledger: Ledger, scene: Scene, models: dict[int, Twice], optimum: Twice, teacher: Twice
) -> None:
    """Rows of every pair of models, and of every model with the truth, the optimum and its training set.

    Args:
        models: by width; they and the two closed forms at both batch sizes.
    """
    for (a, a_again), (b, b_again) in combinations(models.values(), 2):
        gaussians = [(a, scene.gaussian), (b, scene.gaussian)]
        ledger.pair("rp", a, b, ceilings=[(a, a_again), (b, b_again)], gaussians=gaussians)
    for width, (a, a_again) in models.items():
        for reference, rp, distance in ((teacher, "rp_teacher", "e_gen"), (optimum, "rp_optimum", "e_mem")):
            beside: dict[str, Any] = {
                "width": width,
                "ceilings": [(a, a_again), reference],
                "gaussians": [(scene.gaussian, reference[0])],
            }
            ledger.pair(rp, a, reference[0], **beside)
            ledger.distance(distance, a, reference[0], **beside)
        ledger.copying(a, scene.train, scene.held_out, scene.gaussian, width=width)
        ledger.likeness(a, scene.pool, scene.held_out, width=width, gaussian=scene.gaussian)
