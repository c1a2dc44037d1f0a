"""What ``dynamics`` scores: every network at every look, and when it generalizes and memorizes.

For each network two times are read off (Bonnaire et al. 2505.17638):

    generalization time   the first look at which the network is nearer to the truth, by a tenth, than the Gaussian of
                          its training set (E_gen, upper end of the interval), its pictures are nearer to real ones
                          than that Gaussian's (mmd_gap, upper end below 0), and it draws those of the truth more often
                          than chance (RP with it, lower end of the interval)
    memorization time     the first look at which memorized is 0.1 above its floor, that of held-out real images

Either may never be reached. What is reached at the first look was reached then or before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from samenoise.lab.beside_truth import TRUTH, models_beside_the_truth
from samenoise.lab.book import baseline
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask
from samenoise.metrics import Score
from samenoise.runs.cell import Progress

__all__ = ["MEMORIZED", "NEARER", "Dynamics", "Time", "first_time", "generalized", "memorization"]

NEARER = 0.9
"""E_gen at the generalization time is at most this share of that of the Gaussian of the training set."""
MEMORIZED = 0.1
"""Memorized at the memorization time, above its floor."""


GENERALIZED = ("e_gen", "rp_teacher", "mmd_gap")
"""The metrics that the generalization time is read off."""
Row = dict[str, Any]


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


def generalized(e_gen: Row, rp_teacher: Row, mmd_gap: Row) -> bool:
    """Whether a network has generalized, by its rows of one look. Each alone is passed by a network that has not: one
    that draws blurs is nearer to the truth than one that draws other pictures, and blurs agree."""
    nearer = e_gen["ci95"][1] <= NEARER * e_gen["baseline"]["gaussian"]
    pictures = mmd_gap["ci95"] is not None and mmd_gap["ci95"][1] < 0
    return bool(nearer and pictures and rp_teacher["ci95"][0] > rp_teacher["baseline"]["floor"])


def memorization(looks: Sequence[int], memorized: Sequence[float], floor: float) -> Time:
    """The memorization time of a training with these shares of copies."""
    return first_time(looks, [m > floor + MEMORIZED for m in memorized])


class Dynamics(Measurement):
    """Scores along training at one training size."""

    experiment: ClassVar[str] = "dynamics"
    n: int
    looks: tuple[int, ...]
    """Updates after which the networks are looked at."""

    @property
    def title(self) -> str:
        return f"dynamics at N = {self.n}"

    def asks(self) -> list[Ask]:
        study = self.study
        models = [study.model(w, self.n, "a", u) for w in self.common.widths for u in self.looks]
        twice = study.twice(*models, study.optimum(self.n), study.truth())
        return [*twice, study.ask(study.gaussian(self.n))]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        study, ledger = self.study, self.ledger(self.n, details=False)
        optimum = scene.twice("optimum", study.optimum(self.n))
        truth = scene.twice(TRUTH, study.truth())
        for k, update in enumerate(self.looks):
            ledger.tags = {"update": update}
            models = {w: scene.twice(study.label(w), study.model(w, self.n, "a", update)) for w in self.common.widths}
            models_beside_the_truth(ledger, scene, models, optimum, truth)
            progress((k + 1) / len(self.looks))
        ledger.tags = {}
        ledger.real(scene.held_out, scene.train(self.n))
        for width in self.common.widths:
            self._times(ledger, width)
        return ledger

    def _times(self, ledger: Ledger, width: int) -> None:
        """Add the two times of a network, read off the rows so far."""
        looks, label = self.looks, self.study.label(width)

        def series(metric: str) -> list[Row]:
            return [row for row in ledger.rows if (row["metric"], row["a"]) == (metric, label)]

        copies = series("memorized")
        found = {
            "generalization_time": first_time(
                looks, [generalized(*rows) for rows in zip(*map(series, GENERALIZED), strict=True)]
            ),
            "memorization_time": memorization(looks, [row["value"] for row in copies], copies[0]["baseline"]["floor"]),
        }
        for metric, time in found.items():
            more: dict[str, Any] = {}
            if time.update is None:
                more["note"] = f"not reached in {looks[-1]} updates"
            elif not time.after:
                more["note"] = f"reached by the first look, after {looks[0]} updates or fewer"
            score = None if time.update is None else Score(time.update, (time.after, time.update), len(looks))
            ledger.row(metric, label, "train", score, width=width, baseline=baseline(), **more)
