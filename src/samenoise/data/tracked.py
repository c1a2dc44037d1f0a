"""A progress bar for work that takes a while."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

__all__ = ["tracked"]

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds of work before a bar shows."""


def tracked(work: Iterable[T], total: int) -> Iterator[T]:
    """The same things in turn, ``total`` in all, with a progress bar on stderr once they have taken a while."""
    from rich.console import Console
    from rich.progress import Progress

    bar, start = Progress(console=Console(stderr=True)), time.monotonic()
    task = bar.add_task("read", total=total)
    shown = False
    try:
        for done, thing in enumerate(work):
            if not shown and time.monotonic() - start > PATIENCE:
                bar.start()
                shown = True
            if shown:
                bar.update(task, completed=done)
            yield thing
        bar.update(task, completed=total)
    finally:
        if shown:
            bar.stop()
