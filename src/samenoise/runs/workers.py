"""Worker processes: each computes one cell at a time into the store, with one thread, and says how far it is.

What goes to a worker is a cell and the hash that its driver knows it by. The worker works out the hash from its own
code: if that differs, the code was changed since the driver started, and the result would be kept under a wrong name.

The processes are started here and not by multiprocessing, whose own cry out, with a traceback, when their driver is
killed while they start. Theirs is only what they are told first: where modules are, and what ``__main__`` is.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.spawn import get_preparation_data, prepare
from typing import Any

from samenoise.runs.address import Address, reopen_store
from samenoise.runs.cell import Cell, Progress
from samenoise.runs.failures import CellFailed, CodeChanged, WorkerDied
from samenoise.runs.gpus import ALL, NONE, VISIBLE
from samenoise.runs.ranks import RankFailed, together
from samenoise.runs.store import Store

__all__ = ["Worker", "computed", "crew", "freed_memory_kept", "work"]

KEEP_FREED_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**32)}
"""For glibc in the workers: every update of a training frees and asks for the same megabytes again, and giving them
back to the system in between costs a quarter of its time in page faults. Other systems pay no heed to it."""
MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1
"""The two in glibc's ``malloc.h``."""
CHANGED = "changed"
PATIENCE = 5.0
"""Seconds that a worker is given to end."""


class Worker:
    """A worker as its driver sees it, on the store at ``root``; its process ends when the pipe ``alive`` does.

    Args:
        gpus: that it sees, see :func:`samenoise.runs.gpus.seats`.
    """

    def __init__(self, alive: int, root: Address, gpus: str = ALL) -> None:
        self.alive, self.root, self.gpus = alive, root, gpus
        self.process, self.pipe = _start(alive, root, gpus)

    @property
    def has_gpu(self) -> bool:
        """Whether it takes cells that want one."""
        return self.gpus != NONE

    def start_again(self) -> None:
        """A new process, in the place of one that died."""
        self.pipe.close()
        self.process, self.pipe = _start(self.alive, self.root, self.gpus)

    def send(self, cell: Cell, ranks: int = 1) -> None:
        """Have it compute a cell, by so many processes."""
        try:
            self.pipe.send((cell.hash, pickle.dumps(cell), ranks))
        except OSError:
            raise self._died(cell) from None

    def receive(self, cell: Cell) -> float | None:
        """The share of the cell that is done, ``None`` when all of it is.

        Raises:
            WorkerDied: the process is no more.
            CellFailed: the cell raised.
        """
        try:
            message = self.pipe.recv()
        except (EOFError, OSError):
            raise self._died(cell) from None
        if message == CHANGED:
            raise CodeChanged
        if message is not None and not isinstance(message, float):
            raise CellFailed(f"{cell.title}: {message[0]}", message[1])
        return message

    def _died(self, cell: Cell) -> WorkerDied:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        return WorkerDied(
            f"{cell.title}: its worker process died (exit code {self.process.returncode}; -9 is most often a lack of "
            "memory). Finished units are kept: run the same command again, with fewer --workers if memory is short"
        )


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Until the end of the block this process keeps freed memory, as workers do."""
    _thresholds(2**30, 2**31 - 1)
    try:
        yield
    finally:  # what glibc comes to by itself in a process that frees large pieces
        _thresholds(2**25, 2**26)
        with suppress(OSError, AttributeError, TypeError):
            ctypes.CDLL(None).malloc_trim(0)


def _thresholds(mmap: int, trim: int) -> None:
    with suppress(OSError, AttributeError, TypeError):  # another system's library has no such function
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(MMAP_THRESHOLD, mmap)
        mallopt(TRIM_THRESHOLD, trim)


@contextmanager
def crew(seats: Sequence[str], root: Address) -> Iterator[list[Worker]]:
    """Workers on the store at ``root``, one for each of ``seats``, until the end of the block."""
    pool: list[Worker] = []
    alive, ours_alone = os.pipe()  # it ends for the workers when this process does, however it does
    try:
        for gpus in seats:
            pool.append(Worker(alive, root, gpus))
        yield pool
    finally:
        os.close(alive)
        os.close(ours_alone)
        for worker in pool:
            worker.process.terminate()
        for worker in pool:
            _ended(worker.process)
            worker.pipe.close()


def _ended(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start(alive: int, root: Address, gpus: str) -> tuple[subprocess.Popen[bytes], Connection]:
    ours, theirs = Pipe()
    code = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        f"from samenoise.runs.workers import work; work({theirs.fileno()}, {alive})"
    )
    with _uninterrupted():
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.DEVNULL,
            env={**os.environ, **KEEP_FREED_MEMORY, **({} if gpus == ALL else {VISIBLE: gpus})},
            pass_fds=(theirs.fileno(), alive),
        )
    theirs.close()
    told = {name: value for name, value in get_preparation_data("worker").items() if name != "authkey"}
    with suppress(OSError):  # it died already: who gives it a cell will say so
        ours.send((told, root))
    return process, ours


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C is the driver's to handle: a process started here is not told of it, not even while it starts."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def work(descriptor: int, alive: int) -> None:
    """A worker: ``(hash, cell, processes)`` in; shares done and ``None`` (done), ``(sentence, traceback)`` or
    ``CHANGED`` out."""
    threading.Thread(target=_end_with_driver, args=(alive,), daemon=True).start()
    pipe = Connection(descriptor)
    try:
        told, root = pipe.recv()
    except (EOFError, OSError):
        return
    prepare(told)
    store = reopen_store(root)

    def tell(message: Any) -> None:
        try:
            pipe.send(message)
        except OSError:  # the driver is gone, and nobody is left to be told of it
            os._exit(1)

    while True:
        try:
            known, pickled, ranks = pipe.recv()
        except (EOFError, OSError):
            return
        tell(computed(store, known, pickled, ranks, lambda share: tell(float(share))))


def computed(
    store: Store, known: str, pickled: bytes, ranks: int = 1, progress: Progress = lambda share: None
) -> tuple[str, str] | str | None:
    """Compute a cell, by so many processes: ``None`` where it is done, ``(sentence, traceback)`` of what went wrong, or
    ``CHANGED``."""
    cell = _understood(pickled, known)
    if cell is None:
        return CHANGED
    try:
        if ranks > 1:
            together(cell, store, ranks, progress)
        else:
            store.compute(cell, progress)
    except RankFailed as failure:
        return str(failure), failure.details
    except Exception as error:  # any cell may raise anything, and only its driver can say so
        return f"{error}" or type(error).__name__, traceback.format_exc()
    return None


def _understood(pickled: bytes, known: str) -> Cell | None:
    """The cell, unless it is another one to the code of this process, or nothing at all."""
    try:
        cell: Cell = pickle.loads(pickled)
        return cell if cell.hash == known else None
    except Exception:  # a class or a field is gone, a module does not import: all are changes of code
        return None


def _end_with_driver(alive: int) -> None:
    """A killed driver cannot stop its workers: they see it go and leave, so that they do not use the machine beside
    its successor."""
    os.read(alive, 1)
    os._exit(1)
