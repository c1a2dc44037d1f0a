"""What ``regimes`` scores: at each size every pair of widths, and every width with the closed forms and its images."""

from __future__ import annotations

from itertools import combinations
from typing import Any, ClassVar

import torch

from samenoise.cells.data import Subset
from samenoise.lab.book import baseline
from samenoise.lab.copy_rows import RATIO, Copies
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask
from samenoise.metrics import Score, fit_transition, n50_per_doubling
from samenoise.runs.cell import Progress

__all__ = ["WAYS", "Regime", "Transition"]

WAYS = (
    ("", "paper", False),
    ("_excess", "paper", True),
    ("_calibrated", "calibrated", True),
    ("_ratio", "ratio", True),
)
"""Suffix of the metric, what counts as a copy, and whether what real images pass for is taken off."""


class Regime(Measurement):
    """Scores at one training size."""

    experiment: ClassVar[str] = "regimes"
    n: int

    @property
    def title(self) -> str:
        return f"regimes at N = {self.n}"

    def asks(self) -> list[Ask]:
        study = self.study
        models = [study.model(width, self.n) for width in self.common.widths]
        return [*study.twice(*models, study.optimum(self.n)), study.ask(study.gaussian(self.n))]

    def searches(self) -> list[tuple[Ask, Subset]]:
        study = self.study
        asks = [study.ask(study.model(width, self.n)) for width in self.common.widths]
        return [(ask, Subset(n=self.n)) for ask in (*asks, study.ask(study.gaussian(self.n)))]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        study, ledger = self.study, self.ledger(self.n)
        optimum, gaussian = scene.twice("optimum", study.optimum(self.n)), scene.gaussian(self.n)
        models = {w: scene.twice(study.label(w), study.model(w, self.n)) for w in self.common.widths}
        for (a, a_again), (b, b_again) in combinations(models.values(), 2):
            beside: dict[str, Any] = {
                "ceilings": [(a, a_again), (b, b_again)],
                "gaussians": [(a, gaussian), (b, gaussian)],
            }
            ledger.pair("rp", a, b, **beside)
            ledger.distances(a, b, **beside)
        for width, (a, a_again) in models.items():
            ceilings, gaussians = [(a, a_again), optimum], [(gaussian, optimum[0])]
            ledger.pair("rp_optimum", a, optimum[0], width=width, ceilings=ceilings, gaussians=gaussians)
            ledger.keep(a.name, ledger.copying(a, scene.train(self.n), scene.held_out, gaussian, width=width))
            ledger.likeness(a, scene.pool, scene.held_out, width=width, gaussian=gaussian)
        ledger.keep(scene.held_out.name, ledger.real(scene.held_out, scene.train(self.n)))
        return ledger


class Transition(Measurement):
    """N50 of each width, by every way to count copies, and how it grows with the width."""

    experiment: ClassVar[str] = "regimes"

    @property
    def title(self) -> str:
        return "N50"

    def after(self) -> list[Measurement]:
        return [Regime(common=self.common, n=n) for n in self.common.sizes]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        study, ledger, sizes = self.study, self.ledger(), list(self.common.sizes)
        real = Copies.kept(scene.held_out.name, scene.kept())
        copies = {w: Copies.kept(study.label(w), scene.kept()) for w in self.common.widths}
        for suffix, way, above_real in WAYS:
            held_out = torch.stack([getattr(at, way) for at in real]).numpy() if above_real else None
            # Sizes lie before noises, trainings before sizes.
            flags = {w: torch.stack([getattr(at, way) for at in found], -2).numpy() for w, found in copies.items()}
            about: dict[str, Any] = {"baseline": baseline(), "threshold": RATIO if way == "ratio" else None}
            if way == "paper":
                about["threshold"] = self.common.threshold
            if self.common.replicates > 1:
                about["replicates"] = self.common.replicates
            if held_out is not None and held_out.all(1).any():
                note = "every held-out real image passes for a copy at some size"
                for width in self.common.widths:
                    ledger.row(f"n50{suffix}", study.label(width), "train", None, width=width, note=note, **about)
                continue
            for width in self.common.widths:
                fit = fit_transition(sizes, flags[width], held_out=held_out)
                ledger.row(
                    f"n50{suffix}",
                    study.label(width),
                    "train",
                    Score(fit.n50, fit.ci95, fit.n),
                    width=width,
                    slope=fit.slope,
                    deviance=fit.deviance,
                    deviance_p=fit.p_value,
                    note=fit.note,
                    **about,
                )
            if len(flags) > 1:
                growth = n50_per_doubling(list(flags), sizes, list(flags.values()), held_out=held_out)
                score = Score(growth.factor, growth.ci95, growth.n)
                widest = study.label(max(flags))
                ledger.row(f"n50_per_doubling{suffix}", widest, "train", score, note=growth.note, **about)
        return ledger
