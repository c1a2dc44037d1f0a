"""Whether other work has this machine: then what was promised of it takes longer."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from samenoise.runs.local import cores

try:
    import resource
except ImportError:  # Windows, where nothing of this is known
    resource = None  # type: ignore[assignment]  # mypy takes a name for a module for good

__all__ = ["busy", "crowded"]

SLOW = 1.3
"""Times the clock may have run of what the processors gave before it is worth a word."""


@contextmanager
def crowded(told: Callable[[str], None], processes: int = 1, least: float = 0.0) -> Iterator[None]:
    """While something is computed: afterwards ``told`` hears of it if other work had this machine too.

    Args:
        processes: side by side, this one or its children.
        least: seconds of the clock below which nothing is said.
    """
    began, before = time.monotonic(), _processor()
    yield
    seconds = time.monotonic() - began
    if resource is None or seconds < least:
        return
    clock = seconds * min(processes, cores())
    if sentence := busy(clock, _processor() - before, max(processes, cores()), os.getloadavg()[0]):
        told(sentence)


def busy(clock: float, processor: float, wanted: int, load: float) -> str | None:
    """A sentence where both show it: more processes want to run than there would be without other work, and the work
    had clearly less of the processor than of the clock.

    Args:
        clock: seconds that the work took, times the cores that it might have had.
        processor: seconds of the processor that it got.
        wanted: cores of this machine, or processes of the work if they are more.
        load: processes that want to run, on average.
    """
    slower = clock / max(processor, 1e-9)
    if load <= wanted or slower < SLOW:
        return None
    return (
        f"other work has this machine too (load average {load:.1f}): a second of computing takes {slower:.1f} of the "
        "clock, and times told here are of a machine with nothing else to do"
    )


def _processor() -> float:
    """Seconds that this process and those of its children that have ended had."""
    if resource is None:
        return 0.0
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
