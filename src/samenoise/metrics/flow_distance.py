"""Probability flow distance: how far apart two generators land, without a threshold.

    PFD(a, b) = sqrt( mean_i |a_i - b_i|^2 )

(arXiv 2505.20123.) With ``b`` the flow of the true distribution it is ``E_gen``; of the empirical optimum, ``E_mem``.

Squared distances have a long tail to the right, which a bootstrap of them does not know: of 64 log-normal ones (sigma
1.5) it covers the mean in 83 % of cases. So the interval is that of
:func:`~samenoise.metrics.locations.mean_interval`, which takes the skewness out, and at the upper end the worst noise
is counted once more: the next may be as bad. Nor does a sample know of what did not occur in it: a failure of 2 % of
noises is absent from 64 of them in 27 % of cases. So below 256 noises the upper end allows for as many failures as may
go unseen, as far off as pictures of different noises are, where that is known. It hardly ever falls short then, and
nearly all of the 5 % goes to the lower end.
"""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from samenoise.metrics.locations import mean_interval
from samenoise.metrics.similarity import Rows, finite, pair
from samenoise.metrics.statistics import Score, proportion

__all__ = ["FEW", "pfd", "pfd_of", "squared_distances"]

FEW = 256
"""Noises below which a failure of 2 % may well go unseen: among 256 there is one in more than 99 % of cases."""

BELOW = 0.045
"""Share of cases in which the lower end is too high, where the upper end allows for what went unseen."""


def pfd(a: Rows, b: Rows, far: float | None = None) -> Score:
    """Probability flow distance, with its interval over noises.

    Args:
        a, b: images or features of two generators at the same noises: Features, or shape ``(n, ...)``.
        far: root mean squared distance of pictures of different noises, as reports have it (the floor). Below
            :data:`FEW` noises the upper end allows for failures that went unseen, if it is given.

    >>> import torch
    >>> pfd(torch.zeros(2, 2), torch.tensor([[3.0, 4.0], [0.0, 0.0]])).value == (25 / 2) ** 0.5
    True
    """
    return pfd_of(squared_distances(a, b), far)


def squared_distances(a: Rows, b: Rows) -> Tensor:
    """``|a_i - b_i|^2`` in float64, shape ``(n,)``."""
    a, b = pair(a, b)
    return finite(a - b, "the difference a - b").detach().flatten(1).cpu().double().square().sum(1)


def pfd_of(squared: Tensor, far: float | None = None) -> Score:
    """PFD from its squared distances; the same score and interval in whatever order they come.

    ``far`` is as of :func:`pfd`.
    """
    values = np.sort(squared.cpu().numpy().astype(np.float64))
    unseen = 0.0 if far is None or len(values) >= FEW else far * math.sqrt(proportion(0, len(values)).ci95[1])
    low = mean_interval(values, 1 - 2 * BELOW if unseen else 0.95)[0]
    high = mean_interval(np.append(values, values[-1]))[1]
    ends = math.sqrt(max(low, 0)), math.hypot(math.sqrt(high), unseen)
    return Score(float(np.sqrt(values.mean())), ends, len(values))
