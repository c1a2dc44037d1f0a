"""What runs in a job of Slurm: a driver on the shared run directory that takes cells until its time is nearly over."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from types import FrameType

from samenoise.runs.address import reopen_store
from samenoise.runs.failures import CellFailed, Unfinished, ends_all
from samenoise.runs.gpus import Sharing
from samenoise.runs.local import OutOfTime, execute
from samenoise.runs.shares import FOLDER, Share

__all__ = ["ENDED", "LEFT", "work"]

ENDED = f"{FOLDER}/ended"
"""Where a worker says why no other would do better than itself."""
LEFT = f"{FOLDER}/left"
"""Where a worker says that it had to go with work undone: what it has begun goes on from checkpoints."""


class _Leave(Exception):
    """Slurm wants the machine back."""


def work(share: Share, processes: int, seconds: float, sharing: Sharing) -> None:
    """Compute what is ready until nothing is left, or for so many seconds by this process's own clock; then give back
    all that is held, and go to the end of the queue. The log of the job has how it ended."""
    print(f"samenoise: {_until_the_end(share, processes, seconds, sharing)}", flush=True)


def _until_the_end(share: Share, processes: int, seconds: float, sharing: Sharing) -> str:
    until = time.monotonic() + seconds
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGUSR2, _out_of_time)  # of Slurm, should this have started so late that its clock is behind
    store = reopen_store(share.address)
    try:
        execute(share.cells(), store, processes, again=False, until=until, sharing=sharing)
    except OutOfTime:
        store.shared.write(LEFT, b"")
        return _queue_again()
    except _Leave:  # preempted, and Slurm puts it back itself; or cancelled
        store.shared.write(LEFT, b"")
        return "told to leave"
    except Unfinished:  # each of its failures is on record
        return "some failed"
    except CellFailed as failure:
        if ends_all(failure):
            store.shared.write(ENDED, str(failure).encode())
        return str(failure)
    return "nothing left"


def _leave(number: int, frame: FrameType | None) -> None:
    raise _Leave


def _out_of_time(number: int, frame: FrameType | None) -> None:
    raise OutOfTime


def _queue_again() -> str:
    for number in (signal.SIGTERM, signal.SIGUSR2):  # the answer to what is asked for here
        signal.signal(number, signal.SIG_IGN)
    array, task = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    job = f"{array}_{task}" if array else os.environ.get("SLURM_JOB_ID", "")
    done = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True, check=False)
    return "out of time, queued again" if done.returncode == 0 else f"out of time, not queued again: {done.stderr}"
