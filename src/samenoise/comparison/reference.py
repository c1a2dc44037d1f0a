"""Which side is nearer to a reference, such as the same model in float64: paired, noise by noise.

nearer      P[ |b_i - r_i| < |a_i - r_i| ], of the noises at which they differ; the sign test is exact
rp          RP of each side with the reference; of the noises at which only one matches, the exact test of McNemar
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from samenoise.comparison.scores import Measured
from samenoise.metrics import Score
from samenoise.metrics.statistics import proportion

__all__ = ["Nearer", "nearer"]


class Nearer(NamedTuple):
    """Two sides beside a reference."""

    a: str
    b: str
    reference: str
    share: Score | None
    """Of the noises at which one is nearer, how often it is ``b``; ``None`` where that is none."""
    p: float
    """Of the sign test: the chance of so uneven a share if neither were nearer."""
    rp: tuple[float, float]
    """Of ``a`` and of ``b`` with the reference."""
    rp_p: float
    """Of McNemar's test."""
    pfd: tuple[float, float]

    def __str__(self) -> str:
        if self.share is None:
            return f"{self.a} and {self.b} are equally near to {self.reference} at every noise"
        side = self.b if self.share.value > 0.5 else self.a
        part = max(self.share.value, 1 - self.share.value)
        words = f"{side} is nearer to {self.reference} at {part:.0%} of {self.share.n} noises (p = {self.p:.2g})"
        if self.p > 0.05:
            words = f"neither is shown to be nearer to {self.reference}: {words}"
        return (
            f"{self.a} : {self.b}: {words}; RP with it {self.rp[0]:.3f} and {self.rp[1]:.3f} (p = {self.rp_p:.2g}), "
            f"PFD {self.pfd[0]:.3g} and {self.pfd[1]:.3g}"
        )


def nearer(names: tuple[str, str], reference: str, a: Measured, b: Measured, threshold: float) -> Nearer:
    """Which of two sides is nearer to a reference.

    Args:
        a, b: each side with the reference, at the same noises.
    """
    first, second = int((a.squared < b.squared).sum()), int((b.squared < a.squared).sum())
    n = first + second
    same = a.similarity > threshold, b.similarity > threshold
    return Nearer(
        *names,
        reference,
        proportion(second, n) if n else None,
        float(binomtest(second, n).pvalue) if n else 1.0,
        (float(same[0].mean()), float(same[1].mean())),
        mcnemar(*same),
        (float(np.sqrt(a.squared.mean())), float(np.sqrt(b.squared.mean()))),
    )


def mcnemar(a: np.ndarray, b: np.ndarray) -> float:
    """The exact two-sided p-value for paired shares."""
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    return float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
