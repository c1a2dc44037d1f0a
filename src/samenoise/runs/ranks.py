"""One cell by several processes of a host: torchrun starts them, each computes its share, and the first one writes.

    python -m torch.distributed.run --nproc_per_node R -m samenoise.runs.ranks FOLDER

FOLDER is a temporary one of whoever waits for them. In it is ``cell``; process K writes ``failed-K`` there, should it
fail. The first one prints a line ``share 0.25`` whenever it has a word of how far it is.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

from samenoise.runs.address import reopen_store
from samenoise.runs.cell import Cell, Progress, Results
from samenoise.runs.store import Store, reproducible
from samenoise.runs.writers import is_gone, writer

__all__ = ["RankFailed", "together"]

OWNER = "SAMENOISE_OWNER"
"""Name of the variable that says who waits."""
LOOK = 0.5
TRIES = 2
SAID = "share "


class RankFailed(RuntimeError):
    """A cell raised in one of its processes; the message is its own. ``details`` is the traceback there."""

    def __init__(self, message: str, details: str) -> None:
        super().__init__(message)
        self.details = details


def together(cell: Cell, store: Store, count: int, progress: Progress) -> None:
    """Have the result of a cell in the store, computed by so many processes. Where one of them died, all are started
    once more, and go on from a checkpoint.

    Raises:
        RankFailed: one raised, or died again.
    """
    code = 0
    for _ in range(TRIES):
        if store.whole(cell):
            return
        code = _once(cell, store, count, progress)
    if not store.whole(cell):
        raise RankFailed(f"of its {count} processes one died, twice (exit code {code} of torchrun)", "")


def _once(cell: Cell, store: Store, count: int, progress: Progress) -> int:
    with TemporaryDirectory() as folder:
        (Path(folder) / "cell").write_bytes(pickle.dumps((store.address, cell)))
        launcher = ["torch.distributed.run", "--standalone", "--nproc_per_node", str(count), "-m", __name__]
        paths = os.pathsep.join(filter(None, sys.path))
        with subprocess.Popen(
            [sys.executable, "-m", *launcher, folder],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # torchrun's account of what each process says better itself
            text=True,
            env={**os.environ, "PYTHONPATH": paths, OWNER: writer(), "OMP_NUM_THREADS": "1"},
        ) as processes:
            assert processes.stdout is not None
            for line in processes.stdout:
                if line.startswith(SAID):
                    progress(float(line.removeprefix(SAID)))
        if not store.whole(cell):
            for place in sorted(Path(folder).glob("failed-*")):
                raise RankFailed(*json.loads(place.read_text()))
    return processes.returncode


def compute(folder: Path) -> None:
    """One of the processes."""
    threading.Thread(target=_end_with, args=(os.environ[OWNER], os.getppid()), daemon=True).start()
    rank = int(os.environ["RANK"])
    try:
        root, cell = pickle.loads((folder / "cell").read_bytes())
        if rank:
            with TemporaryDirectory() as aside, reproducible():
                cell.run(reopen_store(root), Path(aside), lambda share: None)
        else:
            _first(cell, reopen_store(root))
    except Exception as error:  # any cell may raise anything
        said = f"{error}" or type(error).__name__, traceback.format_exc()
        (folder / f"failed-{rank}").write_text(json.dumps(said))
        os._exit(1)  # without waiting for the others, who wait for this one


def _first(cell: Cell, store: Store) -> None:
    begun = False

    def run(results: Results, out: Path, progress: Progress) -> None:
        nonlocal begun
        begun = True
        cell.run(results, out, progress)

    store.compute(cell, lambda share: print(f"{SAID}{share}", flush=True), run)
    if not begun:  # another driver was faster, and the other processes would wait for this one
        os._exit(1)


def _end_with(owner: str, parent: int) -> None:
    """Who waits may be killed, and so may torchrun: then nobody wants this process."""
    while not is_gone(owner) and os.getppid() == parent:
        time.sleep(LOOK)
    os._exit(1)


if __name__ == "__main__":
    compute(Path(sys.argv[1]))
