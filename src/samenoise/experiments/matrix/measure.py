"""What ``matrix`` scores: every pair of models, with what they differ in, and every model with the closed forms."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, count
from typing import Any, ClassVar

import torch

from samenoise.cells.specs import ModelSpec
from samenoise.lab.drawn import Drawn
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask
from samenoise.metrics import cosine, simultaneous_shares
from samenoise.runs.cell import Progress

__all__ = ["Matrix", "differs", "lineage"]


def differs(a: ModelSpec, b: ModelSpec) -> list[str]:
    """In which choices two models differ; "seed" where in nothing else.

    Widths of two architectures are not one quantity and not compared. Updates are all that a model is trained for, the
    stages of a chain of students together; those of its teacher do not count.
    """

    def choices(model: ModelSpec) -> dict[str, Any]:
        recipe = model.training.model_dump(exclude={"updates", "cohort"})
        return {
            "process": model.process,
            "parameterisation": (model.network.parameterisation, model.network.sigma_data),
            "architecture": (model.network.name, model.network.blocks),
            "width": model.width,
            "procedure": (recipe, model.teacher),
            "updates": model.training.updates * len(model.training.stages),
        }

    left, right = choices(a), choices(b)
    if a.network.name != b.network.name:
        left["width"] = right["width"] = None
    return [name for name in left if left[name] != right[name]] or ["seed"]


def lineage(models: Mapping[str, ModelSpec], a: str, b: str) -> dict[str, str]:
    """The tag of two models of which one is made of the other's weights, or both of a third's: no independent pair."""
    one, other = (models[label].teacher or label for label in (a, b))
    return {"lineage": one} if one == other else {}


def _jointly(ledger: Ledger, models: Mapping[str, Drawn]) -> None:
    """Give the RP of every pair an interval that holds for all of them at once. Over several trainings of each model
    there is none: what is joint there is how trainings vary, which so few do not tell."""
    if any(drawn.others for drawn in models.values()):
        return
    rows = [row for row in ledger.rows if row["metric"] == "rp"]
    seen = [cosine(models[row["a"]].features, models[row["b"]].features) > row["threshold"] for row in rows]
    for row, score in zip(rows, simultaneous_shares(torch.stack(seen)), strict=True):
        row["ci95_pairs"] = list(score.ci95)


class Matrix(Measurement):
    """Scores of every pair, and of every model with the closed forms."""

    experiment: ClassVar[str] = "matrix"

    @property
    def title(self) -> str:
        return f"matrix of {len(self.common.models)} models"

    def asks(self) -> list[Ask]:
        study = self.study
        models = [study.named(label) for label in self.common.models]
        return [*study.twice(*models, study.optimum(study.largest)), study.ask(study.gaussian(study.largest))]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        study, specs, n = self.study, self.common.models, self.study.largest
        ledger, gaussian = self.ledger(n), scene.gaussian(n)
        optimum = scene.twice("optimum", study.optimum(n))
        models = {label: scene.twice(label, study.named(label)) for label in specs}
        done, todo = count(1), len(models) * (len(models) + 1) // 2  # pairs, and models by themselves
        for (left, one), (right, other) in combinations(models.items(), 2):
            beside: dict[str, Any] = {
                "ceilings": [one, other],
                "gaussians": [(one[0], gaussian), (other[0], gaussian)],
                "differs": differs(specs[left], specs[right]),
                **lineage(specs, left, right),
            }
            ledger.pair("rp", one[0], other[0], **beside)
            ledger.distances(one[0], other[0], **beside)
            progress(next(done) / todo)
        _jointly(ledger, {label: drawn for label, (drawn, _) in models.items()})
        held_out = scene.held_out if self.common.data.held_out else None
        for label, (a, again) in models.items():
            width = specs[label].width
            beside = {"width": width, "ceilings": [(a, again), optimum], "gaussians": [(gaussian, optimum[0])]}
            ledger.pair("rp_optimum", a, optimum[0], **beside)
            ledger.pair("rp_gaussian", a, gaussian, width=width, ceilings=[(a, again)], gaussians=[])
            ledger.likeness(a, scene.pool, held_out, width=width, gaussian=gaussian)
            if held_out is not None:
                ledger.copying(a, scene.train(n), held_out, gaussian, width=width)
            progress(next(done) / todo)
        if held_out is not None:
            ledger.real(held_out, scene.train(n))
        return ledger
