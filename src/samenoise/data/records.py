"""Files that hold the arrays of many images, read a block at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

__all__ = ["Block", "Records", "regular"]

Block = tuple[np.ndarray, np.ndarray]
"""Pixels uint8 ``(k, c, h, w)`` and labels int64 ``(k,)``."""


@dataclass(frozen=True)
class Records:
    """The images of one file; one that is not whole is said to be damaged when its blocks are read."""

    count: int
    """Images, as the file has it."""
    most: int
    """Images that can be in it, by its length."""
    shape: tuple[int, ...]
    """``(c, h, w)``."""
    blocks: Callable[[], Iterator[Block]]


def regular(path: Path) -> Path:
    """The path of a file.

    Raises:
        ValueError: it is a folder, a pipe, a device or a link to nothing, which is not taken for "nothing there".
    """
    if not path.is_file():
        raise ValueError(f"{path} is no file, and has the name of one that belongs to the data")
    return path
