"""Scores: comparisons of generators at the same noise, and of a generator with its training data.

Every score comes with its 95 % interval and n. :mod:`samenoise.metrics.modules` has them as torchmetrics modules.
Over several trainings of every model, :mod:`samenoise.metrics.replicates` has the interval over noises and trainings;
:mod:`samenoise.metrics.paired` compares two scores at the same noises, :mod:`samenoise.metrics.simultaneous` many, and
:mod:`samenoise.metrics.factors` says what the choices in which models differ cost.
"""

from samenoise.metrics.average import average, change
from samenoise.metrics.excess import memorized_excess
from samenoise.metrics.factors import Additive, Effect, additive
from samenoise.metrics.flow_distance import pfd
from samenoise.metrics.generalization import Matched, gl, memorized
from samenoise.metrics.growth import Growth, n50_per_doubling
from samenoise.metrics.kernel_distance import KID, RBF, Polynomial, mmd, mmd_gap
from samenoise.metrics.leftover_noise import Leftover, cleaned, leftover, variation
from samenoise.metrics.neighbours import Nearest, Ratio, nearest, nearest_candidates, nearest_of, nn_distance, nn_ratio
from samenoise.metrics.paired import (
    McNemar,
    distance_difference,
    mcnemar,
    mean_difference,
    median_difference,
    share_difference,
)
from samenoise.metrics.proportions import mid_p, wilson
from samenoise.metrics.rank import Ranks, rp_auc, rp_ranks, rp_top1
from samenoise.metrics.replicates import (
    Replicated,
    replicated_mean,
    replicated_median,
    replicated_pfd,
    replicated_share,
    two_level,
)
from samenoise.metrics.reproducibility import (
    Chance,
    conditional_rp,
    mae,
    mae_score,
    rp,
    rp_beyond,
    rp_chance,
    rp_floor,
    rp_floor_curve,
    rp_threshold,
)
from samenoise.metrics.similarity import cosine, mismatched
from samenoise.metrics.simultaneous import joint_level, simultaneous_shares
from samenoise.metrics.statistics import (
    THRESHOLDS,
    Score,
    bootstrap,
    calibrated_threshold,
    halves,
    threshold_curve,
)
from samenoise.metrics.transition import Agreement, Transition, agree, fit_transition

__all__ = [
    "KID",
    "RBF",
    "THRESHOLDS",
    "Additive",
    "Agreement",
    "Chance",
    "Effect",
    "Growth",
    "Leftover",
    "Matched",
    "McNemar",
    "Nearest",
    "Polynomial",
    "Ranks",
    "Ratio",
    "Replicated",
    "Score",
    "Transition",
    "additive",
    "agree",
    "average",
    "bootstrap",
    "calibrated_threshold",
    "change",
    "cleaned",
    "conditional_rp",
    "cosine",
    "distance_difference",
    "fit_transition",
    "gl",
    "halves",
    "joint_level",
    "leftover",
    "mae",
    "mae_score",
    "mcnemar",
    "mean_difference",
    "median_difference",
    "memorized",
    "memorized_excess",
    "mid_p",
    "mismatched",
    "mmd",
    "mmd_gap",
    "n50_per_doubling",
    "nearest",
    "nearest_candidates",
    "nearest_of",
    "nn_distance",
    "nn_ratio",
    "pfd",
    "replicated_mean",
    "replicated_median",
    "replicated_pfd",
    "replicated_share",
    "rp",
    "rp_auc",
    "rp_beyond",
    "rp_chance",
    "rp_floor",
    "rp_floor_curve",
    "rp_ranks",
    "rp_threshold",
    "rp_top1",
    "share_difference",
    "simultaneous_shares",
    "threshold_curve",
    "two_level",
    "variation",
    "wilson",
]
