"""The average of weights by the formula of its profile, ``j ** power``, without the package's code."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

__all__ = ["power", "profile"]


def power(width: float) -> float:
    """Of the profile ``j ** power`` with this relative width: ``Beta(power + 1, 1)``, by its textbook deviation."""

    def excess(a: float) -> float:
        return math.sqrt(a / ((a + 1) ** 2 * (a + 2))) - width

    return float(brentq(excess, 1, 1e4)) - 1


def profile(updates: int, width: float) -> NDArray[np.float64]:
    """How much the weights of each update count in the average: as a power of its number."""
    grown: NDArray[np.float64] = (np.arange(1, updates + 1) / updates) ** power(width)
    return grown / grown.sum()
