"""``splits``: the same network on two disjoint training sets of one size.

Two models that share no training image but draw the same picture have learnt the distribution, not the images
(Kadkhodaie et al. 2310.02557). Split RP is 0 at small N and rises toward RP on the same data.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from samenoise.experiments.config import Config
from samenoise.experiments.score_cell import ScoreCell
from samenoise.experiments.scoring import Ledger
from samenoise.experiments.sweep import Scene
from samenoise.runs.cell import Cell, Progress
from samenoise.runs.store import Store

__all__ = ["SplitCell", "cells"]


def cells(config: Config) -> list[Cell]:
    """The score cells."""
    return [SplitCell(config=config, n=n) for n in config.split_sizes]


class SplitCell(ScoreCell):
    """Split RP at one training size."""

    kind: ClassVar[str] = "split"
    n: int

    def needs(self) -> list[Cell]:
        sweep = self.sweep
        halves = [sweep.trained(sweep.splits_width, self.n, part) for part in ("a", "b")]
        both = [sweep.samples(source, ceiling) for source in halves for ceiling in (False, True)]
        return [*both, sweep.samples(sweep.gaussian(self.n))]

    @property
    def title(self) -> str:
        return f"splits at N = {self.n}"

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        sweep = self.sweep
        width, label = sweep.splits_width, sweep.label(sweep.splits_width)
        scene, ledger = Scene(sweep, self.n, store), Ledger("splits", self.n)
        a = scene.twice(f"{label}/a", sweep.trained(width, self.n, "a"))
        b = scene.twice(f"{label}/b", sweep.trained(width, self.n, "b"))
        gaussians = [(a[0], scene.gaussian), (b[0], scene.gaussian)]
        ledger.pair("rp_split", a[0], b[0], width=width, ceilings=[a, b], gaussians=gaussians)
        for half in (a[0], b[0]):
            ledger.likeness(half, scene.pool, scene.held_out, width=width, gaussian=scene.gaussian)
        ledger.write(out)
