"""Claims, and the witnesses that each needs: what is said of a run is said where all of them speak for it.

A witness compares the interval of a row with a level, which may have an interval of its own. It holds where the
intervals lie apart in the right order, fails where the value lies on the wrong side, and is open between: a point
estimate alone shows nothing. What was not measured is open too. Where a witness does not hold, the sentence names it,
with its numbers, and says what would settle it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from samenoise.lab.experiment import Witness
from samenoise.lab.run_files import Row
from samenoise.report import rounding as r
from samenoise.report.wording import high_end, listed, low_end, value_of

__all__ = ["NOT_MEASURED", "Level", "above", "below", "claim", "unmet", "unmet_first"]

NOT_MEASURED = "not measured in this run"


class Level(NamedTuple):
    """What a row is held against."""

    value: float
    ci95: tuple[float, float] | None = None

    @property
    def low(self) -> float:
        return self.value if self.ci95 is None else self.ci95[0]

    @property
    def high(self) -> float:
        return self.value if self.ci95 is None else self.ci95[1]


def above(needs: str, row: Row | None, level: Level | None, settles: str, open_settles: str = "more noises") -> Witness:
    """Whether a row lies above a level.

    Args:
        settles: what would settle it where it does not.
        open_settles: what would, where the intervals leave it open.
    """
    return _compared(needs, row, level, settles, open_settles, 1)


def below(needs: str, row: Row | None, level: Level | None, settles: str, open_settles: str = "more noises") -> Witness:
    """Whether a row lies below a level. Arguments as of :func:`above`."""
    return _compared(needs, row, level, settles, open_settles, -1)


def claim(made: str, withheld: str, witnesses: Sequence[Witness]) -> str:
    """``made``, where all witnesses hold; else ``withheld`` with the first that does not. Both end in a full stop."""
    missing = unmet(witnesses)
    return f"{withheld.removesuffix('.')}: {missing}." if missing else made


def unmet(witnesses: Sequence[Witness]) -> str:
    """What is missing and what would settle it; empty where all hold. What speaks against a claim comes before what
    leaves it open."""
    first = unmet_first(witnesses)
    if first is None:
        return ""
    missing = [first, *(w for w in witnesses if not w.holds and w is not first)]
    verb = "is left open" if first.holds is None else "is not so"
    beside = f", and {len(missing) - 1} more of its conditions" if missing[1:] else ""
    settles = listed([*dict.fromkeys(w.settles for w in missing)])
    return f"it needs {first.needs}, which {verb} ({first.seen}){beside}; {settles} would settle it"


def unmet_first(witnesses: Sequence[Witness]) -> Witness | None:
    """Of those that do not hold the one to be named: the first that speaks against a claim, or else leaves it open."""
    return min((w for w in witnesses if not w.holds), key=lambda w: w.holds is None, default=None)


def _compared(needs: str, row: Row | None, level: Level | None, settles: str, open_settles: str, sign: int) -> Witness:
    if row is None or row.value is None or level is None:
        return Witness(needs, NOT_MEASURED, None, "measuring it")
    ends = (low_end(row) - level.high, value_of(row) - level.value)
    if sign < 0:
        ends = (level.low - high_end(row), level.value - value_of(row))
    apart, beyond = ends
    holds = True if apart > 0 else None if beyond > 0 else False
    return Witness(needs, f"{_told(row)} against {_level(level)}", holds, open_settles if holds is None else settles)


def _told(row: Row) -> str:
    value = _number(value_of(row))
    return value if row.ci95 is None else f"{value}, 95 % interval {r.small_interval(row.ci95)}"


def _level(level: Level) -> str:
    value = _number(level.value)
    return value if level.ci95 is None else f"{value} ({r.small_interval(level.ci95)})"


def _number(value: float) -> str:
    """Three digits that say something, and no power of ten."""
    text = f"{value:.3g}" if abs(value) >= 1e-4 or not value else f"{value:.6f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")
