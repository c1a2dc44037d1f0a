"""Numbers and shapes as they are written on the command line."""

from __future__ import annotations

import re

from samenoise.outside.base import OutsideError

__all__ = ["numbers", "shape_of"]


def numbers(text: str) -> list[int]:
    """``0-299,512`` as numbers, each once.

    Raises:
        OutsideError: it is no list of numbers.
    """
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
        if not match or (match[2] and int(match[2]) < int(match[1])):
            raise OutsideError(f"numbers are like 0-299,512, got {text!r}")
        found += range(int(match[1]), int(match[2] or match[1]) + 1)
    if len(set(found)) < len(found):
        raise OutsideError(f"{text!r} names a number twice")
    return found


def shape_of(text: str) -> tuple[int, ...]:
    """``3x32x32``.

    Raises:
        OutsideError: it is no shape.
    """
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)*", text):
        raise OutsideError(f"a shape is like 3x32x32, got {text!r}")
    return tuple(int(n) for n in text.split("x"))
