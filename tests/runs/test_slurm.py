"""Cells by jobs of a real Slurm, with faults: workers killed, jobs requeued, a controller that restarts, a node that
goes, time that is over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from number_cell import BARE, LOG, Number, Steps, layers
from slurm_cluster import Cluster, started
from tiny import content, tiny

from samenoise.lab.agenda import Agenda
from samenoise.runs import slurm
from samenoise.runs.cell import ConfigError, in_order
from samenoise.runs.executor import unheard
from samenoise.runs.failures import CellFailed, Unfinished
from samenoise.runs.slurm import Slurm
from samenoise.runs.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(700)]
OPTIONS = {"slurm_time": 2, "slurm_partition": "main"}


@pytest.fixture(scope="module")
def cluster():
    found = started()
    yield found
    found.stop()


@pytest.fixture(autouse=True)
def _here(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cluster.mend()
    monkeypatch.setenv("SLURM_CONF", cluster.environment["SLURM_CONF"])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*filter(None, sys.path), str(Path(__file__).parents[1])]))
    monkeypatch.setenv(LOG, str(tmp_path / "log"))
    monkeypatch.setenv(BARE, "1")
    monkeypatch.setattr(slurm, "ASK", 2.0)


def until(there, seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def meanwhile(executor: Slurm, cells: list[Number], store: Store) -> tuple[threading.Thread, list[BaseException]]:
    """The executor at work, beside the test."""
    ended: list[BaseException] = []

    def drive() -> None:
        try:
            executor(cells, store, on_event=unheard)
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=drive, daemon=True)
    thread.start()
    return thread, ended


def test_workers_take_cells_until_nothing_is_left_and_a_failure_is_told_once(tmp_path, cluster):
    store, events = Store(tmp_path / "run"), []
    cells, bad = layers(), Number(value=99, fails=True)
    with pytest.raises(Unfinished, match=r"^number 99: half written$"):
        Slurm(2, OPTIONS)([*cells, bad, Number(value=98, of=(bad,))], store, on_event=events.append)
    assert [cell.load(store) for cell in in_order(cells)][-1] > 0
    assert Counter((tmp_path / "log").read_text().split()) == {cell.hash: 1 for cell in in_order(cells)}
    assert [e.failed for e in events if e.failed] == ["number 99: half written"]
    until(lambda: cluster.ask("squeue", "-h") == "")
    assert [*store.claims.living()] == []


@pytest.mark.parametrize("kept", [False, True])
def test_faults_change_nothing(kept, tmp_path, cluster):
    """A worker's process is killed, a job is put back into the queue, and the controller goes and comes. It has kept
    what it did last, or not: then it starts jobs again which run, the nodes refuse, and it holds them back for good."""
    store = Store(tmp_path / "run")
    cells = layers(seconds=3 if kept else 2)
    thread, ended = meanwhile(Slurm(2, OPTIONS), cells, store)
    try:
        until(lambda: any(len(claim.cells) == 1 and claim.pid for claim in store.claims.living()))
        job = json.loads((tmp_path / "run" / ".jobs" / "slurm.json").read_text())["job"]
        if kept:
            time.sleep(8)  # it keeps it every five seconds
        victim = next(claim for claim in store.claims.living() if len(claim.cells) == 1)
        os.kill(victim.pid, signal.SIGKILL)
        cluster.kill_controller()
        time.sleep(3)
        cluster.start_controller()
        cluster.ask("scontrol", "requeue", f"{job}_0")
        thread.join(300)
    finally:
        alive = thread.is_alive()
        if alive:
            Slurm().cancel(store)
    assert not alive
    assert ended == []
    assert all(store.whole(cell) for cell in in_order(cells))
    alone = Store(tmp_path / "alone")
    for cell in in_order(cells):
        alone.compute(cell)
        for name in ("value.txt", "deep/sum.txt"):
            assert (store.path(cell) / name).read_bytes() == (alone.path(cell) / name).read_bytes()


def test_when_the_time_of_a_job_is_over_in_mid_cell_it_is_queued_again_and_goes_on(tmp_path, monkeypatch):
    """Of two minutes it leaves all but ten seconds."""
    monkeypatch.setattr(slurm, "_spare", lambda minutes: 55)
    store, cell = Store(tmp_path / "run"), Steps(value=7, seconds=10)
    Slurm(1, OPTIONS)([cell], store, on_event=unheard)
    steps, writers = zip(*(line.split() for line in (tmp_path / "log").read_text().splitlines()), strict=True)
    assert [*map(int, dict.fromkeys(steps))] == [*range(10)]
    assert len(steps) <= 11, "a step that was at work is made again, and no other"
    assert len(set(writers)) > 1
    [first, *_] = sorted((tmp_path / "run" / ".jobs" / "log").glob("*.out"))
    said = [line for line in first.read_text().splitlines() if line.startswith("samenoise: ")]
    assert said[0] == "samenoise: out of time, queued again"
    assert len(said) > 1, "the same job came again"


@pytest.mark.skipif("SAMENOISE_KILLS" not in os.environ, reason="takes minutes: SAMENOISE_KILLS=1 asks for it")
def test_when_the_time_of_a_job_is_over_in_mid_training_it_goes_on_to_the_same_weights(tmp_path, cluster, monkeypatch):
    """It is told so by the signal that Slurm sends before the end, as soon as there is a checkpoint."""
    monkeypatch.delenv(BARE)
    training = {"updates": 2500, "batch": 16, "warmup": 5}
    agenda = Agenda(tiny(network={"name": "uvit"}, widths=[16], sizes=[12], training=training))
    cell = agenda.plan.place(agenda.study.model(16, 12).member).train
    store, alone = Store(tmp_path / "run"), Store(tmp_path / "alone")
    thread, ended = meanwhile(Slurm(1, {**OPTIONS, "slurm_time": 20}), [cell], store)
    until(lambda: [*(tmp_path / "run" / ".scratch").glob("*/*/checkpoint-*")], 200)
    cluster.ask("scancel", "--signal=USR2", json.loads((tmp_path / "run" / ".jobs" / "slurm.json").read_text())["job"])
    thread.join(300)
    assert not thread.is_alive()
    assert ended == []
    logs = [path.read_text() for path in (tmp_path / "run" / ".jobs" / "log").glob("*.out")]
    assert any("samenoise: out of time, queued again" in each for each in logs)
    for each in in_order([cell]):
        alone.compute(each)
    assert content(store.path(cell)) == content(alone.path(cell))


def test_a_node_that_goes_changes_nothing(tmp_path, cluster):
    store, cells = Store(tmp_path / "run"), layers(seconds=1)
    thread, ended = meanwhile(Slurm(2, OPTIONS), cells, store)
    try:
        until(lambda: len({claim.pid for claim in store.claims.living() if len(claim.cells) == 1}) == 2)
        cluster.kill_node("n2")
        thread.join(300)
    finally:
        alive = thread.is_alive()
        Slurm().cancel(store)
        cluster.start_node("n2")
    assert not alive
    assert ended == []
    assert all(store.whole(cell) for cell in in_order(cells))


def test_jobs_that_make_room_for_more_urgent_ones_come_again(tmp_path, cluster):
    """By the priority of a partition, as Slurm does it by itself."""
    store, cells = Store(tmp_path / "run"), layers(seconds=2)
    thread, ended = meanwhile(Slurm(2, OPTIONS), cells, store)
    try:
        until(lambda: len({claim.pid for claim in store.claims.living() if len(claim.cells) == 1}) == 2)
        job = json.loads((tmp_path / "run" / ".jobs" / "slurm.json").read_text())["job"]
        cluster.ask("sbatch", "--partition=urgent", "--nodes=2", "--exclusive", "--output=/dev/null", "--wrap=sleep 1")
        until(lambda: "Restarts=1" in cluster.ask("scontrol", "show", "job", job))
        thread.join(300)
    finally:
        alive = thread.is_alive()
        if alive:
            Slurm().cancel(store)
    assert not alive
    assert ended == []
    assert all(store.whole(cell) for cell in in_order(cells))
    said = [path.read_text() for path in (tmp_path / "run" / ".jobs" / "log").glob("*.out")]
    assert any("samenoise: told to leave" in each for each in said), "both, where three seconds are enough to leave in"


def test_a_second_driver_follows_the_array_of_the_first(tmp_path, cluster):
    store, cells = Store(tmp_path / "run"), [Number(value=k, seconds=6) for k in range(2)]
    first = "\n".join(
        [
            "import sys; from number_cell import Number; from samenoise.runs.slurm import Slurm",
            "from samenoise.runs.store import Store",
            "cells = [Number(value=k, seconds=6) for k in range(2)]",
            f"Slurm(1, {OPTIONS!r})(cells, Store(sys.argv[1]), on_event=print)",
        ]
    )
    driver = subprocess.Popen([sys.executable, "-c", first, str(tmp_path / "run")])
    record = tmp_path / "run" / ".jobs" / "slurm.json"
    until(record.exists)
    driver.kill()
    driver.wait()
    before = record.read_bytes()
    Slurm(1, OPTIONS)(cells, store, on_event=unheard)
    assert record.read_bytes() == before, "no second array"
    assert Counter((tmp_path / "log").read_text().split()) == {cell.hash: 1 for cell in cells}


def test_what_is_wrong_is_one_sentence(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(CellFailed, match=r"^sbatch did not take the array: "):
        Slurm(1, {"slurm_partition": "nowhere"})([Number()], store, on_event=unheard)
    with pytest.raises(ConfigError, match="colour"):
        Slurm(1, {"slurm_colour": "red"})([Number()], store, on_event=unheard)
