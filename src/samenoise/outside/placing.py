"""Precisions and devices by the names that people give them."""

from __future__ import annotations

from typing import Any

from samenoise.outside.base import OutsideError

__all__ = ["DTYPES", "FAILURES", "dtype_of", "line_of", "moved"]

DTYPES = ("float32", "float64", "float16", "bfloat16")
FAILURES = (RuntimeError, ValueError, TypeError, AttributeError, NotImplementedError, LookupError)
"""What a network raises that was given what it cannot take: code of others, which has no class for it. A lack of a key
(``LookupError``) is a label that it has no weights for. What ends the process is not among them."""


def dtype_of(name: str, who: str) -> Any:
    """A precision of torch.

    Raises:
        OutsideError: there is none of that name; ``who`` names what should have it.
    """
    import torch

    if name not in DTYPES:
        raise OutsideError(f"{who}: there is no dtype {name!r}; there are {', '.join(DTYPES)}")
    return getattr(torch, name)


def moved(network: Any, who: str, device: str, *precision: Any) -> None:
    """Move a network, or a pipeline of them, to a device, and into a precision if one is given.

    Raises:
        OutsideError: there is no such device here; ``who`` names what should be on it.
    """
    try:
        network.to(device, *precision)
    except (RuntimeError, AssertionError) as error:
        raise OutsideError(f"{who}: the device {device!r} cannot be used here: {line_of(error)}") from error


def line_of(error: BaseException) -> str:
    """The first line of what an error says, or its name."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
