"""Rows of experiments with a known truth."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from samenoise.lab.drawn import Twice
from samenoise.lab.ledger import Ledger
from samenoise.lab.scene import Scene

__all__ = ["TRUTH", "models_beside_the_truth"]

TRUTH = "teacher"
"""What rows call the true distribution's own flow: it teaches, whatever experiment asks it."""


def models_beside_the_truth(
    ledger: Ledger, scene: Scene, models: dict[int, Twice], optimum: Twice, truth: Twice
) -> None:
    """Rows of every pair of models, and of every model with the truth, the optimum and its training set.

    Args:
        ledger: of rows at one training size.
        models: by width; they and the two closed forms at both batch sizes.
    """
    n = ledger.n_train
    assert n is not None  # the ledger is of one size
    gaussian = scene.gaussian(n)
    for (a, a_again), (b, b_again) in combinations(models.values(), 2):
        ledger.pair("rp", a, b, ceilings=[(a, a_again), (b, b_again)], gaussians=[(a, gaussian), (b, gaussian)])
    for width, (a, a_again) in models.items():
        for reference, rp, distance in ((truth, "rp_teacher", "e_gen"), (optimum, "rp_optimum", "e_mem")):
            beside: dict[str, Any] = {
                "width": width,
                "ceilings": [(a, a_again), reference],
                "gaussians": [(gaussian, reference[0])],
            }
            ledger.pair(rp, a, reference[0], **beside)
            ledger.distance(distance, a, reference[0], **beside)
        ledger.copying(a, scene.train(n), scene.held_out, gaussian, width=width)
        ledger.likeness(a, scene.pool, scene.held_out, width=width, gaussian=gaussian)
