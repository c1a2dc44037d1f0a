"""What a run directory says of the run that goes on in it."""

from __future__ import annotations

import json
import time
from importlib import import_module
from types import SimpleNamespace
from typing import ClassVar

import pytest
from number_cell import Number
from typer.testing import CliRunner

from samenoise.cli import app
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.failures import CellFailed
from samenoise.runs.store import Store
from samenoise.runs.watching import PLAN, plan, state

watch = import_module("samenoise.cli.watch")
FIRST, SECOND, BAD = Number(value=1), Number(value=2), Number(value=3)
TOP = Number(value=4, of=(FIRST, SECOND, BAD))


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path)
    plan([TOP], found.tree)
    return found


def test_a_cell_is_done_at_work_failed_or_to_come(store):
    store.compute(FIRST)
    store.claims.take(SECOND.hash)
    store.claims.take("run-1", [cell.hash for cell in (TOP, FIRST, SECOND, BAD)])
    store.failures.add(BAD, CellFailed("number 3: half \x1b[2J written"))
    found = state(Store(store.root, make=False))
    assert [cell.hash for cell in found.cells] == [cell.hash for cell in (FIRST, SECOND, BAD, TOP)]
    assert list(found.done) == [FIRST.hash]
    assert list(found.running) == [SECOND.hash]
    assert list(found.failed) == [BAD.hash]
    assert found.seconds_left == pytest.approx(2 * found.done[FIRST.hash]), "two to come, one of them at work"


def test_a_failure_whose_result_is_there_is_none(store):
    store.failures.add(FIRST, CellFailed("number 1: once"))
    store.compute(FIRST)
    assert state(store).failed == {}


def test_the_verb_prints_a_table_or_json(store):
    store.compute(FIRST)
    store.failures.add(BAD, CellFailed("number 3: half \x1b[2J written"))
    shown = CliRunner().invoke(app, ["watch", str(store.root), "--once"])
    assert shown.exit_code == 0
    assert "1/4 done, 1 failed, over, 2 not computed" in shown.output.splitlines()[0]
    assert shown.output.count("number 3") == 1, "its title is not said twice"
    assert "half" in shown.output
    assert "\x1b[2J" not in shown.output
    told = json.loads(CliRunner().invoke(app, ["watch", str(store.root), "--json"]).output)
    assert (told["cells"], told["done"], list(told["failed"])) == (4, [FIRST.hash], [BAD.hash])


def test_a_narrow_table_does_not_break_the_line_above_it(store):
    store.claims.take(SECOND.hash)
    shown = CliRunner().invoke(app, ["watch", str(store.root), "--once"], env={"COLUMNS": "80"})
    assert "0/4 done, 0 failed, at work: 1 on" in shown.output.splitlines()[0]
    assert shown.output.splitlines()[0].endswith("time left: unknown")


class Slow(Number):
    folder: ClassVar[str] = "models"

    @property
    def cost(self) -> float:
        return 100.0


def test_how_long_it_takes_is_unknown_before_a_cell_of_each_dear_kind_is_done(tmp_path):
    """Quick ones tell nothing of slow ones."""
    store, slow, quick = Store(tmp_path), [Slow(value=5), Slow(value=6)], [Number(value=7), Number(value=8)]
    plan([*slow, *quick], store.tree)
    store.claims.take(slow[0].hash)
    store.compute(quick[0])
    assert state(store).seconds_left is None
    store.compute(slow[1])
    done = state(store)
    assert done.seconds_left == pytest.approx(done.done[slow[1].hash] + done.done[quick[0].hash])


class Cut(Number):
    def cut(self, shards):
        return Cut(value=10 + shards)

    def parts(self):
        return [Number(value=100 + k) for k in range(self.value - 10)]


def test_parts_are_seen_at_work(tmp_path):
    store = Store(tmp_path)
    plan([Cut()], store.tree, 3)
    store.claims.take(Number(value=101).hash)
    found = state(store)
    assert list(found.running) == [Number(value=101).hash]
    shown = CliRunner().invoke(app, ["watch", str(store.root), "--once"])
    assert "0/1 done" in shown.output
    assert "number 101" in shown.output


def test_who_looks_on_stays_until_all_is_done_or_something_failed_and_nobody_is_at_work(store, monkeypatch):
    store.claims.take("run-1", [TOP.hash, BAD.hash])
    store.failures.add(BAD, CellFailed("number 3: half written"))
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        store.claims.release("run-1")

    monkeypatch.setattr(watch, "time", SimpleNamespace(sleep=sleep, strftime=time.strftime))
    shown = CliRunner().invoke(app, ["watch", str(store.root)])
    assert waited == [watch.EVERY]
    assert shown.output.count("0/4 done, 1 failed") == 2


@pytest.mark.parametrize(
    "text",
    [
        b"3",
        b"[3]",
        b'[{"hash": "../../x", "folder": "data", "title": "", "cost": 1}]',
        b'[{"hash": "x", "folder": "data", "title": "", "cost": 1, "parts": 3}]',
    ],
)
def test_a_plan_that_is_none_is_refused(store, text):
    store.tree.write(PLAN, text)
    with pytest.raises(Unreadable, match="no plan"):
        state(store)


def test_where_no_run_has_begun_a_sentence_says_so(tmp_path):
    Store(tmp_path)
    assert CliRunner().invoke(app, ["watch", str(tmp_path)]).exit_code == 2
    assert CliRunner().invoke(app, ["watch", str(tmp_path / "nothing")]).exit_code == 2
