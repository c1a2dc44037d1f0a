"""What a run takes on any number of workers: its schedule, played through with the seconds of each cell.

Workers take cells as executors hand them out: of those whose needs are done, the dearest first, then by name. That is
list scheduling: with work ``s`` in all, and ``c`` in the longest chain of cells one after the other, ``w`` workers take

    max(s / w, c)  <=  makespan  <=  s / w + (1 - 1 / w) c

(Graham, Bounds on multiprocessing timing anomalies, 1969). All workers are alike, and carrying results takes no time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from heapq import heappop, heappush
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
    return _played(_graph(jobs), workers)


class _Graph(NamedTuple):
    """Jobs by numbers, in the order in which they are taken when they are ready."""

    seconds: list[float]
    feeds: list[list[int]]
    """Which jobs need each."""
    needs: list[int]
    """How many jobs each needs."""


def _graph(jobs: Mapping[str, Job]) -> _Graph:
    order = sorted(jobs, key=lambda key: (-jobs[key].rank, key))
    number = {key: k for k, key in enumerate(order)}
    feeds: list[list[int]] = [[] for _ in order]
    needs = []
    for k, key in enumerate(order):
        before = set(jobs[key].needs)
        needs.append(len(before))
        for need in before:
            feeds[number[need]].append(k)
    return _Graph([jobs[key].seconds for key in order], feeds, needs)


def _played(graph: _Graph, workers: int, limit: float = math.inf) -> float:
    """The schedule, job by job: when the last one ends, or a moment that is past ``limit`` if that is later."""
    waiting = graph.needs.copy()
    ready = [k for k, left in enumerate(waiting) if not left]  # in order, and so a heap
    busy: list[tuple[float, int]] = []
    now = 0.0
    while (ready or busy) and now <= limit:
        while ready and len(busy) < workers:
            k = heappop(ready)
            heappush(busy, (now + graph.seconds[k], k))
        now = busy[0][0]
        while busy and busy[0][0] == now:
            _, done = heappop(busy)
            for k in graph.feeds[done]:
                waiting[k] -= 1
                if not waiting[k]:
                    heappush(ready, k)
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
    graph = _graph(jobs)
    few, many = 0, 1
    while _played(graph, many, goal) > goal:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if _played(graph, middle, goal) <= goal else (middle, many)
    return many
