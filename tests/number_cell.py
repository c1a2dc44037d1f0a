"""A cell that costs nothing, for tests of what carries cells; and a driver of a run of such cells, as a program:

python tests/number_cell.py ROOT LOG WORKERS
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import ClassVar

from tricks import play

from samenoise.runs import store as store_module
from samenoise.runs.address import open_store
from samenoise.runs.cell import Cell, in_order
from samenoise.runs.failures import CellFailed
from samenoise.runs.files import write_whole
from samenoise.runs.local import execute
from samenoise.runs.writers import writer

LOG = "NUMBER_CELL_LOG"
"""Name of the variable with the file in which every computation that ends writes a line."""


BARE = "NUMBER_CELL_BARE"
"""Name of the variable that spares processes torch, which takes seconds to import."""

TRICKS = "NUMBER_CELL_TRICKS"
"""Name of the variable that says what is wrong with the machine: see :mod:`tricks`."""


class Number(Cell):
    kind: ClassVar[str] = "number"
    folder: ClassVar[str] = "scores"
    value: int = 1
    fails: bool = False
    seconds: float = 0.0
    of: tuple[Number, ...] = ()

    def needs(self):
        return list(self.of)

    @property
    def title(self):
        return f"number {self.value}"

    def run(self, store, out, progress):
        (out / "value.txt").write_text(str(self.value))
        if self.fails:
            raise OSError("half written")
        for k in range(4):
            time.sleep(self.seconds / 4)
            progress(k / 4)
        (out / "deep").mkdir()
        (out / "deep" / "sum.txt").write_text(str(self.value + sum(c.load(store) for c in self.of)) + "\n" * 5000)
        if LOG in os.environ:
            with open(os.environ[LOG], "a") as log:
                log.write(f"{self.hash}\n")

    def load(self, store):
        return int((store.path(self) / "deep" / "sum.txt").read_text())


class Silent(Number):
    """It fails, and does not say why."""

    def run(self, store, out, progress):
        raise AssertionError


class Full(Number):
    """Its disk is full."""

    def run(self, store, out, progress):
        raise OSError("No space left on device")


class Steps(Number):
    """Ten steps, of which it keeps how many are done. It says which process made which."""

    def run(self, store, out, progress):
        kept = sorted(store.scratch(self).glob("*/steps"))
        done = max((int(path.read_text() or 0) for path in kept), default=0)
        own = store.scratch(self) / writer()
        own.mkdir(exist_ok=True)
        for step in range(done, 10):
            if self.fails and step == 3:
                raise OSError("half written")
            time.sleep(self.seconds / 10)
            with open(os.environ[LOG], "a") as log:
                log.write(f"{step} {writer()}\n")
            write_whole(own / "steps", str(step + 1).encode())
        (out / "value.txt").write_text(str(self.value))


class Hungry(Number):
    """It wants more memory than its process may have."""

    def run(self, store, out, progress):
        before = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(
            resource.RLIMIT_AS, (int(Path("/proc/self/statm").read_text().split()[0]) * 4096 + 2**26, -1)
        )
        try:
            bytearray(2**30)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)


class Seen(Number):
    """It wants a GPU, and says which it is shown."""

    device: str = "cuda"

    def run(self, store, out, progress):
        time.sleep(self.seconds)
        (out / "value.txt").write_text(os.environ.get("CUDA_VISIBLE_DEVICES", "unset"))
        with open(os.environ[LOG], "a") as log:
            log.write(f"{os.getpid()} {os.environ.get('CUDA_VISIBLE_DEVICES', 'unset')}\n")

    def load(self, store):
        return (store.path(self) / "value.txt").read_text()


class Shared(Number):
    """Four parts, which processes share; the one of rank ``bad`` fails, or is killed."""

    bad: int = -1
    killed: bool = False

    @property
    def shares(self):
        return 4

    def run(self, store, out, progress):
        rank = os.environ.get("RANK", "0")
        with open(os.environ[LOG], "a") as log:
            log.write(f"{rank} {os.environ.get('WORLD_SIZE', '1')} {os.getpid()}\n")
        if rank == str(self.bad):
            if self.killed:
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError("half written")
        progress(0.5)
        time.sleep(60 if self.bad >= 0 else self.seconds)  # for the other one
        (out / "value.txt").write_text(str(self.value))


class Mortal(Number):
    """Its process is killed, the first times that it is tried."""

    deaths: int = 1

    def run(self, store, out, progress):
        log = store.root / f"deaths-{self.value}"
        if not log.exists() or len(log.read_text()) < self.deaths:
            with log.open("a") as file:
                file.write("x")
            os.kill(os.getpid(), signal.SIGKILL)
        super().run(store, out, progress)


def layers(seconds: float = 0.02) -> list[Number]:
    """Three layers of four numbers, each of which needs two of the layer before; asked for are the last."""
    layer: list[Number] = []
    for depth in range(3):
        layer = [
            Number(value=10 * depth + k, seconds=seconds, of=(layer[k], layer[(k + 1) % 4]) if layer else ())
            for k in range(4)
        ]
    return layer


if __name__ in ("__main__", "__mp_main__"):
    sys.modules["number_cell"] = sys.modules[__name__]
    Number.__module__ = "number_cell"
if TRICKS in os.environ:
    play(os.environ[TRICKS])
if __name__ in ("__main__", "__mp_main__") or BARE in os.environ:
    store_module.reproducible = nullcontext

if __name__ == "__main__":
    os.environ[LOG], workers = sys.argv[2], int(sys.argv[3])
    store, cells = open_store(sys.argv[1]), layers()
    try:
        execute(cells, store, workers)
        store.shared.write("scores.json", repr([cell.load(store) for cell in in_order(cells)]).encode())
    except (CellFailed, OSError) as error:
        raise SystemExit(str(error)) from None
