"""Probability flow distance: how far apart two generators land, without a threshold.

    PFD(a, b) = sqrt( mean_i |a_i - b_i|^2 )

(arXiv 2505.20123.) With ``b`` the flow of the true distribution it is ``E_gen``; of the empirical optimum, ``E_mem``.

Squared distances have a long tail to the right, which a bootstrap of them does not know: of 64 log-normal ones (sigma
1.5) it covers the mean in 83 % of cases. So the interval is that of
:func:`~samenoise.metrics.locations.mean_interval`, which takes the skewness out, and at the upper end the worst noise
is counted once more: the next may be as bad. No interval knows of what did not occur: a failure of 2 % of noises is
absent from 64 of them in 27 % of cases. What that may cost is told by :func:`if_failures_went_unseen`.
"""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from samenoise.metrics.locations import mean_interval
from samenoise.metrics.similarity import Rows, finite, pair
from samenoise.metrics.statistics import Score, proportion

__all__ = ["if_failures_went_unseen", "pfd", "pfd_of", "squared_distances"]


def pfd(a: Rows, b: Rows) -> Score:
    """Probability flow distance, with its interval over noises.

    Args:
        a, b: images or features of two generators at the same noises: Features, or shape ``(n, ...)``.

    >>> import torch
    >>> pfd(torch.zeros(2, 2), torch.tensor([[3.0, 4.0], [0.0, 0.0]])).value == (25 / 2) ** 0.5
    True
    """
    return pfd_of(squared_distances(a, b))


def squared_distances(a: Rows, b: Rows) -> Tensor:
    """``|a_i - b_i|^2`` in float64, shape ``(n,)``."""
    a, b = pair(a, b)
    return finite(a - b, "the difference a - b").detach().flatten(1).cpu().double().square().sum(1)


def pfd_of(squared: Tensor, level: float = 0.95) -> Score:
    """PFD from its squared distances; the same score and interval in whatever order they come."""
    values = np.sort(squared.cpu().numpy().astype(np.float64))
    low = mean_interval(values, level)[0]
    high = mean_interval(np.append(values, values[-1]), level)[1]
    return Score(float(np.sqrt(values.mean())), (float(np.sqrt(max(low, 0))), float(np.sqrt(high))), len(values))


def if_failures_went_unseen(score: Score, far: float) -> float:
    """The upper end of a PFD, had as many noises failed as may fail without one seen among its ``n`` (5 % of the time).

    Args:
        score: :func:`pfd`.
        far: root mean squared distance of a failure, as a rule the PFD of mismatched noises (the floor).

    >>> f"{if_failures_went_unseen(Score(1.0, (0.9, 1.1), 64), far=5.0):.2f}"
    '1.53'
    """
    return math.hypot(score.ci95[1], far * math.sqrt(proportion(0, score.n).ci95[1]))
