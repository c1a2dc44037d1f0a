"""Numbers and shapes as they are written on the command line."""

from __future__ import annotations

import re

from samenoise.checks import END
from samenoise.outside.base import OutsideError
from samenoise.runs.sentence import said

__all__ = ["numbers", "shape_of"]

MOST = 2**24
"""Numbers that are named at once."""


def numbers(text: str) -> list[int]:
    """``0-299,512`` as numbers, each once.

    Raises:
        OutsideError: it is no list of numbers.
    """
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,19})(?:-([0-9]{1,19}))?\s*", part)
        if not match or (match[2] and int(match[2]) < int(match[1])):
            raise OutsideError(f"numbers are like 0-299,512, got {said(text)}")
        first, last = int(match[1]), int(match[2] or match[1])
        if last >= END or len(found) + last - first >= MOST:
            raise OutsideError(f"numbers are below 2**63, and at most {MOST:,} of them; got {said(text)}")
        found += range(first, last + 1)
    if len(set(found)) < len(found):
        raise OutsideError(f"{said(text)} names a number twice")
    return found


def shape_of(text: str) -> tuple[int, ...]:
    """``3x32x32``.

    Raises:
        OutsideError: it is no shape.
    """
    if not re.fullmatch(r"[1-9][0-9]{0,8}(x[1-9][0-9]{0,8}){0,7}", text):
        raise OutsideError(f"a shape is like 3x32x32, got {said(text)}")
    return tuple(int(n) for n in text.split("x"))
