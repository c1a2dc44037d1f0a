"""How fast networks train on this machine, from a few updates of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from samenoise.cells.data import Subset
from samenoise.cells.members import Model
from samenoise.cells.specs import NetworkSpec, ProcessSpec, TrainingSpec
from samenoise.cells.training import TrainCell
from samenoise.lab.rehearsal import NoisePictures, update_seconds

__all__ = ["COHORT", "Pace", "pace"]

COHORT = 5
"""Networks that train together."""

PICTURES = 64

MOMENT = 0.1
"""Seconds for each kind."""


class Pace(NamedTuple):
    """Seconds that one update of one network takes on one core, by channels, side and width."""

    seconds: dict[tuple[int, int, int], float]

    def of(self, shape: tuple[int, int], width: int) -> float:
        """At ``(channels, side)``."""
        return self.seconds[(*shape, width)]


def pace(shapes: Sequence[tuple[int, int]], widths: Sequence[int], batch: int) -> Pace:
    """Train networks of every shape ``(channels, side)`` and width for a moment, on noise: what is learnt does not
    matter here."""
    return Pace({(c, s, w): _timed((c, s, s), w, batch) for c, s in shapes for w in widths})


def _timed(shape: tuple[int, int, int], width: int, batch: int) -> float:
    cell = TrainCell(
        data=NoisePictures(count=PICTURES, seed=0, shape=shape),
        process=ProcessSpec(),
        network=NetworkSpec(),
        width=width,
        training=TrainingSpec(batch=batch),
        models=tuple(Model(subset=Subset(n=PICTURES), init_seed=k, seed=k) for k in range(COHORT)),
        device="cpu",
    )
    return update_seconds(cell, MOMENT) / COHORT
