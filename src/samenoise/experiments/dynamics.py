"""``dynamics``: all scores along training. Generalization comes early, memorization later, the later the more data.

Networks of every width and training size are looked at after log-spaced numbers of updates (:attr:`Config.looks`), at
a constant learning rate, so that a look does not depend on where training ends. The truth is a mixture, whose flow is
known. For each network two times are read off (Bonnaire et al. 2505.17638):

    generalization time   the first look whose distance from the true flow, E_gen, is within 5 % of the lowest one
    memorization time     the first look at which memorized is 0.1 above its floor, that of held-out real images

Between the two lies the window in which stopping gives a network that has learnt the truth and does not copy yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from samenoise.experiments.config import Config
from samenoise.experiments.score_cell import ScoreCell
from samenoise.experiments.scoring import Ledger, baseline
from samenoise.experiments.sweep import Scene
from samenoise.experiments.teacher import models_beside_the_truth
from samenoise.metrics import Score
from samenoise.runs.cell import Cell, Progress
from samenoise.runs.store import Store

__all__ = ["GENERALIZED", "MEMORIZED", "DynamicsCell", "Time", "cells", "first_time", "generalization", "memorization"]

GENERALIZED = 1.05
"""E_gen at the generalization time, in units of the lowest of the training."""
MEMORIZED = 0.1
"""Memorized at the memorization time, above its floor."""


def cells(config: Config) -> list[Cell]:
    """The score cells."""
    return [DynamicsCell(config=config, n=n) for n in config.sizes]


class Time(NamedTuple):
    """When something was first seen: between the look before and this one; ``None`` where it was not."""

    update: int | None
    after: int
    """The look before, 0 at the first."""


def first_time(looks: Sequence[int], reached: Sequence[bool]) -> Time:
    """The first look at which something is reached."""
    for k, (update, there) in enumerate(zip(looks, reached, strict=True)):
        if there:
            return Time(update, looks[k - 1] if k else 0)
    return Time(None, looks[-1])


def generalization(looks: Sequence[int], e_gen: Sequence[float]) -> Time:
    """The generalization time of a training with these distances from the true flow."""
    best = min(e_gen)
    return first_time(looks, [e <= GENERALIZED * best for e in e_gen])


def memorization(looks: Sequence[int], memorized: Sequence[float], floor: float) -> Time:
    """The memorization time of a training with these shares of copies."""
    return first_time(looks, [m > floor + MEMORIZED for m in memorized])


class DynamicsCell(ScoreCell):
    """Scores along training at one training size."""

    kind: ClassVar[str] = "dynamics"
    n: int

    def needs(self) -> list[Cell]:
        sweep = self.sweep
        models = [sweep.trained(w, self.n, "a", u) for w in self.config.widths for u in self.config.looks]
        twice = [*models, sweep.optimum(self.n), sweep.teacher()]
        both = [sweep.samples(source, ceiling) for source in twice for ceiling in (False, True)]
        return [*both, sweep.samples(sweep.gaussian(self.n))]

    @property
    def title(self) -> str:
        return f"dynamics at N = {self.n}"

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        sweep, looks = self.sweep, self.config.looks
        scene, ledger = Scene(sweep, self.n, store), Ledger("dynamics", self.n, details=False)
        optimum = scene.twice("optimum", sweep.optimum(self.n))
        teacher = scene.twice("teacher", sweep.teacher())
        for k, update in enumerate(looks):
            ledger.tags = {"update": update}
            models = {
                width: scene.twice(sweep.label(width), sweep.trained(width, self.n, "a", update))
                for width in self.config.widths
            }
            models_beside_the_truth(ledger, scene, models, optimum, teacher)
            progress((k + 1) / len(looks))
        ledger.tags = {}
        ledger.real(scene.held_out, scene.train)
        for width in self.config.widths:
            self._times(ledger, width)
        ledger.write(out)

    def _times(self, ledger: Ledger, width: int) -> None:
        """Add the two times of a network, read off the rows so far."""
        looks, label = self.config.looks, self.sweep.label(width)

        def series(metric: str) -> list[dict[str, Any]]:
            return [row for row in ledger.rows if (row["metric"], row["a"]) == (metric, label)]

        copies = series("memorized")
        found = {
            "generalization_time": generalization(looks, [row["value"] for row in series("e_gen")]),
            "memorization_time": memorization(looks, [row["value"] for row in copies], copies[0]["baseline"]["floor"]),
        }
        for metric, time in found.items():
            more: dict[str, Any] = {}
            if time.update is None:
                more["note"] = f"not reached in {looks[-1]} updates"
            score = None if time.update is None else Score(time.update, (time.after, time.update), len(looks))
            ledger.row(metric, label, "train", score, width=width, baseline=baseline(), **more)
