"""Workers: what they refuse, and how their ends are told."""

import os
import pickle
import platform
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from number_cell import BARE, LOG, Full, Mortal, Number, Silent, Steps, layers

from samenoise.cli import explain
from samenoise.runs.executor import Event
from samenoise.runs.failures import CellFailed, CodeChanged, Unfinished
from samenoise.runs.gpus import ALL
from samenoise.runs.local import OutOfTime, execute
from samenoise.runs.store import Store
from samenoise.runs.workers import crew, freed_memory_kept


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    monkeypatch.setenv(BARE, "1")


def test_a_cell_carries_no_hash_to_another_process():
    cell = Number(of=(Number(value=2),))
    assert cell.hash
    copy = pickle.loads(pickle.dumps(cell))
    assert "hash" not in copy.__dict__
    assert "hash" not in copy.of[0].__dict__
    assert copy.hash == cell.hash


def test_a_worker_with_other_code_refuses_in_one_sentence(tmp_path):
    """The package is copied, and the code of a cell changed once the driver has read its own."""
    (tmp_path / "cells_x.py").write_text(CELLS)
    (tmp_path / "drive.py").write_text(DRIVE)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    command = [sys.executable, str(tmp_path / "drive.py"), str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert done.stderr == ""
    assert done.stdout == "('the code of samenoise changed while this run was going: run again', 1)\n"
    assert not list(tmp_path.glob("run/scores/*")), "nothing is kept under a wrong name"
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert done.stdout == "done\n", done.stderr


CELLS = """
from typing import ClassVar
from samenoise.runs.cell import Cell

class Cheap(Cell):
    kind: ClassVar[str] = "cheap"
    folder: ClassVar[str] = "scores"
    title: ClassVar[str] = "cheap"

    def needs(self):
        return []

    def run(self, store, out, progress):
        (out / "value").write_text("1")
"""
DRIVE = """
import sys
from pathlib import Path
from cells_x import Cheap
from samenoise.cli import explain
from samenoise.runs.local import execute
from samenoise.runs.store import Store

if __name__ == "__main__":
    cell, file = Cheap(), Path(sys.argv[0]).with_name("cells_x.py")
    cell.hash
    if "'2'" not in file.read_text():
        file.write_text(file.read_text().replace('"1"', "'2'"))
    try:
        execute([cell], Store(sys.argv[1]), 1)
        print("done")
    except RuntimeError as error:
        print(explain(error))
"""


def test_a_cell_that_fails_is_told_once_and_what_does_not_need_it_is_finished(tmp_path):
    store, events = Store(tmp_path), []
    good, bad = Number(value=1), Number(value=2, fails=True)
    above, beside = Number(value=3, of=(good, bad)), [Number(value=k, of=(good,)) for k in (4, 5)]
    with pytest.raises(Unfinished, match=r"^number 2: half written$") as caught:
        execute([above, *beside], store, 1, events.append)
    assert (caught.value.failed, caught.value.left_out) == (1, 1)
    assert "half written" in caught.value.details
    assert [store.has(cell) for cell in (good, bad, above, *beside)] == [True, False, False, True, True]
    assert [(e.cell.value, e.failed) for e in events if e.failed] == [(2, "number 2: half written")]
    assert [p.name for p in (tmp_path / ".claims").iterdir()] == [], "others may try"
    assert explain(caught.value)[1] == 1
    assert issubclass(CodeChanged, CellFailed)


def test_what_failed_is_kept_for_all_to_see_and_tried_once_more_by_the_next_run(tmp_path):
    store, bad = Store(tmp_path), Number(value=2, fails=True)

    def when() -> int:
        about = store.tree.about(f".failures/{bad.hash}.json")
        return 0 if about is None else about.st_mtime_ns

    for again in (True, False, True):
        before = when()
        with pytest.raises(Unfinished, match=r"^number 2: half written$"):
            execute([bad], store, 1, again=again)
        assert (when() != before) == again
    found = store.failures.of(bad.hash)
    assert found is not None
    assert found[:2] == ("number 2", "number 2: half written")
    store.tree.write(f".failures/{bad.hash}.json", b'{"title": 3}')
    assert "cannot be read" in store.failures.of(bad.hash).sentence


def test_the_checkpoint_of_a_cell_that_failed_stays(tmp_path, monkeypatch):
    monkeypatch.setenv(LOG, str(tmp_path / "log"))
    store, cell = Store(tmp_path / "run"), Steps(value=1, fails=True)
    with pytest.raises(Unfinished):
        execute([cell], store, 1)
    assert [path.read_text() for path in store.scratch(cell).glob("*/steps")] == ["3"]


def test_of_many_failures_three_are_named(tmp_path):
    with pytest.raises(Unfinished, match=r"^number \d: half written; number \d: .*; number \d: .*; and 2 more$"):
        execute([Number(value=k, fails=True) for k in range(5)], Store(tmp_path), 2)


def test_a_full_disk_ends_all(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(CellFailed, match="No space left") as caught:
        execute([Full(value=2), Number(value=1, of=(Full(value=2),)), Number(value=3, seconds=60)], store, 2)
    assert not isinstance(caught.value, Unfinished)
    assert [p.name for p in (tmp_path / ".claims").iterdir()] == []


def test_a_worker_that_dies_once_is_replaced_and_one_that_always_dies_fails_its_cell_alone(tmp_path):
    store, once, always = Store(tmp_path), Mortal(value=1, deaths=1), Mortal(value=2, deaths=9)
    with pytest.raises(Unfinished, match=r"^number 2: its worker process died \(exit code -9") as caught:
        execute([once, always, *layers()], store, 2)
    assert caught.value.failed == 1
    assert [once.load(store), *(cell.load(store) > 0 for cell in layers())] == [1, True, True, True, True]
    assert (tmp_path / "deaths-2").read_text() == "xx"


def test_when_the_time_is_over_work_ends_and_nothing_is_held(tmp_path):
    store, began = Store(tmp_path), time.monotonic()
    with pytest.raises(OutOfTime):
        execute([Number(value=1, seconds=600)], store, 1, until=began + 2)
    assert time.monotonic() - began < 20
    assert [p.name for p in (tmp_path / ".claims").iterdir()] == []


def test_a_cell_that_fails_without_a_word_is_told_by_its_error(tmp_path):
    with pytest.raises(CellFailed, match=r"^number 1: AssertionError$"):
        execute([Silent()], Store(tmp_path), 1)


def test_a_dead_worker_is_a_sentence_whether_busy_or_idle(tmp_path):
    store = Store(tmp_path)
    with crew([ALL], store.root) as (worker,):
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
        with pytest.raises(CellFailed, match=r"number 1: its worker process died \(exit code -9"):
            worker.receive(Number())
        with pytest.raises(CellFailed, match="worker process died"):
            worker.send(Number())


def test_what_another_driver_holds_is_waited_for_and_counts_as_done(tmp_path):
    """Other work goes on meanwhile."""
    held, free = Number(value=1), Number(value=2)
    top = Number(value=3, of=(held, free))
    store, other, events = Store(tmp_path), Store(tmp_path), []
    assert other.claims.take(held.hash)

    def finish() -> None:
        deadline = time.monotonic() + 60
        while not other.has(free) and time.monotonic() < deadline:
            time.sleep(0.01)
        other.compute(held)
        other.claims.release(held.hash)

    thread = threading.Thread(target=finish)
    thread.start()
    execute([top], store, 2, events.append)
    thread.join()
    assert top.load(store) == 6
    assert [(e.cell.value, e.cached) for e in events if e.share == 1] == [(2, False), (1, True), (3, False)]
    assert all(isinstance(e, Event) for e in events)


def test_workers_of_a_driver_that_is_killed_leave_without_a_word(tmp_path):
    code = (
        "import sys, time; sys.path[:0] = sys.argv[2:]\n"
        "from number_cell import Number; from samenoise.runs.local import execute\n"
        "from samenoise.runs.store import Store\n"
        "execute([Number(seconds=600)], Store(sys.argv[1]), 1)"
    )
    with (tmp_path / "err").open("wb") as err:
        driver = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "run"), *sys.path], stderr=err)
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("run/.scratch/*/*/*/value.txt")) and time.monotonic() < deadline:
            time.sleep(0.02)
        [child] = Path(f"/proc/{driver.pid}/task/{driver.pid}/children").read_text().split()
        driver.kill()
        driver.wait()
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                break
        except OSError:
            break
        time.sleep(0.02)
    else:
        raise AssertionError("the worker outlives its driver")
    assert (tmp_path / "err").read_text() == ""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library keeps memory in its own way")
def test_freed_memory_is_kept_for_as_long_as_it_is_wanted():
    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    before = resident()
    with freed_memory_kept():
        assert len(b"x" * 2**28) == 2**28
        kept = resident() - before
    assert kept > 2**27
    assert resident() - before < 2**26
