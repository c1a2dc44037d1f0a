"""Machines with wrong clocks, locks that lie and file systems that are late: nothing rests on any of them."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import pytest
from number_cell import TRICKS, Number, layers

from samenoise.runs import store as store_module
from samenoise.runs.cell import in_order
from samenoise.runs.claims import Claims
from samenoise.runs.executor import unheard
from samenoise.runs.schedule import Schedule
from samenoise.runs.scratch import DAY, Scratch
from samenoise.runs.store import Store
from samenoise.runs.tree import Tree
from samenoise.runs.watching import plan, state
from tests.runs.test_drivers import TESTS, Drivers, contents, number_drivers

NAME = "0123456789abcdef0123"


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("alone")
    number_drivers(1, folder).finish(60)
    return contents(folder / "run")


class Strange(Drivers):
    """Two drivers in one folder, with what is wrong with the machine of each."""

    def __init__(self, folder: Path, *tricks: str) -> None:
        self.tricks = tricks
        program = str(TESTS / "number_cell.py")
        super().__init__(2, [sys.executable, program, str(folder / "run"), str(folder / "log"), "2"], folder)

    def start(self):
        os.environ[TRICKS] = self.tricks[self.started % 2]
        try:
            return super().start()
        finally:
            del os.environ[TRICKS]

    def to_the_end(self) -> Counter[str]:
        """How often each unit was computed."""
        try:
            self.finish(120)
        finally:
            self.stop()
        assert self.said() == ""
        return Counter((self.folder / "log").read_text().split())


ONCE = {cell.hash: 1 for cell in in_order(layers())}


@pytest.mark.slow
def test_two_drivers_whose_clocks_are_hours_and_days_off_do_nothing_twice(expected, tmp_path) -> None:
    assert Strange(tmp_path, "clock=18000", f"clock={-3 * DAY}").to_the_end() == ONCE
    assert contents(tmp_path / "run") == expected
    assert [*(tmp_path / "run" / ".scratch").iterdir()] == []


@pytest.mark.slow
def test_locks_that_are_granted_to_everybody_are_asked_for_by_nobody(expected, tmp_path) -> None:
    locks = f"locks={tmp_path / 'locks'}"
    assert Strange(tmp_path, locks, locks).to_the_end() == ONCE
    assert contents(tmp_path / "run") == expected
    assert not (tmp_path / "locks").exists()


@pytest.mark.slow
def test_a_file_system_that_shows_late_what_others_make_costs_time_and_no_result(expected, tmp_path) -> None:
    computed = Strange(tmp_path, "late=0.7", "late=0.7").to_the_end()
    assert computed.keys() == ONCE.keys()
    assert contents(tmp_path / "run") == expected
    assert not (tmp_path / "run" / ".damaged").exists()
    assert list(Store(tmp_path / "run").verify()) == []


def test_a_clock_that_jumps_by_days_takes_no_scratch_from_the_living(tmp_path, monkeypatch) -> None:
    scratch = Scratch(Tree(tmp_path))
    file = scratch.of(NAME) / "ffffffff-1-abc" / "result-1" / "value"
    file.parent.mkdir(parents=True)
    file.write_text("half")
    for days in (40, -40):
        monkeypatch.setattr(time, "time", lambda days=days: 1.8e9 + days * DAY)
        scratch = Scratch(Tree(tmp_path))
        assert scratch.busy(NAME)
        scratch.clear(NAME)
        scratch.tidy()
        assert file.read_text() == "half"


def test_what_a_unit_needs_may_come_late(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(store_module, "reproducible", nullcontext)
    store, need = Store(tmp_path), Number(value=2)
    store.compute(need)
    there = [False, False, True]
    about = Tree.about
    place = store_module.place_of(need)
    monkeypatch.setattr(Tree, "about", lambda tree, name: about(tree, name) if name != place or there.pop(0) else None)
    monkeypatch.setattr(store, "has", lambda cell: False)
    store.compute(Number(value=1, of=(need,)))
    assert there == []
    monkeypatch.setattr(store_module, "LATE", 0.0)
    with pytest.raises(FileNotFoundError, match="number 5, which it needs, is not there"):
        store.compute(Number(value=1, of=(Number(value=5),)))


def test_a_claim_that_is_there_and_not_yet_seen_is_somebodys(tmp_path, monkeypatch) -> None:
    one, other = Claims(Tree(tmp_path)), Claims(Tree(tmp_path))
    assert one.take(NAME)
    look = Claims._look
    monkeypatch.setattr(other, "_look", lambda place: None)
    assert not other.take(NAME)
    monkeypatch.setattr(other, "_look", lambda place: look(other, place))
    one.release(NAME)
    assert other.take(NAME)


def test_what_a_run_says_of_its_progress_heeds_no_clock(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(store_module, "reproducible", nullcontext)
    store = Store(tmp_path)
    cells = [Number(value=k, seconds=0.02) for k in range(3)]
    plan(cells, store.shared)
    store.compute(cells[0])
    Store(tmp_path).claims.take(cells[1].hash)
    before = state(Store(tmp_path))
    assert before.seconds_left is not None
    for days in (40, -40):
        monkeypatch.setattr(time, "time", lambda days=days: 1.8e9 + days * DAY)
        assert state(Store(tmp_path)) == before


def test_a_run_is_at_its_end_when_what_its_workers_made_is_seen(tmp_path, monkeypatch) -> None:
    store, cell, awaited = Store(tmp_path), Number(value=1), []
    schedule = Schedule({cell.hash: cell}, store, unheard)
    schedule.done(cell.hash)
    monkeypatch.setattr(store, "comes", awaited.append)
    schedule.finish()
    assert awaited == [cell]
