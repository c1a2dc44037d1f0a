"""A store at a service: whole or absent there too, one copy of what a folder would be."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import fsspec
import pytest
from number_cell import Number
from s3_server import Server
from store_looks import aside, harm

from samenoise.cli import explain
from samenoise.runs import objects as objects_module
from samenoise.runs import store as store_module
from samenoise.runs.address import open_store
from samenoise.runs.claims import Claims
from samenoise.runs.executor import lacking
from samenoise.runs.objects import AWAY
from samenoise.runs.remote import CACHE, RemoteStore
from samenoise.runs.store import Store, StoreError

NEEDED = Number(value=2)
CELL = Number(value=3, of=(NEEDED,))


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(store_module, "reproducible", nullcontext)
    monkeypatch.setenv(CACHE, str(tmp_path / "caches"))


@pytest.fixture
def url(s3: Server) -> str:
    return f"s3://{s3.bucket()}/runs/one"


class Machine:
    """Where a store is opened: a cache of its own."""

    def __init__(self, url: str, cache: Path) -> None:
        self.store = RemoteStore(url, cache=cache)

    def compute(self) -> RemoteStore:
        for cell in (NEEDED, CELL):
            self.store.compute(cell)
        return self.store


@pytest.fixture
def one(url: str, tmp_path: Path) -> RemoteStore:
    return Machine(url, tmp_path / "one").compute()


@pytest.fixture
def other(url: str, tmp_path: Path) -> RemoteStore:
    """Another machine."""
    return Machine(url, tmp_path / "other").store


def at(store: RemoteStore, cell: Number, name: str = "deep/sum.txt") -> str:
    return f"{store_module.place_of(cell)}/{name}"


def test_what_one_machine_computed_another_reads_and_does_not_compute(one, other, monkeypatch) -> None:
    monkeypatch.setattr(Number, "run", None)
    assert other.has(CELL)
    assert other.damage(CELL) is None
    assert lacking([CELL], other) == {}
    assert CELL.load(other) == 5
    assert not (other.root / store_module.place_of(NEEDED)).exists(), "nobody read it"
    assert NEEDED.load(other) == 2
    assert [each.hash for each in other.sealed()] == [each.hash for each in one.sealed()]
    assert list(one.verify()) == []


def test_a_copy_of_a_store_is_a_store(one, s3, tmp_path) -> None:
    """By tools that know nothing of it, there and back."""
    fs, root = fsspec.url_to_fs(one.address)
    fs.get(root, str(tmp_path / "copy"), recursive=True)
    copy = Store(tmp_path / "copy")
    assert [copy.damage(cell) for cell in (NEEDED, CELL)] == [None, None]
    assert list(copy.verify()) == []
    assert CELL.load(copy) == 5
    copy.compute(Number(value=9))
    back = f"s3://{s3.bucket()}/back"
    fs.put(str(tmp_path / "copy") + "/", back.removeprefix("s3://") + "/", recursive=True)
    again = RemoteStore(back)
    assert [again.damage(cell) for cell in (NEEDED, CELL, Number(value=9))] == [None] * 3


@pytest.mark.parametrize("name", ["value.txt", "deep/sum.txt", "cell.json"])
def test_what_is_damaged_at_the_service_is_computed_anew_by_who_has_no_copy(one, other, name) -> None:
    data = bytearray(one.far.read(at(one, CELL, name)))
    data[-1] ^= 1
    one.far.write(at(one, CELL, name), bytes(data))
    assert other.damage(CELL) == f"{name} is damaged"
    assert not other.whole(CELL)
    other.compute(CELL)
    assert other.damage(CELL) is None
    assert CELL.load(other) == 5
    assert list(other.drafts.names()) == []


def test_what_is_cut_short_at_the_service_is_sent_again_by_who_has_a_copy(one, monkeypatch) -> None:
    monkeypatch.setattr(Number, "run", None)
    one.far.write(at(one, CELL), one.far.read(at(one, CELL))[:-1])
    one = RemoteStore(one.address, cache=one.root)
    assert not one.has(CELL)
    one.compute(CELL)
    assert one.damage(CELL) is None


def test_a_damaged_copy_is_put_aside_and_fetched_again(one, monkeypatch) -> None:
    monkeypatch.setattr(Number, "run", None)
    harm(one.root / at(one, CELL))
    assert one.whole(CELL)
    assert len(aside(one)) == 1
    assert CELL.load(one) == 5


def test_a_seal_leads_to_no_file_elsewhere(one, other) -> None:
    from samenoise.runs.seal import _hash

    content = one.far.json(at(one, CELL, "cell.json"))
    content["files"]["../../../../outside"] = content["files"]["value.txt"]
    content["sizes"]["../../../../outside"] = content["sizes"]["value.txt"]
    content["seal"] = _hash(content)
    one.far.write(at(one, CELL, "cell.json"), json.dumps(content).encode())
    assert not other.whole(CELL)
    assert not list(other.root.parent.rglob("outside"))


def test_where_two_machines_differ_in_their_bits_what_is_at_the_service_stands(one, url, tmp_path) -> None:
    late = Machine(url, tmp_path / "late").store
    place = Store(late.root).compute(Number(value=7))
    text = (place / "value.txt").read_text()
    one.compute(Number(value=7))
    seal = json.loads((place / "cell.json").read_text())
    (place / "value.txt").write_text("8")
    seal["files"]["value.txt"] = late.tree.digest(late.tree.name(place / "value.txt"))
    from samenoise.runs.seal import _hash

    seal["seal"] = _hash(seal)
    (place / "cell.json").write_text(json.dumps(seal))
    assert late.whole(Number(value=7))
    assert (place / "value.txt").read_text() == text
    assert len(aside(late)) == 1


def test_a_store_of_another_schema_is_refused_and_left_as_it_is(one, url, tmp_path) -> None:
    marker = b'{"schema_version": 99}'
    one.far.write("store.json", marker)
    for make in (True, False):
        with pytest.raises(StoreError, match=f"{url} holds results of schema 99, this samenoise reads schema 1"):
            RemoteStore(url, make=make, cache=tmp_path / "new")
    assert one.far.read("store.json") == marker


def test_seals_without_sizes_are_read(one, other, monkeypatch) -> None:
    """Of earlier versions."""
    from samenoise.runs.seal import _hash

    monkeypatch.setattr(Number, "run", None)
    content = one.far.json(at(one, CELL, "cell.json"))
    del content["sizes"]
    content["seal"] = _hash(content)
    one.far.write(at(one, CELL, "cell.json"), json.dumps(content).encode())
    assert other.has(CELL)
    assert CELL.load(other) == 5


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
            import io

            length = int(request["CONTENT_LENGTH"])
            request["wsgi.input"] = io.BytesIO(request["wsgi.input"].read(length)[: length // 2])
            request["CONTENT_LENGTH"] = str(length // 2)
            for name in [each for each in request if each.startswith("HTTP_X_AMZ")]:
                del request[name]
            return None
        answer(self.status, [("Content-Length", "0")])
        return [b""]


def test_a_put_that_is_cut_short_is_made_again(s3, url, tmp_path) -> None:
    store = Machine(url, tmp_path / "one").store
    s3.harm = Puts("", "sum.txt", first=1, short=True)
    store.compute(NEEDED)
    assert s3.harm.left == 0
    assert store.damage(NEEDED) is None


def test_puts_that_are_always_cut_short_end_in_a_sentence_and_nothing_is_there(s3, url, tmp_path) -> None:
    store = Machine(url, tmp_path / "one").store
    s3.harm, store.far.patience = Puts("", "sum.txt", short=True), 0.3
    with pytest.raises(OSError, match=rf"^{url} {AWAY}: \d+ of \d+ bytes of \S+ are there after it was sent$"):
        store.compute(NEEDED)
    s3.harm = None
    assert not RemoteStore(url, cache=tmp_path / "other").has(NEEDED)
    again = RemoteStore(url, cache=tmp_path / "one")
    assert again.whole(NEEDED), "what was computed is kept here, and sent by the next who asks"
    assert again.damage(NEEDED) is None


def test_an_upload_in_parts_that_is_not_completed_is_nothing(s3, url, tmp_path, monkeypatch) -> None:
    import s3fs.core

    monkeypatch.setattr(s3fs.core, "calculate_chunksize", lambda *args, **kwargs: 5 * 2**20)
    store = Machine(url, tmp_path / "one").store
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
    assert CELL.load(reader) == 5
    with pytest.raises(OSError, match=f"^{url} {AWAY}: access is refused") as refused:
        one.compute(Number(value=9))
    assert explain(refused.value) == (str(refused.value), 1)
    s3.harm = None
    assert one.whole(Number(value=9)), "it was computed once"


def test_a_bucket_that_is_not_there_and_a_service_that_is_not_are_one_sentence(s3, monkeypatch, tmp_path) -> None:
    with pytest.raises(StoreError, match=r"^s3://no-such-bucket/run cannot be used as a run directory \(.*bucket"):
        RemoteStore("s3://no-such-bucket/run")
    with pytest.raises(StoreError, match=r"^nonsense://a is no place for a run directory: "):
        open_store("nonsense://a")


def test_a_plain_path_is_a_plain_store(tmp_path) -> None:
    assert type(open_store(tmp_path / "run")) is Store
    assert open_store(f"file://{tmp_path}/run").root == tmp_path / "run"
    assert sys.modules.get("samenoise.runs.remote") is not None
    code = "import sys\nfrom samenoise.runs.address import open_store\nopen_store(sys.argv[1])\nassert 'fsspec' not in sys.modules"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], check=True)


def test_claims_at_a_service_are_those_of_a_folder(one, other) -> None:
    assert one.claims.take("unit")
    assert not other.claims.take("unit")
    assert [claim.cells for claim in other.claims.living()] == [("unit",)]
    one.claims.release("unit")
    assert other.claims.take("unit")
    other.claims.release("unit")
    assert other.claims.names() == set()


def test_a_claim_at_a_service_lives_while_it_is_touched_and_lapses_with_its_heart(one) -> None:
    holder, waiting = Claims(one.far, expiry=2.4), Claims(one.far, expiry=2.4)
    assert holder.take("unit")
    deadline = time.monotonic() + 4
    while time.monotonic() < deadline:
        assert not waiting.take("unit"), "it is touched"
        time.sleep(0.2)
    claim = waiting._look(".claims/unit.json")
    one.far.write(".claims/unit.json", json.dumps({**claim._asdict(), "writer": "ffffffff-1-abc"}).encode())
    holder._mine.clear()  # its machine is gone
    deadline = time.monotonic() + 10
    while not waiting.take("unit"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    waiting.release("unit")


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


def test_objects_module_patience_is_what_a_store_has(one) -> None:
    assert one.far.patience == objects_module.PATIENCE
