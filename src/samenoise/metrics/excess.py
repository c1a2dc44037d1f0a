"""Copying in excess of real data: what is left of the share of copies where real images pass for copies, too.

    excess = (m - f) / (1 - f)

of ``m`` the share of pictures and ``f`` the share of held-out real images that pass. If every picture were a copy, or
else a new picture that passes as real images do, it would be the share of copies.
"""

from __future__ import annotations

import math

from samenoise.metrics.statistics import Score

__all__ = ["memorized_excess"]


def memorized_excess(memorized: Score, held_out: Score) -> Score:
    """``(m - f) / (1 - f)``, from two shares with their intervals, which may be two-level.

    One less the excess is the ratio of two shares of what does *not* pass; its interval is made of theirs (MOVER-R of
    Donner and Zou 2012), so that both are as uncertain as they are said to be.

    The excess is not clipped: it is below 0 where fewer pictures pass than real images, down to ``-f / (1 - f)``, and a
    mean of several is not pulled upwards. Where every real image passes it is NaN, and at most 1.

    >>> from samenoise.metrics.statistics import proportion
    >>> found = memorized_excess(proportion(450, 512), proportion(126, 300))
    >>> f"{found.value:.2f} {found.ci95[0]:.2f} {found.ci95[1]:.2f}"
    '0.79 0.73 0.84'
    """
    new, real = memorized.complement, held_out.complement
    if real.value == 0:
        return Score(math.nan, (-math.inf, 1.0), memorized.n)
    (low, high), (real_low, real_high) = new.ci95, real.ci95
    product = new.value * real.value
    # The least and the most of the ratio: each end of the one share against the other end of the other.
    least, most = 0.0, math.inf
    if low > 0:
        arm = low * (2 * new.value - low)
        least = arm / (product + math.sqrt(max(product**2 - arm * real_high * (2 * real.value - real_high), 0.0)))
    if real_low > 0:
        arm = real_low * (2 * real.value - real_low)
        most = (product + math.sqrt(max(product**2 - arm * high * (2 * new.value - high), 0.0))) / arm
    return Score(1 - new.value / real.value, (1 - most, 1 - least), memorized.n)
