"""Intervals of many scores at the same noises that hold together.

Of 435 pairs of models, each with a 95 % interval, some 22 lie outside theirs, and one reads the largest and the
smallest. Simultaneous intervals all hold at once in 95 % of cases. They are wider, but not as wide as Bonferroni's: a
noise that is hard for one pair is hard for others, so that their errors go together.

    c: P[ max_k |t_k| <= c ] = level,   t_k standardized errors of the scores over noises
    level of each = P[ |Z| <= c ]

The distribution of the maximum is that of a bootstrap of the noises: every noise's deviations from the means, of all
scores together, with one normal weight (Chernozhukov, Chetverikov and Kato 2013). Each score then has its own kind of
interval at that level, so that a share near 0 keeps its skewness.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from samenoise.metrics.proportions import mid_p
from samenoise.metrics.statistics import Score

__all__ = ["joint_level", "simultaneous_shares"]

DRAWS = 4000
"""Of the maximum."""


def joint_level(values: ArrayLike | torch.Tensor, level: float = 0.95, seed: int = 0) -> float:
    """The level at which each score's interval is to be taken, for all to hold together at ``level``.

    Args:
        values: one row for each score, what it is the mean over noises of, shape ``(scores, n)``: flags of shares,
            squared distances of a PFD. The same noises in all; a score whose values are all equal counts as independent
            of the others.
    """
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(f"a row of values for each score: got shape {x.shape}")
    x = x - x.mean(1, keepdims=True)
    lengths = np.linalg.norm(x, axis=1)
    varying = lengths > 1e-12
    # The weights' sums over noises are normal with the correlations of the rows: so are fewer weights' over this root.
    root: NDArray[np.float64] = np.linalg.qr((x[varying] / lengths[varying, None]).T)[1]
    joint = np.zeros((len(root) + int((~varying).sum()), len(x)))
    joint[: len(root), : root.shape[1]] = root
    joint[len(root) :, root.shape[1] :] = np.eye(int((~varying).sum()))
    words = np.random.Philox(key=[seed, 3]).random_raw(DRAWS * len(joint))
    weights = ndtri(((words >> np.uint64(11)) + 0.5) * 2.0**-53).reshape(DRAWS, -1)
    at = float(np.quantile(np.abs(weights @ joint).max(1), level))
    return max(1 - 2 * float(ndtr(-at)), level)


def simultaneous_shares(flags: ArrayLike | torch.Tensor, level: float = 0.95, seed: int = 0) -> list[Score]:
    """Shares over the same noises with intervals that hold together, in the order of the rows.

    Args:
        flags: whether each noise passes, bool of shape ``(shares, n)``; RP of every pair of models, say.
    """
    passed = np.asarray(flags, dtype=np.float64)
    n, k = passed.shape[1], passed.sum(1)
    ends = mid_p(k, n, joint_level(passed, level, seed))
    return [Score(float(some) / n, (float(low), float(high)), n) for some, low, high in zip(k, *ends, strict=True)]
