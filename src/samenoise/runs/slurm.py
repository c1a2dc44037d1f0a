"""The Slurm executor: one array of workers, each of which takes cells from the shared run directory.

    <root>/.jobs/slurm.json      {"job", "cells"}: the array that is at work here
    <root>/.jobs/log/            what submitit keeps of it

This process submits, and then looks at the store alone: a cell is done when its result is there. Slurm is asked only
whether the array still exists; when it is gone and cells are left, another is submitted. So controllers may restart,
and nodes and jobs may go.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from typing import Any

from samenoise.runs.cell import Cell, ConfigError
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.executor import Told, lacking, wanted
from samenoise.runs.failures import CellFailed
from samenoise.runs.following import Following
from samenoise.runs.gpus import AS_IT_IS, Sharing
from samenoise.runs.shares import FOLDER, shared
from samenoise.runs.slurm_worker import ENDED, LEFT, work
from samenoise.runs.store import Store

__all__ = ["Slurm", "at_large"]

JOB = f"{FOLDER}/slurm.json"
MOST = 1000
"""Workers of an array, where Slurm allows as many."""
MINUTES = 60
LOOK, ASK = 1.0, 10.0
"""Seconds between looks at the store, and questions to the controller."""
LONGEST_END = 120.0
NOT_STARTED = "launch failed requeued held"
"""Slurm's reason for holding back, for good, a job that a node did not start: an administrator is to release it."""
IN_VAIN = 3
"""Arrays in a row that may end without a new result, and without having had to go."""


@dataclass(frozen=True)
class Slurm:
    """Computes cells by workers in jobs of Slurm.

    Args:
        workers: at most so many jobs; by default one for each cell that is lacking, up to 1,000 and to what the
            controller allows in an array.
        options: of submitit, as ``slurm_partition``; ``slurm_time`` is in minutes, 60 by default. A worker computes as
            many cells side by side as ``slurm_cpus_per_task`` says, 1 by default.
        sharing: how they share the GPUs of a job, and processes cells.
    """

    workers: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    sharing: Sharing = AS_IT_IS

    def __call__(self, cells: list[Cell], store: Store, *, on_event: Told) -> None:
        """See :class:`~samenoise.runs.executor.Executor`."""
        with wanted(cells, store, on_event, self.sharing.shards) as todo:
            following = Following(todo, store, on_event)
            if todo:
                job = self._at_work(cells, store)
                if job is None:
                    store.failures.forget(todo)
                    store.shared.remove_file(ENDED)
                    job = self._submit(cells, len(todo), store)
                self._follow(job, cells, following, store)
            if not following.failed and (damaged := lacking(cells, store)):
                self(list(damaged.values()), store, on_event=on_event)
        following.finish()

    def cancel(self, store: Store) -> None:
        """End the array that is at work in a run directory."""
        job, _ = _recorded(store)
        if job:
            _cancel(job)
            store.shared.remove_file(JOB)

    def _follow(self, job: str, cells: list[Cell], following: Following, store: Store) -> None:
        asked, in_vain, before = time.monotonic(), 0, len(following.left)
        while following.look():
            time.sleep(LOOK)
            if time.monotonic() - asked < ASK:
                continue
            asked = time.monotonic()
            if _goes_on(job):
                continue
            if not following.look():
                return
            _refuse_to_go_on(store)
            in_vain = 0 if len(following.left) < before or store.shared.about(LEFT) is not None else in_vain + 1
            before = len(following.left)
            if in_vain == IN_VAIN:
                raise CellFailed(
                    f"{IN_VAIN} arrays of Slurm in a row ended without a result: what their jobs said is in "
                    f"{store.root / FOLDER / 'log'}"
                )
            job = self._submit(cells, len(following.left), store)

    def _at_work(self, cells: list[Cell], store: Store) -> str | None:
        """The array that an earlier driver submitted for the same cells and left to itself."""
        job, digest = _recorded(store)
        return job if job and digest == _digest(cells) and _goes_on(job) else None

    def _submit(self, cells: list[Cell], count: int, store: Store) -> str:
        submitit = _submitit()
        store.shared.remove_file(LEFT)
        share = shared(cells, store)
        folder = store.tree.folder(f"{FOLDER}/log")
        try:
            minutes = int(self.options.get("slurm_time", MINUTES))
            processes = int(self.options.get("slurm_cpus_per_task", 1))
            spare = _spare(minutes)
            given = {key.removeprefix("slurm_"): value for key, value in self.options.items()}
            more = {"requeue": True, **given.pop("additional_parameters", {})}
            own = {"job_name": "samenoise", "time": minutes, "cpus_per_task": processes, "signal_delay_s": spare}
            engine = submitit.SlurmExecutor(folder)
            engine.update_parameters(**{**own, "array_parallelism": MOST, "additional_parameters": more, **given})
        except (ValueError, TypeError) as error:
            raise ConfigError(f"submitit does not take the options for Slurm: {error}") from None
        workers = min(count, self.workers or MOST, _largest_array(), MOST)
        try:
            told = share, processes, minutes * 60 - 2 * spare, self.sharing
            jobs = engine.map_array(work, *([each] * workers for each in told))
        except Exception as error:  # of submitit, or of sbatch through it
            raise CellFailed(f"sbatch did not take the array: {error}") from None
        job = str(jobs[0].job_id).partition("_")[0]
        store.shared.write(JOB, json.dumps({"job": job, "cells": _digest(cells)}).encode())
        return job


