"""What runs in a job of Slurm: a driver on the shared run directory that takes cells until its time is nearly over."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from types import FrameType

from samenoise.runs.failures import CellFailed, Unfinished, ends_all
from samenoise.runs.local import OutOfTime, execute
from samenoise.runs.shares import FOLDER, Share
from samenoise.runs.store import Store

__all__ = ["ENDED", "work"]

ENDED = f"{FOLDER}/ended"
"""Where a worker says why no other would do better than itself."""


class _Leave(Exception):
    """Slurm wants the machine back."""


def work(share: Share, processes: int, seconds: float) -> None:
    """Compute what is ready until nothing is left, or for so many seconds by this process's own clock; then give back
    all that is held, and go to the end of the queue. The log of the job has how it ended."""
    print(f"samenoise: {_until_the_end(share, processes, seconds)}", flush=True)


def _until_the_end(share: Share, processes: int, seconds: float) -> str:
    until = time.monotonic() + seconds
    for number in (signal.SIGTERM, signal.SIGUSR2):
        signal.signal(number, _leave)
    store = Store(share.root)
    try:
        execute(share.cells(), store, processes, again=False, until=until)
    except OutOfTime:
        return _queue_again()
    except _Leave:  # preempted, and Slurm puts it back itself; or cancelled
        return "told to leave"
    except Unfinished:  # each of its failures is on record
        return "some failed"
    except CellFailed as failure:
        if ends_all(failure):
            store.tree.write(ENDED, str(failure).encode())
        return str(failure)
    return "nothing left"


def _leave(number: int, frame: FrameType | None) -> None:
    raise _Leave


def _queue_again() -> str:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the answer to what is asked for here
    array, task = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    job = f"{array}_{task}" if array else os.environ.get("SLURM_JOB_ID", "")
    done = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True, check=False)
    return "out of time, queued again" if done.returncode == 0 else f"out of time, not queued again: {done.stderr}"
