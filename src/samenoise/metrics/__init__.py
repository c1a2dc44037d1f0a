"""Scores: comparisons of generators at the same noise, and of a generator with its training data.

Every score comes with its 95 % interval and n. :mod:`samenoise.metrics.modules` has them as torchmetrics modules.
"""

from samenoise.metrics.excess import memorized_excess
from samenoise.metrics.flow_distance import pfd
from samenoise.metrics.generalization import Matched, gl, memorized
from samenoise.metrics.growth import Growth, n50_per_doubling
from samenoise.metrics.kernel_distance import KID, RBF, Polynomial, mmd, mmd_gap
from samenoise.metrics.leftover import Leftover, cleaned, leftover, variation
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
from samenoise.metrics.transition import Agreement, Transition, agree, fit_transition

__all__ = [
    "KID",
    "RBF",
    "THRESHOLDS",
    "Agreement",
    "Chance",
    "Growth",
    "Leftover",
    "Matched",
    "Nearest",
    "Polynomial",
    "Ranks",
    "Ratio",
    "Score",
    "Transition",
    "agree",
    "bootstrap",
    "calibrated_threshold",
    "cleaned",
    "conditional_rp",
    "cosine",
    "fit_transition",
    "gl",
    "halves",
    "leftover",
    "mae",
    "mae_score",
    "memorized",
    "memorized_excess",
    "mismatched",
    "mmd",
    "mmd_gap",
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
    "variation",
    "wilson",
]
