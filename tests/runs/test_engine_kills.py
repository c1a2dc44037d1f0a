"""Slurm and Ray while drivers and workers are killed at random, several drivers work at once, and one unit takes more
than there is: the same results.

``SAMENOISE_KILLS=50`` and ``SAMENOISE_DRIVERS=20`` play as many as there is no time for in every run of the tests.
Where neither is set, units run out of memory on Slurm, and that is all.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import ray_cluster
import slurm_cluster
from engine_driver import OPTIONS
from number_cell import BARE, LOG, Hungry, Mortal, layers

from samenoise.runs.cell import in_order
from samenoise.runs.executor import Executor
from samenoise.runs.failures import Unfinished
from samenoise.runs.ray import Ray
from samenoise.runs.slurm import Slurm
from samenoise.runs.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
TESTS = Path(__file__).parents[1]
KILLS = int(os.environ.get("SAMENOISE_KILLS", "0"))
AT_A_TIME = 5
"""Kills in one run directory."""
DRIVERS = int(os.environ.get("SAMENOISE_DRIVERS", "0"))
"""Times that two drivers work in one run directory."""


class Engine:
    """One of the two, and the drivers on it."""

    def __init__(self, name: str, address: str, log: Path) -> None:
        self.name, self.address, self.log = name, address, log

    def executor(self) -> Executor:
        return Slurm(2, OPTIONS) if self.name == "slurm" else Ray(self.address)

    def start(self, root: Path, seconds: float) -> subprocess.Popen:
        command = [sys.executable, str(TESTS / "engine_driver.py"), self.name, self.address, str(root), str(seconds)]
        with (root.parent / "said").open("ab") as said:
            return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)

    def computed(self) -> int:
        """Units that were computed to their ends, since ever."""
        return len(self.log.read_text().split()) if self.log.exists() else 0


@pytest.fixture(scope="module", params=["slurm", "ray"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    if request.param == "ray" and not KILLS + DRIVERS:
        pytest.skip("takes minutes: SAMENOISE_KILLS=5 SAMENOISE_DRIVERS=2 asks for it")
    log = tmp_path_factory.mktemp("engine") / "log"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([*filter(None, sys.path), str(TESTS)]))
        patch.setenv(BARE, "1")
        patch.setenv(LOG, str(log))
        if request.param == "slurm":
            cluster = slurm_cluster.started()
            patch.setenv("SLURM_CONF", cluster.environment["SLURM_CONF"])
            yield Engine("slurm", "", log)
            cluster.stop()
        else:
            cluster = ray_cluster.started(cpus=1)
            yield Engine("ray", cluster.address, log)
            cluster.shutdown()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """What they must be."""
    store = Store(tmp_path_factory.mktemp("alone"))
    for cell in in_order(list(layers(1))):
        store.compute(
            cell, run=lambda results, out, progress, cell=cell: type(cell)(**_quick(cell)).run(results, out, progress)
        )
    return store


def _quick(cell) -> dict:
    return {**{name: getattr(cell, name) for name in type(cell).model_fields}, "seconds": 0.0}


def same(root: Path, alone: Store) -> None:
    store = Store(root)
    assert [*store.verify()] == []
    for cell in in_order(list(layers(1))):
        assert store.whole(cell)
        for name in ("value.txt", "deep/sum.txt"):
            assert (store.path(cell) / name).read_bytes() == (alone.path(cell) / name).read_bytes()


def ended(driver: subprocess.Popen, seconds: float = 240) -> int:
    try:
        return driver.wait(seconds)
    finally:
        driver.kill()


def at_work(root: Path) -> list[int]:
    """Processes that compute here: those that write results, and those that hold claims."""
    store = Store(root)
    writers = [writer for name in store.drafts.names() for writer in store.drafts.writers(name)]
    held = [claim.pid for claim in store.claims.living() if len(claim.cells) == 1]
    return [*(int(writer.split("-")[1]) for writer in writers), *held]


@pytest.mark.skipif(not KILLS, reason="takes minutes: SAMENOISE_KILLS=5 asks for it")
def test_random_kills_of_drivers_and_workers_change_nothing(engine: Engine, alone: Store, tmp_path: Path) -> None:
    chance, left, game = random.Random(engine.name), KILLS, 0
    while left:
        root = tmp_path / str(game) / "run"
        root.mkdir(parents=True)
        driver = engine.start(root, 1)
        for _ in range(min(AT_A_TIME, left)):
            deadline = time.monotonic() + 30
            while not (there := at_work(root)) and driver.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            time.sleep(chance.uniform(0, 1))
            victims = [driver.pid, *({*there} - {driver.pid})]
            with suppress(ProcessLookupError):
                os.kill(chance.choice(victims), signal.SIGKILL)
            left -= 1
            if driver.poll() is not None:
                driver = engine.start(root, 1)
        while code := ended(driver):
            assert code in (1, -signal.SIGKILL)
            driver = engine.start(root, 1)
        same(root, alone)
        assert "Traceback" not in (root.parent / "said").read_text()
        game += 1


@pytest.mark.skipif(not DRIVERS, reason="takes minutes: SAMENOISE_DRIVERS=2 asks for it")
def test_two_drivers_at_once_share_the_work(engine: Engine, alone: Store, tmp_path: Path) -> None:
    for game in range(DRIVERS):
        root, before = tmp_path / str(game) / "run", engine.computed()
        root.mkdir(parents=True)
        drivers = [engine.start(root, 1) for _ in range(2)]
        assert [ended(each) for each in drivers] == [0, 0]
        same(root, alone)
        assert (root.parent / "said").read_text() == ""
        assert engine.computed() - before == len(in_order(list(layers(1)))), "nothing is computed twice"


def test_what_runs_out_of_memory_fails_alone(engine: Engine, tmp_path: Path) -> None:
    """One is refused memory, and says so; one is killed, at every try, as the system does that has none left."""
    store, told = Store(tmp_path / "run"), []
    cells = [*layers(), Hungry(value=77), Mortal(value=78, deaths=99)]
    with pytest.raises(Unfinished) as caught:
        engine.executor()(cells, store, on_event=told.append)
    assert caught.value.failed == 2
    said = sorted(event.failed for event in told if event.failed)
    assert said[0].startswith("number 77: MemoryError")
    assert said[1].startswith("number 78: ")
    assert "died" in said[1]
    assert all(store.whole(cell) for cell in in_order(list(layers())))
