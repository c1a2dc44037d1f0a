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
from number_cell import Number, layers

from samenoise.runs.cell import ConfigError, in_order
from samenoise.runs.failures import Unfinished
from samenoise.runs.ray import Ray
from samenoise.runs.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory):
    pytest.importorskip("ray", reason="no ray here: pip install 'samenoise[ray]'")
    from ray.cluster_utils import Cluster

    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([*filter(None, sys.path), str(Path(__file__).parents[1])])
    small = {"num_cpus": 2, "object_store_memory": 80 * 2**20}
    found = Cluster(initialize_head=True, head_node_args=small)
    found.second = found.add_node(**small)
    yield found
    found.shutdown()
    del os.environ["PYTHONPATH"]
    if before is not None:
        os.environ["PYTHONPATH"] = before


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
    store, cells, ended = Store(tmp_path), layers(seconds=4), []

    def drive() -> None:
        try:
            Ray(cluster.address)(cells, store, on_event=lambda event: None)
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
    with pytest.raises(ConfigError, match="ray_number"):
        Ray(cluster.address, {"ray_number": 3})([Number()], Store(tmp_path / "a"), on_event=lambda event: None)
