"""Claims: they save double work, lapse with their holders, and nothing rests on them."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from number_cell import Number

from samenoise.runs import claims as claims_module
from samenoise.runs import writers as writers_module
from samenoise.runs.claims import Claims
from samenoise.runs.scratch import DAY, FORGOTTEN, Scratch
from samenoise.runs.store import Store
from samenoise.runs.tree import Tree
from samenoise.runs.writers import is_gone, writer

NAME = "0123456789abcdef0123"


def foreign(root: Path, age: float = 0.0, by: str = "ffffffff-1-abc") -> Path:
    """A claim made on another host, ``age`` seconds ago by the clock of the file system."""
    path = root / ".claims" / f"{NAME}.json"
    path.parent.mkdir(exist_ok=True)
    content = {"token": "theirs", "writer": by, "host": "elsewhere", "pid": 1, "cells": [NAME]}
    path.write_text(json.dumps(content))
    now = path.stat().st_mtime
    os.utime(path, (now - age, now - age))
    return path


def dead() -> str:
    """The name of a process of this host that has ended."""
    code = "from samenoise.runs.writers import writer; print(writer())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_one_of_two_gets_a_claim_and_the_other_after_it_is_given_back(tmp_path):
    one, other = Claims(Tree(tmp_path)), Claims(Tree(tmp_path))
    assert one.take(NAME)
    assert not other.take(NAME)
    [claim] = other.living()
    assert (claim.pid, claim.cells) == (os.getpid(), (NAME,))
    other.release(NAME)
    assert not other.take(NAME), "what is not ours we cannot give back"
    one.release(NAME)
    assert other.take(NAME)


def test_a_claim_lives_while_its_holder_does_and_lapses_with_its_heart(tmp_path):
    one, other = Claims(Tree(tmp_path), expiry=0.6), Claims(Tree(tmp_path), expiry=0.6)
    assert one.take(NAME)
    for _ in range(8):
        time.sleep(0.2)
        assert not other.take(NAME), "it is touched"
    one._mine.clear()  # its process hangs
    deadline = time.monotonic() + 10
    while not other.take(NAME):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    one._mine[NAME] = "the old token"
    one.release(NAME)
    assert not Claims(Tree(tmp_path)).take(NAME), "who was slow does not give back what is another's now"


def test_the_heart_stops_when_nothing_is_claimed(tmp_path):
    claims = Claims(Tree(tmp_path), expiry=0.3)
    claims.take(NAME)
    claims.release(NAME)
    heart = claims._heart
    if heart is not None:
        heart.join(5)
    assert claims._heart is None
    assert claims.take(NAME)
    assert claims._heart is not None


def test_a_claim_of_another_host_lapses_by_the_clock_of_the_file_system(tmp_path, monkeypatch):
    foreign(tmp_path, age=20)
    monkeypatch.setattr(time, "time", lambda: 4e9)  # our own clock is decades ahead
    assert not Claims(Tree(tmp_path)).take(NAME)
    foreign(tmp_path, age=40)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert Claims(Tree(tmp_path)).take(NAME)


def test_a_claim_from_the_future_lapses_under_the_eyes_of_who_waits(tmp_path):
    foreign(tmp_path, age=-3600)
    claims = Claims(Tree(tmp_path), expiry=0.5)
    assert not claims.take(NAME)
    time.sleep(0.3)
    assert not claims.take(NAME)
    os.utime(tmp_path / ".claims" / f"{NAME}.json", (4e9, 4e9))  # it is touched: its holder lives
    time.sleep(0.3)
    assert not claims.take(NAME)
    time.sleep(0.6)
    assert claims.take(NAME)


def test_the_claim_of_a_dead_process_of_this_host_is_taken_at_once(tmp_path):
    foreign(tmp_path, by=dead())
    assert Claims(Tree(tmp_path)).take(NAME)


def test_who_is_known_to_be_gone(monkeypatch):
    mine = writer()
    assert not is_gone(mine)
    assert is_gone(dead())
    host, pid, token = dead().split("-")
    assert not is_gone(f"00000000-{pid}-{token}"), "of another host nothing is known"
    assert not is_gone("nonsense")
    child = subprocess.Popen([sys.executable, "-c", ""])
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child.pid}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert is_gone(f"{host}-{child.pid}-{token}"), "a zombie does no work"
    child.wait()
    monkeypatch.setattr(writers_module.os, "kill", lambda *args: (_ for _ in ()).throw(PermissionError()))
    assert not is_gone(mine)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"token": 3}'])
def test_a_claim_that_cannot_be_read_is_somebodys_until_it_is_old(tmp_path, content):
    path = foreign(tmp_path)
    path.write_bytes(content)
    assert not Claims(Tree(tmp_path)).take(NAME)
    os.utime(path, (1, 1))
    assert Claims(Tree(tmp_path)).take(NAME)


def test_taking_away_what_has_become_anothers_puts_it_back(tmp_path, monkeypatch):
    """Two see an expired claim; one has taken it over when the other comes to take it away."""
    path = foreign(tmp_path, age=100)
    one, other = Claims(Tree(tmp_path)), Claims(Tree(tmp_path))
    away = Claims._take_away

    def late(*args):
        monkeypatch.setattr(one, "_take_away", lambda *args: away(one, *args))
        assert other.take(NAME)
        away(one, *args)

    monkeypatch.setattr(one, "_take_away", late)
    assert not one.take(NAME)
    assert json.loads(path.read_bytes())["token"] == other._mine[NAME]


def test_who_waits_is_told_of_whom_and_gets_the_claim(tmp_path):
    path = foreign(tmp_path)
    told = []

    def told_of(holder):
        told.append(str(holder))
        path.unlink()

    claims = Claims(Tree(tmp_path))
    with claims.held(NAME, told_of):
        assert NAME in claims._mine
    assert told == ["process 1 on elsewhere"]
    assert not path.exists()


def test_nothing_rests_on_claims(tmp_path, monkeypatch):
    """A file system where everybody gets every claim: work is done twice, and that is all."""
    monkeypatch.setattr(claims_module.Claims, "take", lambda *args: True)
    store = Store(tmp_path)
    place = store.compute(Number())
    assert Store(tmp_path).compute(Number()) == place


def test_scratch_outlives_its_writers_until_the_result_is_there(tmp_path):
    scratch = Scratch(Tree(tmp_path))
    by = {"dead": dead(), "alive": f"{writer().split('-')[0]}-{os.getppid()}-abc", "elsewhere": "ffffffff-1-abc"}
    for name in by.values():
        (scratch.of(NAME) / name).mkdir()
        (scratch.of(NAME) / name / "checkpoint-1").write_text("x")
    scratch.tidy()
    assert set(scratch.writers(NAME)) == set(by.values())
    scratch.clear(NAME)
    assert set(scratch.writers(NAME)) == set(by.values()), "one may be reading another's"
    (scratch.of(NAME) / by["alive"]).rename(tmp_path / "ended")
    scratch.clear(NAME)
    assert len(scratch.writers(NAME)) == 2
    old(scratch.of(NAME) / by["elsewhere"], 2 * DAY)
    scratch.clear(NAME)
    assert scratch.names() == []


def test_scratch_that_nobody_comes_back_to_goes_by_age(tmp_path):
    scratch = Scratch(Tree(tmp_path))
    for age, stays in ((FORGOTTEN - DAY, True), (FORGOTTEN + DAY, False)):
        file = scratch.of(NAME) / dead() / "checkpoint-1"
        file.parent.mkdir()
        file.write_text("x")
        old(scratch.of(NAME), age)
        scratch.tidy()
        assert (scratch.names() == [NAME]) is stays


def test_scratch_that_one_of_its_writers_came_back_to_stays(tmp_path):
    scratch = Scratch(Tree(tmp_path))
    for age in (0, FORGOTTEN + DAY):
        file = scratch.of(NAME) / f"ffffffff-{1 + bool(age)}-abc" / "checkpoint-1"
        file.parent.mkdir()
        file.write_text("x")
        old(file.parent, age)
    scratch.tidy()
    assert len(scratch.writers(NAME)) == 2


def test_a_new_run_takes_no_checkpoint_away(tmp_path):
    """What a killed training left is there for the next, whatever else runs in the folder meanwhile."""
    from samenoise.runs.local import execute

    store, killed = Store(tmp_path), Number(value=77)
    file = store.scratch(killed) / dead() / "checkpoint-1"
    file.parent.mkdir()
    file.write_text("x")
    store.compute(Number())
    execute([Number()], Store(tmp_path), 1)
    assert file.exists()
    store.compute(killed)
    assert not file.exists()


def old(folder: Path, age: float) -> None:
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (time.time() - age,) * 2)
