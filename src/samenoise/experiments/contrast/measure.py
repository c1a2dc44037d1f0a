"""What ``contrast`` scores: every pair of generators, with the same noises and with permuted ones, and every one of
them beside real images."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any, ClassVar

import numpy as np
import torch

from samenoise.experiments.contrast.models import Model, kin, models
from samenoise.experiments.contrast.settings import ContrastSettings
from samenoise.features import Features
from samenoise.lab.book import baseline
from samenoise.lab.drawn import Drawn
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask
from samenoise.metrics import rp, rp_auc, rp_top1
from samenoise.runs.cell import Progress
from samenoise.training.order import child_seed

__all__ = ["Contrast", "permuted"]


class Contrast(Measurement):
    """All scores."""

    experiment: ClassVar[str] = "contrast"
    settings: ContrastSettings

    @property
    def title(self) -> str:
        return "diffusion models beside GANs and VAEs"

    @property
    def models(self) -> dict[str, Model]:
        """By their names in the rows."""
        return models(self.study, self.settings)

    def asks(self) -> list[Ask]:
        wanted = [model.wanted for model in self.models.values()]
        return [*self.study.twice(*wanted), self.study.ask(self.study.gaussian(self.study.largest))]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        n, every = self.study.largest, self.models
        ledger, gaussian, train = self.ledger(n), scene.gaussian(n), scene.train(n)
        drawn = {name: scene.twice(name, model.wanted) for name, model in every.items()}
        order = permuted(self.common.sampling.noises, child_seed(self.common.seed, "permuted"))
        for (left, (a, a_again)), (right, (b, b_again)) in combinations(drawn.items(), 2):
            one, other = every[left], every[right]
            related: dict[str, Any] = {"kin": kin(one, other), "sorts": sorted({one.sort, other.sort})}
            pairs: dict[str, Any] = {
                "ceilings": [(a, a_again), (b, b_again)],
                "gaussians": [(a, gaussian), (b, gaussian)],
            }
            ledger.pair("rp", a, b, **pairs, **related)
            _control(ledger, a, b, order, **related)
        progress(0.8)
        for name, (a, _) in drawn.items():
            about: dict[str, Any] = {"width": every[name].width, "sorts": [every[name].sort]}
            ledger.likeness(a, scene.pool, scene.held_out, gaussian=gaussian, **about)
            ledger.copying(a, train, scene.held_out, gaussian, **about)
        ledger.real(scene.held_out, train)
        return ledger


def permuted(count: int, seed: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """An order of noises, at random among those that are one cycle: no noise is in its place."""
    around = np.random.default_rng(seed).permutation(count)
    order = np.empty(count, dtype=np.int64)
    order[around] = np.roll(around, 1)
    return order


def _control(ledger: Ledger, a: Drawn, b: Drawn, order: np.ndarray[Any, Any], **related: Any) -> None:
    """The scores of a pair of which one is drawn from the noises in another order."""
    others: Features = replace(b.features, array=b.features.array[torch.from_numpy(order)])
    threshold = a.features.extractor.threshold
    for suffix, score, at in (
        ("", rp(a.features, others), threshold),
        ("_auc", rp_auc(a.features, others), None),
        ("_top1", rp_top1(a.features, others), None),
    ):
        ledger.row(f"rp_permuted{suffix}", a.name, b.name, score, threshold=at, baseline=baseline(), **related)
