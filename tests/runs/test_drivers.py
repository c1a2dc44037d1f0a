"""Several drivers in one run directory at once, killed and started again: the work is shared, and nothing that was
whole is ever lost, seen to be absent, or done twice."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml
from number_cell import layers
from tiny import TINY

from samenoise.runs.cell import in_order
from samenoise.runs.read_tree import ReadTree
from samenoise.runs.seal import SEALED, damage
from samenoise.runs.store import Store

TESTS = Path(__file__).parent.parent


class Drivers:
    """Processes with the same command, started again when they are killed."""

    def __init__(self, count: int, command: list[str], folder: Path) -> None:
        self.command, self.folder, self.started = command, folder, 0
        self.running = [self.start() for _ in range(count)]

    def start(self) -> subprocess.Popen:
        self.started += 1
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*filter(None, sys.path), str(TESTS)])}
        with (self.folder / f"stderr-{self.started}").open("wb") as err:
            return subprocess.Popen(
                self.command, stdout=subprocess.DEVNULL, stderr=err, start_new_session=True, env=environment
            )

    def kill_one(self, chance: random.Random) -> None:
        """A driver, or one of its workers, by SIGKILL; the driver is started again if it was the one."""
        k = chance.randrange(len(self.running))
        driver = self.running[k]
        if chance.random() < 0.5:
            driver.kill()
            driver.wait(60)
            self.running[k] = self.start()
            return
        try:
            children = Path(f"/proc/{driver.pid}/task/{driver.pid}/children").read_text().split()
        except OSError:
            return
        for child in chance.sample(children, min(1, len(children))):
            try:
                os.kill(int(child), signal.SIGKILL)
            except ProcessLookupError:
                return

    def finish(self, limit: float) -> None:
        """Until every one has ended well; one whose worker was killed ends with 1, and is started again."""
        deadline = time.monotonic() + limit
        while self.running:
            assert time.monotonic() < deadline, "drivers do not end"
            for k, driver in enumerate(self.running):
                code = driver.poll()
                if code == 0:
                    del self.running[k]
                    break
                if code is not None:
                    self.running[k] = self.start()
            time.sleep(0.02)

    def stop(self) -> None:
        for driver in self.running:
            driver.kill()
            driver.wait(60)

    def said(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("stderr-*")))


class Reader:
    """Looks at all results all the time. What was there once stays: the same files, every byte of them."""

    def __init__(self, root: Path) -> None:
        self.root, self.seen, self.wrong, self.looks = root, {}, [], 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._end.is_set():
            time.sleep(0.005)
            for place in [
                *self.seen,
                *(p for p in self.root.glob("*/*") if len(p.name) == 20 and p.parent.name[0] != "."),
            ]:
                if not place.is_dir() and place not in self.seen:
                    continue
                reason = damage(ReadTree(self.root), place.relative_to(self.root).as_posix(), every_byte=True)
                now = None if reason else ((place / SEALED).stat().st_ino, (place / SEALED).stat().st_mtime_ns)
                if reason or self.seen.setdefault(place, now) != now:
                    self.wrong.append(f"{place.name}: {reason or 'replaced'}")
            self.looks += 1

    def end(self) -> list[str]:
        self._end.set()
        self._thread.join()
        return self.wrong


def contents(root: Path) -> dict[str, bytes]:
    """Every file of the results and at the top, without those that tell times and the command."""
    others = (SEALED, "manifest.json", "index.html", "made.json")
    files = [p for p in root.rglob("*") if p.is_file() and p.name not in others]
    return {
        name: p.read_bytes() for p in files if not (name := p.relative_to(root).as_posix()).startswith((".", "std"))
    }


ROUNDS = int(os.environ.get("SAMENOISE_ROUNDS", "0"))
"""Games with killed drivers, where more are wanted than there is time for in every run of the tests."""


def number_drivers(count: int, folder: Path) -> Drivers:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, str(TESTS / "number_cell.py"), str(folder / "run"), str(folder / "log"), "2"]
    return Drivers(count, command, folder)


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("alone")
    drivers = number_drivers(1, folder)
    drivers.finish(60)
    assert drivers.started == 1, drivers.said()
    return contents(folder / "run")


@pytest.mark.parametrize("count", [2, 4])
def test_drivers_share_the_work_and_do_nothing_twice(count, expected, tmp_path):
    drivers = number_drivers(count, tmp_path)
    reader = Reader(tmp_path / "run")
    try:
        drivers.finish(60)
    finally:
        drivers.stop()
        wrong = reader.end()
    assert drivers.said() == ""
    assert wrong == []
    assert contents(tmp_path / "run") == expected
    computed = Counter((tmp_path / "log").read_text().split())
    assert computed == {cell.hash: 1 for cell in in_order(layers())}
    assert [p.name for p in (tmp_path / "run" / ".claims").iterdir()] == []


@pytest.mark.parametrize("count", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_killed_drivers_and_workers_lose_nothing(count, expected, tmp_path):
    chance = random.Random(count)
    for game in range(ROUNDS or 3):
        folder = tmp_path / str(game)
        drivers = number_drivers(count, folder)
        reader = Reader(folder / "run")
        try:
            for _ in range(2 * count):
                time.sleep(chance.uniform(0.02, 0.5))
                drivers.kill_one(chance)
            drivers.finish(60)
        finally:
            drivers.stop()
            wrong = reader.end()
        assert "Traceback" not in drivers.said(), drivers.said()
        assert wrong == []
        assert reader.looks > 10
        assert contents(folder / "run") == expected
        assert not (folder / "run" / ".damaged").exists()
        store = Store(folder / "run")
        assert list(store.verify()) == []
        assert list(store.drafts.names()) == [], "who is last clears up after the dead"


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("count", [2, 4])
def test_killed_runs_of_a_real_preset_lose_nothing(count, tmp_path):
    """Through the command line. ``SAMENOISE_ROUNDS=20`` plays as many games."""
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(TINY))

    def command(root: Path) -> list[str]:
        return [sys.executable, "-m", "samenoise", "run", str(tmp_path / "tiny.yaml"), "--out", str(root)]

    whole = tmp_path / "whole"
    whole.mkdir()
    Drivers(1, command(whole / "run"), whole).finish(300)
    expected = contents(whole / "run")
    chance = random.Random(count)
    for game in range(ROUNDS or 2):
        folder = tmp_path / str(game)
        folder.mkdir()
        drivers = Drivers(count, command(folder / "run"), folder)
        reader = Reader(folder / "run")
        try:
            for _ in range(count):
                time.sleep(chance.uniform(2, 8))
                drivers.kill_one(chance)
            drivers.finish(600)
        finally:
            drivers.stop()
            wrong = reader.end()
        assert "Traceback" not in drivers.said(), drivers.said()
        assert wrong == []
        assert contents(folder / "run") == expected
