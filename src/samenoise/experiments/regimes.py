"""``regimes``: training sizes x widths. RP against N is V-shaped, copying ends, and wider networks copy longer.

All widths train on the same nested subsets, for the same number of updates. At each N, the widths are compared with one
another, with the empirical optimum of their training set, and with the training set itself; over all N, N50 is fitted.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import torch
from safetensors.torch import load_file, save_file

from samenoise.experiments.config import Config
from samenoise.experiments.score_cell import ScoreCell
from samenoise.experiments.scoring import Ledger, baseline
from samenoise.experiments.sweep import Scene
from samenoise.metrics import Score, fit_transition, n50_per_doubling
from samenoise.runs.cell import Cell, Progress
from samenoise.runs.store import Store

__all__ = ["RegimeCell", "TransitionCell", "cells"]


def cells(config: Config) -> list[Cell]:
    """The score cells."""
    regimes = [RegimeCell(config=config, n=n) for n in config.sizes]
    return [*regimes, TransitionCell(config=config)] if len(regimes) > 1 else [*regimes]


class RegimeCell(ScoreCell):
    """Scores at one training size."""

    kind: ClassVar[str] = "regime"
    n: int

    def needs(self) -> list[Cell]:
        sweep = self.sweep
        twice = [sweep.trained(width, self.n) for width in self.config.widths] + [sweep.optimum(self.n)]
        both = [sweep.samples(source, ceiling) for source in twice for ceiling in (False, True)]
        return [*both, sweep.samples(sweep.gaussian(self.n))]

    @property
    def title(self) -> str:
        return f"regimes at N = {self.n}"

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        sweep = self.sweep
        scene, ledger = Scene(sweep, self.n, store), Ledger("regimes", self.n)
        optimum = scene.twice("optimum", sweep.optimum(self.n))
        models = {width: scene.twice(sweep.label(width), sweep.trained(width, self.n)) for width in self.config.widths}
        flags = {}
        for (a, a_again), (b, b_again) in combinations(models.values(), 2):
            beside: dict[str, Any] = {
                "ceilings": [(a, a_again), (b, b_again)],
                "gaussians": [(a, scene.gaussian), (b, scene.gaussian)],
            }
            ledger.pair("rp", a, b, **beside)
            ledger.distances(a, b, **beside)
        for width, (a, a_again) in models.items():
            ceilings = [(a, a_again), optimum]
            gaussians = [(a, scene.gaussian)]
            ledger.pair("rp_optimum", a, optimum[0], width=width, ceilings=ceilings, gaussians=gaussians)
            flags[a.name] = ledger.copying(a, scene.train, scene.held_out, scene.gaussian, width=width)
            ledger.likeness(a, scene.pool, scene.held_out, width=width, gaussian=scene.gaussian)
        ledger.real(scene.held_out, scene.train)
        ledger.write(out)
        save_file(flags, out / "memorized.safetensors")


class TransitionCell(ScoreCell):
    """N50 of each width, and how it grows with the width."""

    kind: ClassVar[str] = "transition"

    def needs(self) -> list[Cell]:
        return [RegimeCell(config=self.config, n=n) for n in self.config.sizes]

    @property
    def title(self) -> str:
        return "N50"

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        sweep, ledger = self.sweep, Ledger("regimes")
        found = [load_file(store.path(cell) / "memorized.safetensors") for cell in self.needs()]
        flags = {width: torch.stack([at[sweep.label(width)] for at in found]).numpy() for width in self.config.widths}
        sizes = list(self.config.sizes)
        for width in self.config.widths:
            fit = fit_transition(sizes, flags[width])
            ledger.row(
                "n50",
                sweep.label(width),
                "train",
                Score(fit.n50, fit.ci95, fit.n),
                threshold=self.config.threshold,
                width=width,
                baseline=baseline(),
                slope=fit.slope,
                note=fit.note,
            )
        if len(flags) > 1:
            growth = n50_per_doubling(list(flags), sizes, list(flags.values()))
            widest = sweep.label(max(flags))
            score, threshold = Score(growth.factor, growth.ci95, growth.n), self.config.threshold
            ledger.row(
                "n50_per_doubling", widest, "train", score, threshold=threshold, baseline=baseline(), note=growth.note
            )
        ledger.write(out)
