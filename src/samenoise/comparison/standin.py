"""rp_auc until metrics has it."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from samenoise.metrics import Score, bootstrap
from samenoise.metrics.similarity import unit


def rp_auc(a: Tensor, b: Tensor) -> Score:
    s = unit(a) @ unit(b).T
    own = s.diagonal()
    n = len(a)

    def one(m: Tensor) -> Tensor:
        wins = (own[:, None] > m).double() + 0.5 * (own[:, None] == m).double()
        return (wins.sum(1) - wins.diagonal()) / (n - 1)

    v = ((one(s) + one(s.T)) / 2).numpy()
    lo, hi = bootstrap(v, np.mean)
    return Score(float(v.mean()), (float(lo), float(hi)), n)
