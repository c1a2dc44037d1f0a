"""What ``conditional`` found of copies, in sentences: N50 by what a network is told, and agreement with the optimum.

That labels move N50 is claimed where the intervals lie apart, by every way to count copies. It is one training of each.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from samenoise.experiments.conditional.series import KINDS, n50_ways, sweep
from samenoise.lab.experiment import Witness
from samenoise.lab.run_files import Row
from samenoise.report import rounding as r
from samenoise.report.claims import Level, above
from samenoise.report.several import Way, alike, spread
from samenoise.report.wording import apart, high_end, listed, value_of

__all__ = ["copying", "optimum", "witnesses"]

OTHER, TRAININGS = "another network", "more noises and other trainings"
"""What would settle whether labels make networks copy more."""


def copying(scores: Sequence[Row]) -> list[str]:
    """For each kind of labels: up to which N half of the pictures are copies, and whether that is more than without."""
    sentences, plain = [], {way.words: way for way in n50_ways(scores, "none")}
    for kind, points in sweep(scores, "memorized").items():
        ways = n50_ways(scores, kind)
        if not ways:
            sentences.append(f"With {KINDS[kind]}, {_ends(points)}.")
            continue
        if all(high_end(way.row) == math.inf for way in ways):
            most = max(value_of(way.row) for way in ways)
            end = f"up to N = {r.about(most)}, the most tried"
            said = f"With {KINDS[kind]}, more than half of the pictures are copies {end}"
        else:
            told = _n50(ways[0].row) if alike(ways) else spread(ways, _n50)
            said = f"With {KINDS[kind]}, half of the pictures are copies at {told}"
        sentences.append(f"{said}." if kind == "none" else f"{said}: {_beside(ways, plain)}.")
    return sentences


def witnesses(scores: Sequence[Row]) -> Iterator[Witness]:
    """That networks copy larger training sets with each kind of labels than without."""
    plain = {way.words: way.row for way in n50_ways(scores, "none")}
    for kind in list(KINDS)[1:]:
        for words, row in ((way.words, way.row) for way in n50_ways(scores, kind)):
            level = Level(value_of(plain[words]), plain[words].ci95) if words in plain else None
            needs = f"{KINDS[kind]}: a larger N50 than without, {words}"
            yield above(needs, row, level, OTHER, TRAININGS)


def _beside(ways: Sequence[Way], plain: dict[str, Way]) -> str:
    both = [(plain[way.words].row, way.row, way.words) for way in ways if way.words in plain]
    if not both:
        return "whether that is more than without is not known"
    more, less = ([words for a, b, words in both if apart(*((a, b) if up else (b, a)))] for up in (True, False))
    for counts, verdict in ((more, "larger"), (less, "smaller")):
        if len(counts) == len(both):
            return f"a {verdict} N50 than without labels, however copies are counted"
    kinds = ((more, "a larger N50"), (less, "a smaller N50"))
    said = [f"{what} than without labels {listed(counts)}" for counts, what in kinds if counts]
    if not said:
        return "no other N50 than without labels, beyond the intervals"
    return " and ".join(said) + ", else no other beyond the intervals"


def _ends(points: Sequence[Row]) -> str:
    first, last = points[0], points[-1]
    ends = f"{r.percent_at_least(value_of(first))} of the pictures match a training image at N = {first.n_train}"
    return f"{ends} and {r.percent_at_most(value_of(last))} at N = {last.n_train}: the sweep does not cross one half"


def optimum(scores: Sequence[Row]) -> list[str]:
    """For each kind of labels: how often a network draws the optimum of its label, at the least and the largest N."""
    sentences = []
    for kind, points in sweep(scores, "rp_optimum").items():
        first, last = points[0], points[-1]
        of = "the empirical optimum" if kind == "none" else "the empirical optimum of the label"
        sentences.append(
            f"With {KINDS[kind]}, a network draws the picture of {of} for {100 * value_of(first):.0f} % of the noises "
            f"at N = {first.n_train} and {100 * value_of(last):.0f} % at N = {last.n_train}."
        )
    return sentences


def _n50(row: Row) -> str:
    stated = "" if row.ci95 is None else f" (95 % interval {r.about(row.ci95[0])}–{r.about(row.ci95[1])})"
    return f"N = {r.about(value_of(row))}{stated}"
