"""``matrix``: named models - frameworks, architectures, training procedures, seeds - and every pair of them.

All train on the same images, the whole training set; what differs is how. Every pair is compared at the same noises,
with what they differ in, and every model with the empirical optimum and the Gaussian of the training set.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

from samenoise.experiments.config import Config
from samenoise.experiments.score_cell import ScoreCell
from samenoise.experiments.scoring import Ledger
from samenoise.experiments.specs import ModelSpec
from samenoise.experiments.sweep import Scene
from samenoise.runs.cell import Cell, Progress
from samenoise.runs.store import Store

__all__ = ["MatrixCell", "cells", "differs", "framework"]


def cells(config: Config) -> list[Cell]:
    """The score cell."""
    return [MatrixCell(config=config)]


def framework(model: ModelSpec) -> str:
    """Process and what is predicted, such as "vp, eps"."""
    return f"{model.process.name}, {model.network.parameterisation}"


def differs(a: ModelSpec, b: ModelSpec) -> list[str]:
    """In which choices two models differ; "seed" where in nothing else."""

    def choices(model: ModelSpec) -> dict[str, Any]:
        recipe = model.training.model_dump(exclude={"updates", "cohort"})
        return {
            "framework": (model.process, model.network.parameterisation, model.network.sigma_data),
            "architecture": (model.network.name, model.network.blocks),
            "width": model.width,
            "procedure": (recipe, model.teacher),
            "updates": model.training.updates,
        }

    left, right = choices(a), choices(b)
    if a.network.name != b.network.name:  # widths of two architectures are not one quantity
        left["width"] = right["width"] = None
    if a.training.procedure != b.training.procedure:  # the updates of a student are part of its making
        left["updates"] = right["updates"] = None
    return [name for name in left if left[name] != right[name]] or ["seed"]


class MatrixCell(ScoreCell):
    """Scores of every pair, and of every model with the closed forms."""

    kind: ClassVar[str] = "matrix"

    def needs(self) -> list[Cell]:
        sweep, n = self.sweep, max(self.config.sizes)
        twice = [sweep.named(label) for label in self.config.models] + [sweep.optimum(n)]
        both = [sweep.samples(source, ceiling) for source in twice for ceiling in (False, True)]
        return [*both, sweep.samples(sweep.gaussian(n))]

    @property
    def title(self) -> str:
        return f"matrix of {len(self.config.models)} models"

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        sweep, n = self.sweep, max(self.config.sizes)
        scene, ledger = Scene(sweep, n, store), Ledger("matrix", n)
        optimum = scene.twice("optimum", sweep.optimum(n))
        models = {label: scene.twice(label, sweep.named(label)) for label in self.config.models}
        for (left, one), (right, other) in combinations(models.items(), 2):
            beside: dict[str, Any] = {
                "ceilings": [one, other],
                "gaussians": [(one[0], scene.gaussian), (other[0], scene.gaussian)],
                "differs": differs(self.config.models[left], self.config.models[right]),
            }
            ledger.pair("rp", one[0], other[0], **beside)
            ledger.distances(one[0], other[0], **beside)
        for label, (a, again) in models.items():
            width = self.config.models[label].width
            ledger.pair(
                "rp_optimum",
                a,
                optimum[0],
                width=width,
                ceilings=[(a, again), optimum],
                gaussians=[(scene.gaussian, optimum[0])],
            )
            ledger.pair("rp_gaussian", a, scene.gaussian, width=width, ceilings=[(a, again)], gaussians=[])
            held_out = scene.held_out if self.config.data.held_out else None
            ledger.likeness(a, scene.pool, held_out, width=width, gaussian=scene.gaussian)
            if held_out is not None:
                ledger.copying(a, scene.train, held_out, scene.gaussian, width=width)
        if self.config.data.held_out:
            ledger.real(scene.held_out, scene.train)
        ledger.write(out)
