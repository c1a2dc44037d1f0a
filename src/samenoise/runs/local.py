"""The local executor: cells side by side in worker processes, each computed by one thread.

The driver knows the order and hands out one cell at a time, the dearest of those that are ready first; workers compute
into the store and report. What a cell computes does not depend on the worker, on the others, or on how many there are.

Any number of drivers may work in one run directory, on one host or on many. Each claims a cell before it hands it out;
a cell that another has claimed is left alone for now, and is done once its result appears.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from typing import NamedTuple

from samenoise.runs.cell import Cell, in_order
from samenoise.runs.claims import POLL
from samenoise.runs.store import Store
from samenoise.runs.workers import CellFailed, CodeChanged, Worker, crew

__all__ = ["CellFailed", "CodeChanged", "Event", "cores", "execute", "lacking"]


class Event(NamedTuple):
    """What happened to a cell: its share done, 0 to 1; 1 is the end. ``cached`` ones were there already, or were
    computed by another driver."""

    cell: Cell
    share: float
    cached: bool = False


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def execute(
    cells: list[Cell], store: Store, workers: int, on_event: Callable[[Event], None] = lambda event: None
) -> None:
    """Have the results of ``cells`` and of all they need in the store, those of ``cells`` checked to the last byte.

    Args:
        workers: processes; results are the same for any number.
        on_event: told of every change, in this process.

    Raises:
        CellFailed: a cell raised or its worker died. Other finished cells are kept; run again to go on.
        CodeChanged: a worker has other code than this process.
    """
    everything = {cell.hash: cell for cell in in_order(cells)}
    with store.claims.using(everything):
        store.drafts.tidy()
        todo = lacking(cells, store)
        for key, cell in everything.items():
            if key not in todo:
                on_event(Event(cell, 1.0, cached=True))
        if todo:
            with crew(min(workers, len(todo)), store.root) as pool:
                _Schedule(todo, store, pool, on_event).work()
        for key in everything.keys() & set(store.drafts.names()):  # of those who were killed between seal and clearing
            store.drafts.clear(key)


def lacking(cells: list[Cell], store: Store) -> dict[str, Cell]:
    """What is to be computed for ``cells``: all that is not there, and all that is there and damaged, if it would be
    read. Read are ``cells``, and what a cell needs that is to be computed; that, every byte of it, is looked at now."""
    everything = in_order(cells)
    found = {cell.hash: cell for cell in everything if not store.has(cell)}
    read = [*cells, *(need for cell in found.values() for need in cell.needs())]
    good: set[str] = set()
    while read:
        cell = read.pop()
        if cell.hash in good or cell.hash in found:
            continue
        if store.whole(cell):
            good.add(cell.hash)
        else:  # and now its own needs are read
            found[cell.hash] = cell
            read += cell.needs()
    return {cell.hash: cell for cell in everything if cell.hash in found}


class _Schedule:
    """Cells that wait for others, and workers that are busy with the rest."""

    def __init__(
        self, todo: dict[str, Cell], store: Store, pool: list[Worker], on_event: Callable[[Event], None]
    ) -> None:
        self.todo, self.store, self.idle, self.on_event = todo, store, list(pool), on_event
        self.waiting = {key: {need.hash for need in cell.needs()} & set(todo) for key, cell in todo.items()}
        self.busy: dict[Worker, str] = {}

    def work(self) -> None:
        """Until all is there."""
        try:
            while self.waiting or self.busy:
                all_ours = self._hand_out()
                if self.busy:
                    self._listen(None if all_ours else POLL)
                elif not all_ours:
                    time.sleep(POLL)
        finally:
            for key in self.busy.values():
                self.store.claims.release(key)

    def _hand_out(self) -> bool:
        """Give work to who is idle. ``False`` if a cell that is ready is in the hands of another driver."""
        all_ours, appeared = True, False
        ready = [key for key, needs in self.waiting.items() if not needs]
        for key in sorted(ready, key=lambda key: (-self.todo[key].cost, key)):
            if not self.idle:
                break
            cell = self.todo[key]
            if self.store.has(cell) and self.store.whole(cell):
                self._done(key, cached=True)
                appeared = True
            elif self.store.claims.take(key):
                worker = self.idle.pop(0)
                self.busy[worker] = key
                del self.waiting[key]
                worker.send(cell)
            else:
                all_ours = False
        return self._hand_out() if appeared else all_ours

    def _listen(self, seconds: float | None) -> None:
        for pipe in wait([worker.pipe for worker in self.busy], seconds):
            worker = next(each for each in self.busy if each.pipe is pipe)
            key = self.busy[worker]
            share = worker.receive(self.todo[key])
            if share is not None:
                self.on_event(Event(self.todo[key], share))
                continue
            del self.busy[worker]
            self.idle.append(worker)
            self.store.claims.release(key)
            self._done(key)

    def _done(self, key: str, cached: bool = False) -> None:
        self.waiting.pop(key, None)
        for needs in self.waiting.values():
            needs.discard(key)
        self.on_event(Event(self.todo[key], 1.0, cached))
