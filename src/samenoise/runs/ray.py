"""The Ray executor: a task for each cell, as soon as what it needs is there.

Ray says where, and tries again where a worker or a node was lost; a cell that raises is not tried again. A cell is done
when its result is in the run directory, which all nodes must see at the same path.
"""

from __future__ import annotations

import os
import pickle
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from samenoise.runs.address import reopen_store
from samenoise.runs.cell import Cell, ConfigError
from samenoise.runs.claims import POLL
from samenoise.runs.executor import Told, wanted
from samenoise.runs.failures import CellFailed, CodeChanged, WorkerDied
from samenoise.runs.gpus import AS_IT_IS, Sharing
from samenoise.runs.schedule import Schedule
from samenoise.runs.store import Store
from samenoise.runs.workers import CHANGED, KEEP_FREED_MEMORY, computed

__all__ = ["Ray", "compute_cell"]

CONNECT, LOOK, SILENT = 3.0, 1.0, 8.0
"""Seconds for a connection to the head, between looks at it, and after which it counts as gone."""
TRIES = 3
"""Of Ray, after a worker or a node was lost."""
AHEAD = 2
"""Tasks in Ray's hands for each of its processors: what is handed out is claimed."""


def compute_cell(root: str, known: str, pickled: bytes, ranks: int) -> tuple[str, str] | str | None:
    """In a worker of Ray: compute a cell into the store at ``root``, by so many processes; what went wrong, in a
    sentence with its traceback, or that the code differs."""
    return computed(reopen_store(root), known, pickled, ranks)


@dataclass(frozen=True)
class Ray:
    """Computes cells by tasks of Ray.

    Args:
        address: of the cluster; "auto" finds the one this machine is part of.
        options: ``ray_KIND`` for each kind of cell (train, sample, ...), what a task of it asks for, as
            ``{"num_gpus": 0.25}``; ``ray_default`` for all others. By default one processor, and where a cell wants a
            GPU, one of those for each of its processes, or the share that ``sharing`` gives it.
        sharing: how cells share GPUs, and processes cells.
    """

    address: str = "auto"
    options: dict[str, Any] = field(default_factory=dict)
    sharing: Sharing = AS_IT_IS

    def __call__(self, cells: list[Cell], store: Store, *, on_event: Told) -> None:
        """See :class:`~samenoise.runs.executor.Executor`."""
        with wanted(cells, store, on_event, self.sharing.shards) as todo:
            store.failures.forget(todo)
            schedule = Schedule(todo, store, on_event)
            if todo:
                ray = _ray()
                ours = not ray.is_initialized()
                if ours:
                    self._connect(ray)
                try:
                    self._work(ray, schedule, str(store.address))
                finally:
                    schedule.release_all()
                    if ours:
                        ray.shutdown()
        schedule.finish()

    def _connect(self, ray: Any) -> None:
        if self.address != "auto" and not _answers(self.address):  # Ray itself would try for minutes
            raise ConfigError(f"no Ray at {self.address!r}: nothing answers there")
        where = {"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **KEEP_FREED_MEMORY}}
        try:
            ray.init(address=self.address, log_to_driver=False, logging_level="ERROR", runtime_env=where)
        except (ConnectionError, RuntimeError) as error:  # the second where versions differ
            raise ConfigError(f"no Ray at {self.address!r} takes this process: {error}") from None

    def _work(self, ray: Any, schedule: Schedule, root: str) -> None:
        task = ray.remote(max_retries=TRIES)(compute_cell)
        busy: dict[Any, Cell] = {}
        head = _Head(ray, ray.get_runtime_context().gcs_address)
        while schedule.left:
            if not head.there():
                time.sleep(POLL)
                continue
            mine, _ = schedule.claimed(max(8, AHEAD * head.processors) - len(busy))
            for cell in mine:
                asked = self._asking(task, cell)
                busy[asked.remote(root, cell.hash, pickle.dumps(cell), self.sharing.of(cell))] = cell
            if not busy:
                time.sleep(POLL)
                continue
            ray.wait([*busy], timeout=POLL)
            ended, _ = ray.wait([*busy], num_returns=len(busy), timeout=0)  # all that have, by now
            for each in ended:
                self._ended(ray, schedule, busy.pop(each), each)

    def _ended(self, ray: Any, schedule: Schedule, cell: Cell, task: Any) -> None:
        try:
            said = ray.get(task)
        except ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[0]
            said = f"{type(error).__name__}, after {TRIES} more tries by Ray ({reason})", str(error)
            schedule.failed(cell.hash, WorkerDied(f"{cell.title}: {said[0]}", said[1]))
            return
        if said == CHANGED:
            raise CodeChanged
        if said is not None:
            schedule.failed(cell.hash, CellFailed(f"{cell.title}: {said[0]}", said[1]))
        elif schedule.store.comes(cell):
            schedule.done(cell.hash)
        else:  # a file system that is late, or a folder that is not shared
            schedule.failed(
                cell.hash,
                CellFailed(
                    f"{cell.title}: Ray says it is done, and its result is not in {schedule.store.address}, which "
                    "all nodes must share"
                ),
            )

    def _asking(self, task: Any, cell: Cell) -> Any:
        """The task, with the resources that it asks for."""
        usual = self.options.get("ray_default", self._usual(cell))
        found = self.options.get(f"ray_{cell.kind}", usual)
        try:
            return task.options(**{"name": cell.kind, **found})
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"ray_{cell.kind} says what a task asks for, such as {{num_gpus: 0.25}}; got {found!r}: {error}"
            ) from None

    def _usual(self, cell: Cell) -> dict[str, Any]:
        ranks = self.sharing.of(cell)
        if not cell.on_gpu:
            return {"num_cpus": ranks}
        return {"num_cpus": ranks, "num_gpus": ranks if ranks > 1 else 1 / (self.sharing.per_gpu or 1)}


class _Head:
    """The head of a cluster. Ray waits a minute for one that is gone, and then ends this process without a word: so
    what needs the head is asked in a thread of its own.

    Attributes:
        processors: of the cluster.
    """

    def __init__(self, ray: Any, address: str) -> None:
        self.ray, self.address, self.seen, self.processors = ray, address, time.monotonic(), 0
        threading.Thread(target=self._count, daemon=True).start()

    def there(self) -> bool:
        """Whether it answers: before Ray is asked for anything.

        Raises:
            CellFailed: it has not answered for a while.
        """
        now = time.monotonic()
        if now - self.seen < LOOK:
            return True
        if _answers(self.address):
            self.seen = time.monotonic()
            return True
        if now - self.seen > SILENT:
            raise CellFailed(
                f"the head of Ray at {self.address} does not answer: what is finished is kept, run again when it does"
            )
        return False

    def _count(self) -> None:
        while self.ray.is_initialized():
            self.processors = int(self.ray.cluster_resources().get("CPU", 1))
            time.sleep(LOOK)


def _answers(address: str) -> bool:
    host, _, port = address.rpartition("/")[2].rpartition(":")
    if not port.isdigit():  # an address of another kind, which is Ray's to understand
        return True
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT):
            return True
    except OSError:
        return False


def _ray() -> Any:
    try:
        import ray
    except ModuleNotFoundError:
        raise ModuleNotFoundError("--executor ray needs Ray: pip install 'samenoise[ray]'") from None
    return ray
