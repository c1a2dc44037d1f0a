"""How N50 grows with the width of the network: see :mod:`samenoise.metrics.transition`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from samenoise.checks import real
from samenoise.metrics.crossing import interval
from samenoise.metrics.replicates import two_level
from samenoise.metrics.statistics import Score
from samenoise.metrics.sweep import Sweep, true_or_false
from samenoise.metrics.transition import exp2, trainings

__all__ = ["Growth", "n50_per_doubling"]


class Growth(NamedTuple):
    """The factor by which N50 grows when the width doubles; NaN with a ``note`` where it cannot be told."""

    factor: float
    ci95: tuple[float, float]
    """An end is 0 or infinite where N50 of some width is only known to lie beyond all sizes. Over noises, held-out
    images and, with replicates, trainings."""
    n: int
    """Widths that it rests on."""
    note: str
    """Empty, or of which widths N50 is known from one side only, and which are left out, and why."""
    noises_ci95: tuple[float, float]
    """That over noises and held-out images alone: of these very trainings."""


def n50_per_doubling(
    widths: Sequence[float],
    n_train: ArrayLike,
    flags: ArrayLike,
    *,
    floor: ArrayLike = 0.0,
    held_out: ArrayLike | None = None,
    count: int = 2000,
    seed: int = 0,
) -> Growth:
    """The factor by which N50 grows per doubling of width: 2 to the least-squares slope of log2 N50 on log2 width.

    Args:
        widths: shape ``(w,)``.
        n_train: training sizes, shape ``(m,)``, the same for every width.
        flags: shape ``(w, m, noises)``, the same noises for every width; the bootstrap draws them once for all. With
            replicates ``(w, replicates, m, noises)``; those of one width have nothing to do with those of another.
        floor, held_out: as of :func:`~samenoise.metrics.fit_transition`, the same for every width.

    A width that copies more (or less) than half at every size is not left out, which would bias the growth: its N50
    lies beyond the last (or first) size, so that the growth has a bound and no value. A width at which copying does not
    fall is left out and named in the note; the rest must be two different ones.
    """
    kept, found, ends, each, notes = [], [], [], [], []
    for width, of_width in zip(widths, true_or_false(flags), strict=True):
        sweep = Sweep.of(n_train, of_width, floor, held_out)
        fits = sweep.fits(count, seed)
        missing, beyond = sweep.missing(fits)
        if missing:
            what = f"N50 of width {width:g} is known from one side only" if beyond else f"width {width:g} is left out"
            notes.append(f"{what}: {missing}")
        if missing and not beyond:
            continue
        kept.append(np.log2(real(width, "a width", above=0)))
        found.append(np.nan if missing else fits.log2_n50)
        ends.append(fits.ends)
        each.append(np.array(trainings(n_train, of_width, floor, held_out)))
    note = "; ".join(notes)
    nothing = (np.nan, np.nan)
    if len(set(kept)) < 2:
        rest = f"growth needs two different widths with a transition, got {len(set(kept))}"
        return Growth(np.nan, nothing, len(kept), f"{rest}; {note}" if note else rest, nothing)
    centred = np.array(kept) - np.mean(kept)
    weights = centred / (centred @ centred)
    # The least and the most that the slope can be, each N50 anywhere between its ends.
    scaled = np.stack(ends) * np.where(weights == 0, np.nan, weights)[:, None, None]
    slopes = np.stack([np.nansum(scaled.min(1), axis=0), np.nansum(scaled.max(1), axis=0)])
    if not np.isfinite(slopes[:, 0]).any():
        rest = "N50 of these widths says nothing of how it grows"
        return Growth(np.nan, nothing, len(kept), f"{rest}; {note}", nothing)
    low, high = interval(slopes)
    used = np.nonzero(weights)[0]
    factor = exp2(float(weights[used] @ np.array(found)[used]))
    # Of every training of one width with every training of another.
    with np.errstate(invalid="ignore", over="ignore"):
        combined = np.exp2(
            sum(weights[i] * grid for i, grid in zip(used, np.ix_(*(each[i] for i in used)), strict=True))
        )
    growth = two_level(Score(factor, (exp2(low), exp2(high)), len(kept)), combined, "positive")
    return Growth(factor, growth.score.ci95, len(kept), note, growth.noises_ci95)
