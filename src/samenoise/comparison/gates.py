"""Gates: what has to hold, or the exit code is 3.

rp < 0.95              fails where a score of any pair, over all noises, is so
broken > 0             the number of broken pictures, of any side
within ceiling 0.02    RP is no lower than that of a side with itself, less 0.02: shown at 95 % by the exact paired
                       test of :mod:`samenoise.metrics.noninferiority`
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from samenoise.comparison.result import Comparison, Pair
from samenoise.comparison.scores import METRICS
from samenoise.metrics.noninferiority import noises_for_drop, noninferior
from samenoise.outside.base import OutsideError

__all__ = ["Condition", "Verdict", "judge", "parse_condition", "within_ceiling"]

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
FORM = re.compile(r"\s*(?P<metric>\w+)\s*(?P<operator><=|>=|<|>)\s*(?P<value>\S+)\s*")
OTHERWISE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
"""What holds where a condition is not met."""
BROKEN = "broken"


class Condition(NamedTuple):
    """A condition under which a comparison fails."""

    metric: str
    operator: str
    value: float

    def __str__(self) -> str:
        return f"{self.metric} {self.operator} {self.value:g}"

    @property
    def gate(self) -> str:
        """What has to hold, so that it is not met."""
        return f"{self.metric} {OTHERWISE[self.operator]} {self.value:g}"

    def met(self, value: float) -> bool:
        """Whether it is so."""
        return OPERATORS[self.operator](value, self.value)


class Verdict(NamedTuple):
    """What became of one gate."""

    gate: str
    about: str
    """The pair, or the side, that it is about."""
    passed: bool
    found: str
    """In a few words."""


def parse_condition(text: str) -> Condition:
    """``rp < 0.95``.

    Raises:
        OutsideError: it is no such condition.
    """
    names = [*METRICS, BROKEN]
    if not (match := FORM.fullmatch(text)):
        raise OutsideError(f'a condition is like "rp < 0.95", got {text!r}; there are {", ".join(names)}')
    if match["metric"] not in names:
        raise OutsideError(f"there is no score {match['metric']!r}; there are {', '.join(names)}")
    try:
        return Condition(match["metric"], match["operator"], float(match["value"]))
    except ValueError:
        raise OutsideError(f"{match['value']!r} in {text!r} is not a number") from None


def judge(found: Comparison, conditions: Sequence[Condition] = (), margin: float | None = None) -> list[Verdict]:
    """What becomes of every gate, for every pair."""
    verdicts = []
    for condition in conditions:
        if condition.metric == BROKEN:
            count = sum(len(each.ids) for each in found.broken)
            verdicts.append(Verdict(condition.gate, "all sides", not condition.met(count), f"{count} broken"))
            continue
        for pair in found.pairs:
            if condition.metric == "rp_auc" and not any(row.metric == "rp_auc" for row in pair.rows):
                raise OutsideError("rp_auc needs a prompt or class with at least two noises")
            value = pair.value(condition.metric)
            about = f"{pair.a} : {pair.b}"
            verdicts.append(Verdict(condition.gate, about, not condition.met(value), f"{value:.4g}"))
    if margin is not None:
        verdicts += [within_ceiling(found, pair, margin) for pair in found.pairs]
    return verdicts


def within_ceiling(found: Comparison, pair: Pair, margin: float) -> Verdict:
    """Whether RP of a pair is no lower than its ceiling, less ``margin``.

    The ceiling is the first side of the pair that draws, against itself: a noise counts as matched there when its
    lowest similarity over all ways is above the threshold. Where both sides are images that exist, a ceiling of 1 is
    taken.
    """
    flags = found.ceiling_flags(pair)
    if flags is not None and np.isnan(flags).any():
        raise ValueError("the ceiling has to be measured at every noise of the comparison")
    same = pair.measured.similarity > found.threshold
    at_ceiling = np.ones_like(same) if flags is None else flags.astype(bool)
    test = noninferior(at_ceiling, same, margin)
    says = f"worse by {test.difference:.4f} of {test.n} noises, p = {test.p:.2g}"
    if not test.holds and test.difference <= 0:
        says += f": too few noises to show it, which takes {noises_for_drop(margin)}"
    if flags is None:
        says += "; a ceiling of 1 is taken, as neither side can be drawn again"
    return Verdict(f"within ceiling less {margin:g}", f"{pair.a} : {pair.b}", test.holds, says)
