"""How much memory something takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager


class Peak:
    """Bytes that Python and NumPy held at most; what torch holds of images that were read is in NumPy's memory."""

    bytes = -1


@contextmanager
def traced() -> Iterator[Peak]:
    """The peak of a block, known after it: of all threads, and of this block alone, however the one before it ended."""
    peak = Peak()
    tracemalloc.start()
    try:
        yield peak
        peak.bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
