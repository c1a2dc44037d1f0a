"""What a run takes on any number of workers: its schedule, played through with the seconds of each cell.

Workers take cells as executors hand them out: of those whose needs are done, the dearest first, then by name. That is
list scheduling: with work ``s`` in all, and ``c`` in the longest chain of cells one after the other, ``w`` workers take

    max(s / w, c)  <=  makespan  <=  s / w + (1 - 1 / w) c

(Graham, Bounds on multiprocessing timing anomalies, 1969). All workers are alike, and carrying results takes no time.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from samenoise.runs.cell import Cell

__all__ = ["Job", "enough", "jobs_of", "longest_chain", "makespan"]


class Job(NamedTuple):
    """A cell, as far as a schedule knows it."""

    seconds: float
    needs: tuple[str, ...] = ()
    """Names of jobs that come before it."""
    rank: float = 0.0
    """The higher, the sooner it is taken."""


def jobs_of(cells: list[Cell], seconds: Mapping[str, float]) -> dict[str, Job]:
    """Cells by hash, needs first as they come, but for those without ``seconds``: they are there already."""
    found = {}
    for cell in cells:
        if cell.hash in seconds:
            needs = tuple(need.hash for need in cell.needs() if need.hash in seconds)
            found[cell.hash] = Job(seconds[cell.hash], needs, cell.cost)
    return found


def makespan(jobs: Mapping[str, Job], workers: int) -> float:
    """Seconds from the start to the end of the last job."""
    waiting = {key: len(set(job.needs)) for key, job in jobs.items()}
    feeds: dict[str, list[str]] = {key: [] for key in jobs}
    for key, job in jobs.items():
        for need in set(job.needs):
            feeds[need].append(key)
    ready = [(-jobs[key].rank, key) for key, left in waiting.items() if not left]
    heapify(ready)
    busy: list[tuple[float, str]] = []
    now = 0.0
    while ready or busy:
        while ready and len(busy) < workers:
            _, key = heappop(ready)
            heappush(busy, (now + jobs[key].seconds, key))
        now = busy[0][0]
        while busy and busy[0][0] == now:
            _, done = heappop(busy)
            for key in feeds[done]:
                waiting[key] -= 1
                if not waiting[key]:
                    heappush(ready, (-jobs[key].rank, key))
    return now


def longest_chain(jobs: Mapping[str, Job]) -> list[str]:
    """The jobs, each of which needs the one before, that take longest together: no number of workers is faster.

    ``jobs`` come needs first.
    """
    ends: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for key, job in jobs.items():
        last = max(job.needs, key=lambda need: (ends[need], need), default=None)
        before[key] = last
        ends[key] = job.seconds + (0.0 if last is None else ends[last])
    at = max(ends, key=lambda key: (ends[key], key), default=None)
    chain: list[str] = []
    while at is not None:
        chain.append(at)
        at = before[at]
    return chain[::-1]


def enough(jobs: Mapping[str, Job], within: float = 0.05) -> int:
    """Workers beyond which more do not help: the fewest, as far as halving finds them, with which a run takes no more
    than its longest chain and the share ``within``."""
    goal = (1 + within) * sum(jobs[key].seconds for key in longest_chain(jobs))
    few, many = 0, 1
    while makespan(jobs, many) > goal:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if makespan(jobs, middle) <= goal else (middle, many)
    return many
