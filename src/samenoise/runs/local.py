"""The local executor: cells side by side in worker processes, each computed by one thread.

The driver hands out one cell at a time; workers compute into the store and report. What a cell computes does not depend
on the worker, on the others, or on how many there are.
"""

from __future__ import annotations

import math
import os
import time
from multiprocessing.connection import wait

from samenoise.runs.cell import Cell
from samenoise.runs.claims import POLL
from samenoise.runs.executor import Event, Told, unheard, wanted
from samenoise.runs.failures import CellFailed, WorkerDied
from samenoise.runs.gpus import AS_IT_IS, Sharing, seats
from samenoise.runs.schedule import Schedule
from samenoise.runs.store import Store
from samenoise.runs.workers import Worker, crew

__all__ = ["OutOfTime", "cores", "execute"]

DEATHS = 2
"""Of workers at one cell, after which it has failed."""


class OutOfTime(Exception):
    """The time that an executor was given is over, and cells are left. Trainings have left their checkpoints."""


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def execute(
    cells: list[Cell],
    store: Store,
    workers: int,
    on_event: Told = unheard,
    *,
    again: bool = True,
    until: float = math.inf,
    sharing: Sharing = AS_IT_IS,
) -> None:
    """Have the results of ``cells`` and of all they need in the store, those of ``cells`` checked to the last byte.

    Args:
        workers: processes; results are the same for any number.
        on_event: told of every change, in this process.
        again: whether cells that failed before are tried once more.
        until: when to stop, by ``time.monotonic()``.
        sharing: how cells share GPUs, and processes cells.

    Raises:
        Unfinished: cells raised, or their workers died twice. All that does not need them is finished.
        CodeChanged: a worker has other code than this process.
        CellFailed: the disk is full, say: no other cell would do better.
        OutOfTime: it is ``until``.
    """
    with wanted(cells, store, on_event, sharing.shards) as todo:
        if again:
            store.failures.forget(todo)
        schedule = Schedule(todo, store, on_event)
        if todo:
            with crew(seats(todo.values(), min(workers, len(todo)), sharing), store.address) as pool:
                _Hands(schedule, pool, until, sharing).work()
    schedule.finish()


class _Hands:
    """Workers that are idle, and workers that are busy."""

    def __init__(self, schedule: Schedule, pool: list[Worker], until: float, sharing: Sharing) -> None:
        self.schedule, self.idle, self.until, self.sharing = schedule, list(pool), until, sharing
        self.busy: dict[Worker, Cell] = {}
        self.deaths: dict[str, int] = {}

    def work(self) -> None:
        """Until nothing is left."""
        try:
            while self.schedule.left:
                if time.monotonic() > self.until:
                    raise OutOfTime
                mine, elsewhere = self.schedule.claimed(len(self.idle), sum(each.has_gpu for each in self.idle))
                for cell in sorted(mine, key=lambda cell: not cell.on_gpu):  # the others take any worker
                    self._hand_out(cell)
                if self.busy:
                    self._listen(None if self.until == math.inf and not elsewhere else POLL)
                elif self.schedule.left:
                    time.sleep(POLL)
        finally:
            self.schedule.release_all()

    def _hand_out(self, cell: Cell) -> None:
        worker = min(self.idle, key=lambda each: each.has_gpu != cell.on_gpu)
        self.idle.remove(worker)
        ranks = self.sharing.of(cell)
        try:
            worker.send(cell, ranks)
        except WorkerDied:  # while it was idle
            worker.start_again()
            worker.send(cell, ranks)
        self.busy[worker] = cell

    def _listen(self, seconds: float | None) -> None:
        for pipe in wait([worker.pipe for worker in self.busy], seconds):
            worker = next(each for each in self.busy if each.pipe is pipe)
            cell = self.busy[worker]
            try:
                share = worker.receive(cell)
            except WorkerDied as death:
                self._free(worker)
                worker.start_again()
                self.deaths[cell.hash] = self.deaths.get(cell.hash, 0) + 1
                if self.deaths[cell.hash] < DEATHS:
                    self.schedule.again(cell.hash)
                else:
                    self.schedule.failed(cell.hash, death)
            except CellFailed as failure:
                self._free(worker)
                self.schedule.failed(cell.hash, failure)
            else:
                if share is None:
                    self._free(worker)
                    self.schedule.done(cell.hash)
                else:
                    self.schedule.on_event(Event(cell, share))

    def _free(self, worker: Worker) -> None:
        del self.busy[worker]
        self.idle.append(worker)
