"""One cell by several processes, as torchrun starts them: who writes, and what is left when one of them goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from number_cell import BARE, LOG, Shared

from samenoise.runs.failures import Unfinished
from samenoise.runs.gpus import Sharing
from samenoise.runs.local import execute
from samenoise.runs.ranks import together
from samenoise.runs.store import Store


@pytest.fixture(autouse=True)
def _bare(monkeypatch, tmp_path):
    monkeypatch.setenv(BARE, "1")
    monkeypatch.setenv(LOG, str(tmp_path / "log"))


def lines(tmp_path: Path) -> list[list[str]]:
    log = tmp_path / "log"
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def gone(pids: list[str]) -> bool:
    deadline = time.monotonic() + 30
    while any(map(alive, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.parametrize(("ranks", "taken"), [(1, 1), (2, 2), (3, 2), (4, 4), (7, 4)])
def test_a_cell_takes_as_many_processes_as_divide_its_parts(ranks, taken):
    assert Sharing(ranks=ranks).of(Shared()) == taken


@pytest.mark.slow
def test_every_process_takes_part_and_the_first_one_writes(tmp_path):
    store, shares = Store(tmp_path / "run"), []
    execute([Shared()], store, 1, lambda event: shares.append(event.share), sharing=Sharing(ranks=2))
    assert sorted(line[:2] for line in lines(tmp_path)) == [["0", "2"], ["1", "2"]]
    assert (store.path(Shared()) / "value.txt").read_text() == "1"
    assert shares == [0.5, 1.0]
    assert store.drafts.names() == []


@pytest.mark.slow
@pytest.mark.parametrize(("bad", "killed"), [(0, True), (1, False)], ids=["the first is killed", "the second raises"])
def test_where_one_of_them_goes_the_cell_fails_and_the_others_leave(bad, killed, tmp_path):
    store = Store(tmp_path / "run")
    said = "of its 2 processes one died, twice" if killed else "half written$"
    with pytest.raises(Unfinished, match=f"^number 1: {said}") as caught:
        execute([Shared(bad=bad, killed=killed)], store, 1, sharing=Sharing(ranks=2))
    assert ("half written" in caught.value.details) is not killed
    assert gone([pid for _, _, pid in lines(tmp_path)])
    assert [*store.claims.living()] == []


@pytest.mark.slow
def test_they_leave_with_a_killed_driver(tmp_path):
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from number_cell import Shared; from samenoise.runs.gpus import Sharing\n"
        "from samenoise.runs.local import execute; from samenoise.runs.store import Store\n"
        "execute([Shared(seconds=600)], Store(sys.argv[1]), 1, sharing=Sharing(ranks=2))"
    )
    driver = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "run"), *sys.path])
    deadline = time.monotonic() + 60
    while len(lines(tmp_path)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    assert len(lines(tmp_path)) == 2
    assert gone([pid for _, _, pid in lines(tmp_path)])


@pytest.mark.slow
def test_a_result_that_another_made_meanwhile_is_taken(tmp_path, monkeypatch):
    """The first process finds it, and the second is not left to wait for it."""
    store, cell, began = Store(tmp_path / "run"), Shared(seconds=600), time.monotonic()
    store.compute(cell, run=lambda results, out, progress: Shared().run(results, out, progress))
    looks = iter([False])  # as it was before the other was done
    whole = Store.whole
    monkeypatch.setattr(Store, "whole", lambda self, cell: next(looks, True) and whole(self, cell))
    together(cell, store, 2, lambda share: None)
    assert time.monotonic() - began < 60
    assert gone([pid for _, _, pid in lines(tmp_path) if pid != str(os.getpid())])
