"""Drivers that share a store at a service, each on a machine of its own as far as files go: a cache for each."""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


class LateLists:
    """Answers a question for a list as it did to the one who asked before, for so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.old, self.stale = seconds, dict[str, tuple[float, Any, bytes]](), 0
        self._alone = threading.Lock()

    def __call__(self, server: Server, request: dict[str, Any], answer: Callable[..., Any]) -> list[bytes] | None:
        question = f"{request['PATH_INFO']}?{request['QUERY_STRING']}"
        if request["REQUEST_METHOD"] != "GET" or "list-type" not in question:
            return None
        with self._alone:
            when, said, body = self.old.get(question, (-self.seconds, None, b""))
            if time.monotonic() - when < self.seconds:
                self.stale += 1
            else:
                heard: list[Any] = []
                body = b"".join(server.app(request, lambda *args: heard.append(args)))
                said = heard[0]
                self.old[question] = time.monotonic(), said, body
        answer(*said)
        return [body]


@pytest.mark.slow
def test_lists_that_are_seconds_late_cost_time_and_no_result(s3: Server, expected, tmp_path) -> None:
    s3.harm = LateLists(1.0)
    url = f"s3://{s3.bucket()}/run"
    players = played(2, url, tmp_path / "late")
    assert s3.harm.stale > 0
    s3.harm = None
    assert players.said() == ""
    assert kept(url) == expected
    assert left_behind(url) == []


@pytest.mark.slow
def test_a_service_that_goes_away_for_seconds_is_waited_for(s3: Server, expected, tmp_path) -> None:
    url, began = f"s3://{s3.bucket()}/run", time.monotonic()

    def away(server: Server, request: dict[str, Any], answer: Callable[..., Any]) -> list[bytes] | None:
        if not server.seen["PUT"] > puts + 12 or time.monotonic() > until.setdefault("back", time.monotonic() + 3):
            return None
        answer("400 Bad Request", [("Content-Length", "0")])
        return [b""]

    puts, until = s3.seen["PUT"], dict[str, float]()
    s3.harm = away
    players = played(2, url, tmp_path / "away")
    assert until["back"] > began
    assert players.started == 2, players.said()
    assert players.said() == ""
    assert kept(url) == expected


@pytest.mark.slow
def test_a_service_that_stays_away_ends_a_run_in_one_sentence_and_the_next_goes_on(
    s3: Server, expected, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("SAMENOISE_PATIENCE", "1")
    puts, url = s3.seen["PUT"], f"s3://{s3.bucket()}/run"

    def away(server: Server, request: dict[str, Any], answer: Callable[..., Any]) -> list[bytes] | None:
        if server.seen["PUT"] < puts + 15:
            return None
        answer("400 Bad Request", [("Content-Length", "0")])
        return [b""]

    s3.harm = away
    first = drivers(1, url, tmp_path / "away")
    assert first.running[0].wait(60) == 1
    [sentence] = first.said().splitlines()
    assert f"{url} cannot be used at present: " in sentence
    s3.harm = None
    monkeypatch.setenv("SAMENOISE_PATIENCE", "60")
    second = drivers(1, url, tmp_path / "away")
    second.finish(60)
    assert kept(url) == expected
    computed = Counter((tmp_path / "away" / "log").read_text().split())
    assert computed == {cell.hash: 1 for cell in in_order(layers())}, "what was not sent is in the cache"
