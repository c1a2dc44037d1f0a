"""The local executor: cells side by side in worker processes, each computed by one thread.

The parent knows the order and hands out one cell at a time, the dearest of those that are ready first; workers compute
into the store and report. What a cell computes does not depend on the worker, on the others, or on how many there are.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple

from samenoise.runs.cell import Cell, in_order
from samenoise.runs.store import Store

__all__ = ["CellFailed", "Event", "cores", "execute"]


KEEP_FREED_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**32)}
"""For glibc in the workers: every update of a training frees and asks for the same megabytes again, and giving them
back to the system in between costs a quarter of its time in page faults. Other systems pay no heed to it."""


class CellFailed(RuntimeError):
    """A cell could not be computed. The message is one sentence; ``details`` is the worker's traceback."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class Event(NamedTuple):
    """What happened to a cell: its share done, 0 to 1; 1 is the end. ``cached`` ones were there already."""

    cell: Cell
    share: float
    cached: bool = False


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def execute(
    cells: list[Cell], store: Store, workers: int, on_event: Callable[[Event], None] = lambda event: None
) -> None:
    """Have the results of ``cells`` and of all they need in the store.

    Args:
        workers: processes; results are the same for any number.
        on_event: told of every change, in this process.

    Raises:
        CellFailed: a cell raised or its worker died. Other finished cells are kept; run again to go on.
    """
    todo: dict[str, Cell] = {}
    for cell in in_order(cells):
        if store.has(cell):
            on_event(Event(cell, 1.0, cached=True))
        else:
            todo[cell.hash] = cell
    if not todo:
        return
    waiting = {key: {need.hash for need in cell.needs()} & set(todo) for key, cell in todo.items()}
    with _workers(min(workers, len(todo)), store.root) as pool:
        idle = list(pool)
        busy: dict[_Worker, str] = {}
        while waiting or busy:
            ready = sorted((k for k, needs in waiting.items() if not needs), key=lambda k: (-todo[k].cost, k))
            for key, worker in zip(ready, list(idle), strict=False):
                del waiting[key]
                idle.remove(worker)
                busy[worker] = key
                worker.pipe.send(todo[key])
            for pipe in wait([worker.pipe for worker in busy]):
                worker = next(w for w in busy if w.pipe is pipe)
                cell = todo[busy[worker]]
                message = worker.receive(cell)
                if isinstance(message, float):
                    on_event(Event(cell, message))
                    continue
                if message is not None:
                    raise CellFailed(f"{cell.title}: {message[0]}", message[1])
                del busy[worker]
                idle.append(worker)
                for needs in waiting.values():
                    needs.discard(cell.hash)
                on_event(Event(cell, 1.0))


class _Worker:
    def __init__(self, process: Any, pipe: Connection) -> None:
        self.process, self.pipe = process, pipe

    def receive(self, cell: Cell) -> Any:
        try:
            return self.pipe.recv()
        except EOFError:
            self.process.join(5)
            raise CellFailed(
                f"{cell.title}: its worker process died (exit code {self.process.exitcode}; -9 is most often a lack of "
                "memory). Finished units are kept: run the same command again, with fewer --workers if memory is short"
            ) from None


@contextmanager
def _workers(count: int, root: Path) -> Iterator[list[_Worker]]:
    context = multiprocessing.get_context("spawn")
    pool = []
    try:
        os.environ.update(KEEP_FREED_MEMORY)
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, root), daemon=True)
            process.start()
            theirs.close()
            pool.append(_Worker(process, ours))
        yield pool
    finally:
        for worker in pool:
            worker.process.terminate()
        for worker in pool:
            worker.process.join()


def _work(pipe: Connection, root: Path) -> None:
    """A worker: cells in, shares done and ``None`` (done) or ``(sentence, traceback)`` out."""
    import traceback

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_die_with_parent, daemon=True).start()
    store = Store(root)
    while True:
        try:
            cell: Cell = pipe.recv()
        except EOFError:
            return
        try:
            store.compute(cell, lambda share: pipe.send(float(share)))
            pipe.send(None)
        except Exception as error:  # whatever it is, the parent reports it and stops
            pipe.send((f"{error}" or type(error).__name__, traceback.format_exc()))


def _die_with_parent() -> None:
    """A killed parent cannot stop its workers: they see it go and leave, so that they do not write beside its
    successor."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
