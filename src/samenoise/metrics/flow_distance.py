"""Probability flow distance: how far apart two generators land, without a threshold.

    PFD(a, b) = sqrt( mean_i |a_i - b_i|^2 )

(arXiv 2505.20123.) With ``b`` the flow of the true distribution it is ``E_gen``; of the empirical optimum, ``E_mem``.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from samenoise.metrics.similarity import Rows, finite, pair
from samenoise.metrics.statistics import Score, bootstrap

__all__ = ["pfd", "pfd_of", "squared_distances"]


def pfd(a: Rows, b: Rows) -> Score:
    """Probability flow distance, with a bootstrap interval over noises.

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


def pfd_of(squared: Tensor) -> Score:
    """PFD from its squared distances; the same score and interval in whatever order they come."""
    values = np.sort(squared.cpu().numpy())
    low, high = bootstrap(values, _root_mean, vectorized=True)
    return Score(float(_root_mean(values)), (float(low), float(high)), len(values))


def _root_mean(squared: np.ndarray, axis: int = 0) -> np.ndarray:
    root: np.ndarray = np.sqrt(squared.mean(axis))
    return root
