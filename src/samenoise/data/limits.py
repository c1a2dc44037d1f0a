"""How much of a data set is read: of one image, of what is said about images, and in all.

What counts is what comes out, while it comes out. A header or a directory is believed where it says that there is too
much, and never where it says that there is little.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["MAX_BYTES", "MAX_METADATA", "MAX_PIXELS", "MAX_SET", "MAX_SIDE", "read_file", "too_many"]

MAX_PIXELS = 2**26
"""Of one image, 67 million; known from its header, before anything is decoded."""

MAX_SIDE = 2**13
"""Of the images of a set, in pixels: a square of so many is the largest image."""

MAX_BYTES = 8 * MAX_PIXELS
"""Of one image file, 512 MiB: the largest image in 16-bit RGBA, uncompressed."""

MAX_METADATA = 2**26
"""Bytes, 64 MiB, of a ``dataset.json``, and of the directory of an archive."""

MAX_SET = 2**34
"""Bytes, 16 GiB, of a set as it is kept: float32 images and int64 labels."""


def read_file(path: Path, most: int) -> bytes:
    """The content of a file.

    Raises:
        ValueError: it has more than ``most`` bytes.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(min(os.fstat(file.fileno()).st_size, most) + 1)
    if len(data) > most:
        raise ValueError(f"has more than {most:,} bytes")
    return data


def too_many(count: int, shape: tuple[int, ...]) -> ValueError:
    """What to say of a set that does not fit."""
    return ValueError(
        f"{count:,} images of {' x '.join(map(str, shape))} and more are over the limit of {MAX_SET:,} bytes for a set "
        "in float32; give a smaller size"
    )
