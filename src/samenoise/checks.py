"""What an argument must be. Nothing is rounded, cut off or taken for something else: it is right, or one sentence says
what would be.

``True`` is no number here, though Python counts it as 1: where it stands for one, somebody has mixed up two arguments.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Iterable
from numbers import Real
from typing import Any

import numpy as np
from torch import Tensor

__all__ = ["END", "ids", "once", "one_of", "real", "whole"]

END = 2**63
"""Seeds and numbers of noises lie below it: they are kept in 64 bits with a sign."""


def whole(value: Any, what: str, least: int | None = None, end: int | None = None) -> int:
    """``value`` as a Python integer, at least ``least`` and below ``end``.

    Raises:
        TypeError: it is no whole number; 2.0 is none, and neither is ``True``.
        ValueError: it lies outside.
    """
    if isinstance(value, bool | np.bool_) or not hasattr(type(value), "__index__"):
        raise TypeError(f"{what} is a whole number, got {value!r}")
    try:
        number = operator.index(value)
    except TypeError:  # a tensor of floats, or of several numbers
        raise TypeError(f"{what} is a whole number, got {value!r}") from None
    if (least is not None and number < least) or (end is not None and number >= end):
        last = "2**63 - 1" if end == END else "" if end is None else f"{end - 1:,}"
        raise ValueError(f"{what} is {f'{least} .. {last}' if last else f'at least {least}'}, got {number}")
    return number


def real(value: Any, what: str, least: float = -math.inf, most: float = math.inf, *, above: float = -math.inf) -> float:
    """``value`` as a finite Python float, ``least`` to ``most`` and strictly above ``above``.

    Raises:
        TypeError: it is no number.
        ValueError: it is NaN or infinite, or lies outside.
    """
    if isinstance(value, Tensor) and value.ndim == 0:
        value = value.item()
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(f"{what} is a number, got {value!r}")
    number = float(value)
    if not (math.isfinite(number) and least <= number <= most and number > above):
        low = f"above {above:g}" if above > -math.inf else f"at least {least:g}" if least > -math.inf else ""
        high = f"at most {most:g}" if most < math.inf else ""
        raise ValueError(f"{what} is {' and '.join(filter(None, [low, high])) or 'finite'}, got {number:g}")
    return number


def ids(numbers: Iterable[Any] | Tensor) -> list[int]:
    """Numbers of noises, of a sequence or a tensor of one row.

    Raises:
        TypeError: one is no whole number; a mask of ``True`` and ``False`` holds none.
        IndexError: one is negative or beyond 2**63 - 1.
    """
    listed = numbers.tolist() if isinstance(numbers, Tensor | np.ndarray) else numbers
    found = []
    for number in listed:
        i = number if type(number) is int else whole(number, "the number of a noise")
        if not 0 <= i < END:
            raise IndexError(f"noise numbers start at 0 and end at 2**63 - 1, got {i}")
        found.append(i)
    return found


def one_of(value: Any, what: str, known: Collection[Any]) -> None:
    """Raise a ``ValueError`` unless ``value`` is one of ``known``."""
    if not any(type(value) is type(each) and value == each for each in known):
        raise ValueError(f"{what} is {' or '.join(map(repr, known))}, got {value!r}")


def once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, each of whose keys stands there once: the ``object_pairs_hook`` of :func:`json.loads`.

    Raises:
        ValueError: a key stands there twice, of which one would be lost.
    """
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r:.200} stands there twice")
        found[key] = value
    return found
