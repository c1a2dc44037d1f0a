"""Values of a file that anybody may have written, as what they should be, or an error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from samenoise.runs.sentence import printable

__all__ = ["count", "floats", "interval", "labelled", "listed", "mapping", "number", "tag", "text"]


def mapping(value: Any) -> Mapping[str, Any]:
    """A mapping, by text."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise TypeError(f"a {type(value).__name__} where keys and values should be")
    return value


def listed(value: Any) -> Sequence[Any]:
    """A list."""
    if not isinstance(value, list):
        raise TypeError(f"a {type(value).__name__} where a list should be")
    return value


def text(value: Any) -> str:
    """Text that can be shown; nothing for ``null``."""
    if not isinstance(value, str | None):
        raise TypeError(f"a {type(value).__name__} where text should be")
    return printable(value or "")


def count(value: Any) -> int | None:
    """A whole number, or ``null``."""
    if isinstance(value, bool) or not isinstance(value, int | None):
        raise TypeError(f"a {type(value).__name__} where a whole number should be")
    return value


def number(value: Any) -> float | None:
    """A finite number, ``None`` for any other and for ``null``."""
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise TypeError(f"a {type(value).__name__} where a number should be")
    return None if value is None or not math.isfinite(value) else float(value)


def interval(value: Any) -> tuple[float, float] | None:
    """Two ends. One is null where the data leave that side open, which reads as infinite; of two nulls nothing is
    known."""
    if value is None:
        return None
    low, high = floats(value, math.inf)
    if all(bound is None for bound in value) or math.isnan(low) or math.isnan(high):
        return None
    return -math.inf if value[0] is None else low, high


def floats(value: Any, null: float = math.nan) -> tuple[float, ...]:
    """Numbers, with ``null`` for null."""
    values = listed(value)
    if any(isinstance(each, bool) or not isinstance(each, int | float | None) for each in values):
        raise TypeError("something else among numbers")
    return tuple(null if each is None else float(each) for each in values)


def labelled(value: Any) -> Mapping[str, Any]:
    """What a row or a panel of the grid is: all of it text that can be shown or plain, with a label at least."""
    return {**tag(mapping(value)), "label": text(value["label"])}


def tag(value: Any) -> Any:
    """Any JSON: a list becomes a tuple of numbers and texts, and no text holds what a terminal obeys."""
    if not isinstance(value, list):
        return _shown(value)
    return tuple(each if isinstance(each, int | float) else printable(str(each)) for each in value)


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(each) for each in value]
    if isinstance(value, dict):
        return {printable(key): _shown(each) for key, each in value.items()}
    return printable(value) if isinstance(value, str) else value