def at_large(store: Store) -> bool:
    """Whether an array that was submitted for a run directory may have jobs that run or wait."""
    job, _ = _recorded(store)
    return bool(job) and (shutil.which("squeue") is None or _exists(job))


def _submitit() -> Any:
    if shutil.which("sbatch") is None or shutil.which("srun") is None:
        raise ConfigError("there is no sbatch here: --executor slurm is for a machine that submits to Slurm")
    try:
        import submitit
    except ModuleNotFoundError:
        raise ModuleNotFoundError("--executor slurm needs submitit: pip install 'samenoise[slurm]'") from None
    return submitit


def _spare(minutes: int) -> int:
    """Seconds before the end of its time at which Slurm tells a job; a worker has gone as long before that."""
    return int(min(LONGEST_END, minutes * 60 / 4))


def _largest_array() -> int:
    said = subprocess.run(["scontrol", "show", "config"], capture_output=True, text=True, check=False).stdout
    for line in said.splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "MaxArraySize" and value.strip().isdigit():
            return max(1, int(value))
    return MOST


def _exists(job: str) -> bool:
    """Whether an array has jobs that run or wait."""
    reasons = _reasons(job)
    return reasons is None or bool(reasons)


def _goes_on(job: str) -> bool:
    """Whether an array has jobs that run or are to run. One of which only such are left as Slurm holds back for good is
    cancelled: when a controller starts again that has not kept what it did last, or where a node is not well."""
    reasons = _reasons(job)
    if reasons and all(NOT_STARTED in reason.replace("_", " ").lower() for reason in reasons):
        _cancel(job)
        return False
    return reasons is None or bool(reasons)


def _reasons(job: str) -> list[str] | None:
    """Why each job of an array that runs or waits does not run, as Slurm says it. A controller that does not answer
    says nothing of it: ``None``."""
    asked = subprocess.run(
        ["squeue", "--noheader", "--format=%r", f"--jobs={job}"], capture_output=True, text=True, check=False
    )
    if asked.returncode:
        return [] if "Invalid job id" in asked.stderr else None
    return asked.stdout.splitlines()


def _cancel(job: str) -> None:
    subprocess.run(["scancel", job], capture_output=True, check=False)


def _recorded(store: Store) -> tuple[str, str]:
    """The array, and the digest of its cells; twice nothing where no number of an array is recorded."""
    try:
        found = store.shared.json(JOB)
        job, digest = str(found["job"]), str(found["cells"])
    except (FileNotFoundError, Unreadable, KeyError, TypeError):
        return "", ""
    return (job, digest) if re.fullmatch("[0-9]+", job) else ("", "")


def _refuse_to_go_on(store: Store) -> None:
    try:
        said = store.shared.read(ENDED, 2**16)
    except (FileNotFoundError, Unreadable):
        return
    raise CellFailed(said.decode(errors="replace"))


def _digest(cells: list[Cell]) -> str:
    return hashlib.sha256("".join(sorted(cell.hash for cell in cells)).encode()).hexdigest()
