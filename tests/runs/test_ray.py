"""Cells by tasks of a real Ray of two nodes, with faults: a worker is killed, and a node is taken away."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from number_cell import BARE, Number, layers
from ray_cluster import started

from samenoise.runs.cell import ConfigError, in_order
from samenoise.runs.executor import unheard
from samenoise.runs.failures import Unfinished
from samenoise.runs.ray import Ray
from samenoise.runs.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def cluster():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([*filter(None, sys.path), str(Path(__file__).parents[1])]))
        patch.setenv(BARE, "1")
        found = started(cpus=2)
        yield found
        found.shutdown()


def test_tasks_compute_what_is_ready_and_a_failure_is_told_once(tmp_path, cluster):
    store, events, cells = Store(tmp_path), [], layers()
    bad = Number(value=99, fails=True)
    with pytest.raises(Unfinished, match=r"^number 99: half written$"):
        Ray(cluster.address)([*cells, bad], store, on_event=events.append)
    assert all(store.whole(cell) for cell in in_order(cells))
    ended = Counter(e.cell.hash for e in events if e.share == 1 or e.failed)
    assert ended == {cell.hash: 1 for cell in (*in_order(cells), bad)}
    assert [*store.claims.living()] == []


def test_a_killed_worker_and_a_node_that_goes_change_nothing(tmp_path, cluster):
    store, cells, ended = Store(tmp_path), layers(seconds=2), []

    def drive() -> None:
        try:
            Ray(cluster.address)(cells, store, on_event=unheard)
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=drive)
    thread.start()
    deadline = time.monotonic() + 120
    writers: list[str] = []
    while not writers and time.monotonic() < deadline:
        writers = [w for name in store.drafts.names() for w in store.drafts.writers(name)]
        time.sleep(0.1)
    os.kill(int(writers[0].split("-")[1]), signal.SIGKILL)
    cluster.remove_node(cluster.second, allow_graceful=False)
    thread.join(240)
    assert not thread.is_alive()
    assert ended == []
    assert all(store.whole(cell) for cell in in_order(cells))


def test_what_is_wrong_is_one_sentence(tmp_path, cluster):
    for k, wrong in enumerate((3, {"colour": "red"}, {"num_cpus": -1})):
        with pytest.raises(ConfigError, match="ray_number"):
            Ray(cluster.address, {"ray_number": wrong})([Number()], Store(tmp_path / str(k)), on_event=unheard)
