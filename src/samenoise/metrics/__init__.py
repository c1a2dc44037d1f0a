"""Scores: comparisons of generators at the same noise, and of a generator with its training data.

Every score comes with its 95 % interval and n. :mod:`samenoise.metrics.modules` has them as torchmetrics modules.
"""

from samenoise.metrics.flow_distance import pfd
from samenoise.metrics.generalization import Matched, gl, memorized
from samenoise.metrics.neighbours import Nearest, Ratio, nearest, nn_distance, nn_ratio
from samenoise.metrics.rank import Ranks, rp_auc, rp_ranks, rp_top1
from samenoise.metrics.reproducibility import (
    Chance,
    conditional_rp,
    mae,
    mae_score,
    rp,
    rp_chance,
    rp_floor,
    rp_floor_curve,
    rp_threshold,
)
from samenoise.metrics.similarity import cosine, mismatched
from samenoise.metrics.statistics import (
    THRESHOLDS,
    Score,
    bootstrap,
    calibrated_threshold,
    halves,
    threshold_curve,
    wilson,
)
from samenoise.metrics.transition import Growth, Transition, fit_transition, n50_per_doubling

__all__ = [
    "THRESHOLDS",
    "Chance",
    "Growth",
    "Matched",
    "Nearest",
    "Ranks",
    "Ratio",
    "Score",
    "Transition",
    "bootstrap",
    "calibrated_threshold",
    "conditional_rp",
    "cosine",
    "fit_transition",
    "gl",
    "halves",
    "mae",
    "mae_score",
    "memorized",
    "mismatched",
    "n50_per_doubling",
    "nearest",
    "nn_distance",
    "nn_ratio",
    "pfd",
    "rp",
    "rp_auc",
    "rp_chance",
    "rp_floor",
    "rp_floor_curve",
    "rp_ranks",
    "rp_threshold",
    "rp_top1",
    "threshold_curve",
    "wilson",
]
