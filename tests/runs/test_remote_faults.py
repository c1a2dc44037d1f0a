"""What can go wrong between a store and its service: each is one sentence, and what was computed is kept."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from number_cell import Number
from s3_server import Server

from samenoise.cli import explain
from samenoise.runs import store as store_module
from samenoise.runs.address import open_store, reopen_store
from samenoise.runs.failures import CellFailed, ends_all
from samenoise.runs.objects import AWAY
from samenoise.runs.remote import CACHE, RemoteStore
from samenoise.runs.store import Store, StoreError
from samenoise.runs.workers import computed

NUMBER = Number(value=2)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(store_module, "reproducible", nullcontext)
    monkeypatch.setenv(CACHE, str(tmp_path / "caches"))


@pytest.fixture
def url(s3: Server) -> str:
    return f"s3://{s3.bucket()}/runs/one"


@pytest.fixture
def one(url: str, tmp_path: Path) -> RemoteStore:
    store = RemoteStore(url, cache=tmp_path / "one")
    store.compute(NUMBER)
    return store


class Puts:
    """Harms puts of objects whose name has ``within``."""

    def __init__(self, status: str, within: str = "", first: int = 10**6, short: bool = False) -> None:
        self.status, self.within, self.left, self.short = status, within, first, short

    def __call__(self, server: Server, request: dict[str, Any], answer: Callable) -> list[bytes] | None:
        writes = request["REQUEST_METHOD"] in ("PUT", "POST", "DELETE")
        if not writes or self.within not in request["PATH_INFO"] or not self.left:
            return None
        self.left -= 1
        if self.short:  # it keeps the first half, and says that all is well
            length = int(request["CONTENT_LENGTH"])
            request["wsgi.input"] = io.BytesIO(request["wsgi.input"].read(length)[: length // 2])
            request["CONTENT_LENGTH"] = str(length // 2)
            for name in [each for each in request if each.startswith("HTTP_X_AMZ")]:
                del request[name]
            return None
        answer(self.status, [("Content-Length", "0")])
        return [b""]


def test_a_put_that_is_cut_short_is_made_again(s3, url, tmp_path) -> None:
    store = RemoteStore(url, cache=tmp_path / "one")
    s3.harm = Puts("", "sum.txt", first=1, short=True)
    store.compute(NUMBER)
    assert s3.harm.left == 0
    assert store.damage(NUMBER) is None


def test_puts_that_are_always_cut_short_end_in_a_sentence_and_nothing_is_there(s3, url, tmp_path) -> None:
    store = RemoteStore(url, cache=tmp_path / "one")
    s3.harm, store.far.patience = Puts("", "sum.txt", short=True), 0.3
    with pytest.raises(OSError, match=rf"^{url} {AWAY}: \d+ of \d+ bytes of \S+ are there after it was sent$"):
        store.compute(NUMBER)
    s3.harm = None
    assert not RemoteStore(url, cache=tmp_path / "other").has(NUMBER)
    assert store.far.about(f"{store_module.place_of(NUMBER)}/cell.json") is None, "the seal is sent last"
    again = RemoteStore(url, cache=tmp_path / "one")
    assert again.whole(NUMBER), "what was computed is kept here, and sent by the next who asks"
    assert again.damage(NUMBER) is None


def test_an_upload_in_parts_that_is_not_completed_is_nothing(s3, url, tmp_path, monkeypatch) -> None:
    import s3fs.core

    monkeypatch.setattr(s3fs.core, "calculate_chunksize", lambda *args, **kwargs: 5 * 2**20)
    store = RemoteStore(url, cache=tmp_path / "one")
    (tmp_path / "large").write_bytes(b"x" * (11 * 2**20))
    store.far.patience = 0.2

    def uncompleted(server: Server, request: dict[str, Any], answer: Callable) -> list[bytes] | None:
        if request["REQUEST_METHOD"] == "POST" and "uploadId" in request["QUERY_STRING"]:
            answer("400 Bad Request", [("Content-Length", "0")])
            return [b""]
        return None

    s3.harm = uncompleted
    with pytest.raises(OSError, match=f"^{url} {AWAY}"):
        store.far.send(tmp_path / "large", "scores/large")
    assert store.far.about("scores/large") is None
    s3.harm = None
    store.far.send(tmp_path / "large", "scores/large")
    assert store.far.size("scores/large") == 11 * 2**20


def test_a_service_that_lets_nobody_write_is_one_sentence_and_can_be_read(one, s3, url, tmp_path) -> None:
    s3.harm = Puts("403 Forbidden")
    with pytest.raises(StoreError, match=rf"^{url} {AWAY}: access is refused \(Forbidden\)$") as caught:
        RemoteStore(url, cache=tmp_path / "other")
    assert explain(caught.value)[1] == 2
    reader = RemoteStore(url, make=False, cache=tmp_path / "other")
    assert NUMBER.load(reader) == 2
    s3.harm = None
    assert one.claims.take("unit")
    s3.harm = Puts("403 Forbidden")
    assert [claim.cells for claim in reader.claims.living()] == [("unit",)], "who may only read may look on"
    with pytest.raises(OSError, match=f"^{url} {AWAY}: access is refused") as refused:
        one.compute(Number(value=9))
    told = f"{refused.value}; what is finished is kept: run the same command again to go on"
    assert explain(refused.value) == (told, 1)
    s3.harm = None
    assert one.whole(Number(value=9)), "it was computed once"


def test_a_cache_that_cannot_be_used_is_one_sentence(url, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=rf"^{tmp_path}/file cannot be used as the cache of {url}: .* by {CACHE}$"):
        RemoteStore(url, cache=tmp_path / "file")


def test_a_bucket_that_is_not_there_and_a_service_that_is_not_are_one_sentence(s3, monkeypatch, tmp_path) -> None:
    with pytest.raises(StoreError, match=r"^s3://no-such-bucket/run cannot be used as a run directory \(.*bucket"):
        RemoteStore("s3://no-such-bucket/run")
    with pytest.raises(StoreError, match=r"^nonsense://a is no place for a run directory: "):
        open_store("nonsense://a")


def test_a_service_that_ignores_conditions_is_said_so_and_loses_nothing(s3, url, tmp_path) -> None:
    s3.harm = lambda server, request, answer: request.pop("HTTP_IF_NONE_MATCH", None) and None
    one, other = (RemoteStore(url, cache=tmp_path / name) for name in ("one", "other"))
    assert one.caveat == f"{url} gives one name to two writers: runs that share it may compute units twice, to one end"
    Number(value=4).run(one, one.drafts.result("x" * 20), lambda share: None)
    for store in (one, other):  # both believe that they are alone
        Store.compute(store, Number(value=4), run=None)
    assert one.damage(Number(value=4)) is other.damage(Number(value=4)) is None
    s3.harm = None
    assert RemoteStore(url, cache=tmp_path / "one").caveat == ""


def test_that_a_service_is_away_ends_a_run_and_not_one_unit_after_the_other(s3, url, tmp_path) -> None:
    store = RemoteStore(url, cache=tmp_path / "one")
    store.far.patience, s3.harm = 0.0, Puts("403 Forbidden", "scores/")
    said = computed(store, NUMBER.hash, pickle.dumps(NUMBER))
    assert ends_all(CellFailed(f"{NUMBER.title}: {said[0]}"))
    assert not ends_all(CellFailed(f"{NUMBER.title}: half written"))


def test_a_worker_that_starts_while_a_service_is_away_waits_with_its_first_word(one, s3, monkeypatch) -> None:
    asked = s3.seen.total()
    store = reopen_store(one.address)
    assert s3.seen.total() == asked
    assert store.far.patience == one.far.patience > 10
    monkeypatch.setenv("SAMENOISE_PATIENCE", "long")
    with pytest.raises(StoreError, match=r"^SAMENOISE_PATIENCE is a number of seconds, such as 60; got 'long'$"):
        reopen_store(one.address)
