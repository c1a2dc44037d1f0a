"""Drivers that share a store at a service, each on a machine of its own as far as files go: a cache for each."""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from number_cell import layers
from s3_server import Server

from samenoise.runs.cell import in_order
from samenoise.runs.objects import Objects
from samenoise.runs.remote import CACHE, RemoteStore
from samenoise.runs.seal import SEALED
from tests.runs.test_drivers import TESTS, Drivers, contents, number_drivers

ROUNDS = int(os.environ.get("SAMENOISE_ROUNDS", "1"))
KILLS = 2
"""In a game."""


class Machines(Drivers):
    """Drivers with a cache each, which one that is started again may find or not."""

    def start(self):
        os.environ[CACHE] = str(self.folder / f"cache-{self.started % 3}")
        return super().start()


def drivers(count: int, url: str, folder: Path) -> Machines:
    folder.mkdir(exist_ok=True)
    return Machines(count, [sys.executable, str(TESTS / "number_cell.py"), url, str(folder / "log"), "2"], folder)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Of a run in a folder."""
    folder = tmp_path_factory.mktemp("alone")
    alone = number_drivers(1, folder)
    alone.finish(60)
    return {name: data for name, data in contents(folder / "run").items() if name != "store.json"}


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))


def kept(url: str) -> dict[str, bytes]:
    """Every file of the results and at the top."""
    files = Objects(url)
    names = [name for name, _ in files.files() if not name.startswith(".") and not name.endswith(SEALED)]
    return {name: files.read(name) for name in names if name != "store.json"}


def left_behind(url: str) -> list[str]:
    return [name for name, _ in Objects(url).files() if name.startswith((".claims", ".probe", ".failures"))]


def played(count: int, url: str, folder: Path, chance: random.Random | None = None) -> Machines:
    """To the end, with some killed at random."""
    players = drivers(count, url, folder)
    try:
        for _ in range(KILLS if chance else 0):
            time.sleep(chance.uniform(0.1, 1.5))
            players.kill_one(chance)
        players.finish(120)
    finally:
        players.stop()
    return players


@pytest.mark.slow
def test_two_drivers_at_a_service_share_the_work_and_say_nothing(s3: Server, expected, tmp_path) -> None:
    """``SAMENOISE_ROUNDS=20`` plays as many games."""
    for game in range(ROUNDS):
        url = f"s3://{s3.bucket()}/run"
        players = played(2, url, tmp_path / str(game))
        assert players.said() == ""
        assert kept(url) == expected
        assert left_behind(url) == []
        computed = Counter((tmp_path / str(game) / "log").read_text().split())
        assert computed == {cell.hash: 1 for cell in in_order(layers())}


@pytest.mark.slow
def test_two_drivers_where_conditions_are_ignored_may_work_twice_and_end_alike(s3: Server, expected, tmp_path) -> None:
    s3.harm = lambda server, request, answer: request.pop("HTTP_IF_NONE_MATCH", None) and None
    for game in range(min(ROUNDS, 3)):
        url = f"s3://{s3.bucket()}/run"
        players = played(2, url, tmp_path / str(game))
        assert players.said() == ""
        assert kept(url) == expected
        assert left_behind(url) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_drivers_and_workers_at_a_service_lose_nothing(s3: Server, expected, tmp_path) -> None:
    """``SAMENOISE_ROUNDS=25`` kills fifty."""
    chance = random.Random(0)
    for game in range(ROUNDS):
        url = f"s3://{s3.bucket()}/run"
        players = played(1, url, tmp_path / str(game), chance)
        assert "Traceback" not in players.said(), players.said()
        assert kept(url) == expected
        assert list(RemoteStore(url, cache=tmp_path / "reader").verify()) == []
        assert [name for name in left_behind(url) if ".failures" in name] == []
