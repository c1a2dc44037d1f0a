"""How fast networks train on this machine, from a few updates of each kind."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple, cast

import torch

from samenoise import networks
from samenoise.networks import ResidualMLP
from samenoise.process import EDM
from samenoise.training.cohort import Cohort
from samenoise.training.recipe import Recipe

__all__ = ["COHORT", "Pace", "pace"]

COHORT = 5
"""Networks that train together."""

WARM, TIMED = 2, 6
"""Updates before and while the clock runs."""


class Pace(NamedTuple):
    """Seconds that one update of one network takes on one core, by channels, side and width."""

    seconds: dict[tuple[int, int, int], float]

    def of(self, shape: tuple[int, int], width: int) -> float:
        """At ``(channels, side)``."""
        return self.seconds[(*shape, width)]


def pace(shapes: Sequence[tuple[int, int]], widths: Sequence[int], batch: int) -> Pace:
    """Train networks of every shape ``(channels, side)`` and width for a moment, on noise: what is learnt does not
    matter here."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as the workers of a run
    try:
        return Pace({(c, s, w): _timed((c, s, s), w, batch) for c, s in shapes for w in widths})
    finally:
        torch.set_num_threads(threads)


def _timed(shape: tuple[int, int, int], width: int, batch: int) -> float:
    pictures = torch.rand(64, *shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    cohort = Cohort(
        [cast(ResidualMLP, networks.build("mlp", shape, width, None, k)) for k in range(COHORT)],
        [pictures] * COHORT,
        list(range(COHORT)),
        ["pace"] * COHORT,
        EDM(),
        "edm",
        Recipe(updates=WARM + TIMED, batch=batch),
    )
    began = 0.0
    for state in cohort.train(cohort.start()):
        if state.update == WARM:
            began = time.perf_counter()
    return (time.perf_counter() - began) / TIMED / COHORT
