"""Numbers in words, rounded against the claim they serve: a share that should be high is rounded down, one that
should be low is rounded up, an interval is rounded outward."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

__all__ = [
    "about",
    "at_least",
    "at_most",
    "interval",
    "percent_at_least",
    "percent_at_most",
    "percents",
    "small_interval",
]


def at_least(value: float, digits: int = 2) -> str:
    """``value`` rounded down to ``digits`` decimals."""
    return _rounded(value, digits, ROUND_FLOOR)


def at_most(value: float, digits: int = 2) -> str:
    """``value`` rounded up to ``digits`` decimals."""
    return _rounded(value, digits, ROUND_CEILING)


def interval(ci95: tuple[float, float], digits: int = 2) -> str:
    """``lo–hi``, each rounded away from the other."""
    return f"{at_least(ci95[0], digits)}–{at_most(ci95[1], digits)}"


def small_interval(ci95: tuple[float, float]) -> str:
    """The same with two digits that say something, however small the ends are: ``−0.0084 to −0.0046``."""
    largest = max(map(abs, ci95))
    digits = 2 if largest == 0 or math.isinf(largest) else max(2, 1 - math.floor(math.log10(largest)))
    low, high = at_least(ci95[0], digits), at_most(ci95[1], digits)
    return f"{low} to {high}".replace("-", "−") if ci95[0] < 0 else f"{low}–{high}"


def percent_at_least(share: float) -> str:
    """A share in [0, 1] as a percentage, rounded down: 0.996 is 99.6 %, never 100 %."""
    return _percent(share, ROUND_FLOOR)


def percent_at_most(share: float) -> str:
    """A share in [0, 1] as a percentage, rounded up: 0.0004 is 0.1 %, never 0 %."""
    return _percent(share, ROUND_CEILING)


def percents(ci95: tuple[float, float]) -> str:
    """``lo to hi %``, each rounded away from the other to a tenth."""
    return f"{at_least(100 * ci95[0], 1)} to {at_most(100 * ci95[1], 1)} %"


def about(value: float) -> str:
    """A training size, to the nearest: whole, or with one decimal below 10 where that is not 0."""
    return _rounded(value, 0 if value >= 10 else 1, ROUND_HALF_EVEN).removesuffix(".0")


def _percent(share: float, rounding: str) -> str:
    percent = Decimal(repr(share)) * 100
    text = str(percent.quantize(Decimal("0.1" if percent < 10 or percent > 99 else "1"), rounding))
    return f"{text.removesuffix('.0')} %"


def _rounded(value: float, digits: int, rounding: str) -> str:
    if math.isinf(value):
        return "∞"
    return str(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), rounding))
