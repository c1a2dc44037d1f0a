"""A store at a service: whole or absent there too, one copy of what a folder would be."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest
from number_cell import Number
from store_looks import aside, harm, stamps

from samenoise.runs import store as store_module
from samenoise.runs.address import open_store
from samenoise.runs.claims import Claims
from samenoise.runs.executor import lacking
from samenoise.runs.remote import CACHE, RemoteStore
from samenoise.runs.seal import _hash
from samenoise.runs.store import Store, StoreError

NEEDED = Number(value=2)
CELL = Number(value=3, of=(NEEDED,))


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(store_module, "reproducible", nullcontext)
    monkeypatch.setenv(CACHE, str(tmp_path / "caches"))


@pytest.fixture
def url() -> str:
    """Of a service in this process: what is particular to S3 has a file of its own."""
    return f"memory://{uuid4().hex}/runs/one"


@pytest.fixture
def one(url: str, tmp_path: Path) -> RemoteStore:
    """On a machine that has computed two cells."""
    store = RemoteStore(url, cache=tmp_path / "one")
    for cell in (NEEDED, CELL):
        store.compute(cell)
    return store


@pytest.fixture
def other(url: str, tmp_path: Path) -> RemoteStore:
    """On another machine."""
    return RemoteStore(url, cache=tmp_path / "other")


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


class Cut(Number):
    """Put together from the numbers 7 and 8."""

    def parts(self):
        return [Number(value=7), Number(value=8)]

    def run(self, store, out, progress):
        (out / "value.txt").write_text(str(sum(part.load(store) for part in self.parts())))


def test_parts_that_others_made_are_brought_to_who_puts_them_together(one, other) -> None:
    for part in Cut().parts():
        one.compute(part)
    assert (other.compute(Cut()) / "value.txt").read_text() == "15"


def test_a_copy_of_a_store_is_a_store(one, tmp_path) -> None:
    """By tools that know nothing of it, there and back."""
    fs, root = fsspec.url_to_fs(one.address)
    fs.get(root, str(tmp_path / "copy"), recursive=True)
    copy = Store(tmp_path / "copy")
    assert [copy.damage(cell) for cell in (NEEDED, CELL)] == [None, None]
    assert list(copy.verify()) == []
    assert CELL.load(copy) == 5
    copy.compute(Number(value=9))
    back = f"memory://{uuid4().hex}/back"
    fs.put(f"{tmp_path / 'copy'}/", f"{back}/", recursive=True)
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
    content = one.far.json(at(one, CELL, "cell.json"))
    content["files"]["../../../../outside"] = content["files"]["value.txt"]
    content["sizes"]["../../../../outside"] = content["sizes"]["value.txt"]
    content["seal"] = _hash(content)
    one.far.write(at(one, CELL, "cell.json"), json.dumps(content).encode())
    assert not other.whole(CELL)
    one.far.write(at(one, CELL, "../../../../outside"), one.far.read(at(one, CELL, "value.txt")))
    assert other.damage(CELL) is None, "a service has no folders, and a name there may be any text"
    assert not other.whole(CELL)
    assert not list(other.root.parent.rglob("outside"))


def test_where_two_machines_differ_in_their_bits_what_is_at_the_service_stands(one, url, tmp_path) -> None:
    late = RemoteStore(url, cache=tmp_path / "late")
    place = Store(late.root).compute(Number(value=7))
    text = (place / "value.txt").read_text()
    one.compute(Number(value=7))
    seal = json.loads((place / "cell.json").read_text())
    (place / "value.txt").write_text("8")
    seal["files"]["value.txt"] = late.tree.digest(late.tree.name(place / "value.txt"))
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
    monkeypatch.setattr(Number, "run", None)
    content = one.far.json(at(one, CELL, "cell.json"))
    del content["sizes"]
    content["seal"] = _hash(content)
    one.far.write(at(one, CELL, "cell.json"), json.dumps(content).encode())
    assert other.has(CELL)
    assert CELL.load(other) == 5


def test_a_plain_path_is_a_plain_store(tmp_path) -> None:
    assert type(open_store(tmp_path / "run")) is Store
    assert open_store(f"file://{tmp_path}/run").root == tmp_path / "run"
    code = "import sys; from samenoise.runs.address import open_store; open_store(sys.argv[1])"
    code += "; assert 'fsspec' not in sys.modules"
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
    holder, waiting = Claims(one.far, expiry=0.6), Claims(one.far, expiry=0.6)
    assert holder.take("unit")
    deadline = time.monotonic() + 1.2
    while time.monotonic() < deadline:
        assert not waiting.take("unit"), "it is touched"
        time.sleep(0.1)
    claim = waiting._look(".claims/unit.json")
    one.far.write(".claims/unit.json", json.dumps({**claim._asdict(), "writer": "ffffffff-1-abc"}).encode())
    holder._mine.clear()  # its machine is gone
    deadline = time.monotonic() + 10
    while not waiting.take("unit"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    waiting.release("unit")


def test_what_two_processes_of_one_machine_fetch_at_once_stays_as_the_first_had_it(one, url, tmp_path) -> None:
    first, second = (RemoteStore(url, cache=tmp_path / "shared") for _ in range(2))
    place = first.path(CELL)
    seen = stamps(place)
    assert second._fetched(CELL)
    assert stamps(place) == seen
    assert aside(second) == []


def test_a_claim_that_is_given_back_while_it_is_touched_does_not_come_back(one, monkeypatch) -> None:
    claims = Claims(one.far, expiry=0.3)
    given_back, write = [], one.far.write

    def slow(name: str, data: bytes) -> None:
        if not given_back:
            giving = threading.Thread(target=claims.release, args=("unit",))
            giving.start()
            given_back.append(giving)
            time.sleep(0.2)
        write(name, data)

    monkeypatch.setattr(one.far, "write", slow)
    assert claims.take("unit")
    deadline = time.monotonic() + 10
    while not given_back or given_back[0].is_alive():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert claims.names() == set()


def test_what_is_at_the_top_is_sent_and_fetched_and_what_is_gone_there_goes(one, other) -> None:
    one.tree.write("scores.json", b"[1]")
    one.tree.write("report/index.html", b"page")
    one.far.write("report/old.html", b"page")
    one.share()
    assert one.far.names("report") == ["index.html"]
    assert "scores" in one.far.names()
    other.tree.write("maps.json", b"old")
    other.catch_up(("scores.json", "maps.json"))
    assert other.tree.read("scores.json") == b"[1]"
    assert other.tree.about("maps.json") is None
    one.drop("scores.json")
    assert one.far.about("scores.json") is one.tree.about("scores.json") is None


def test_a_result_that_is_thrown_out_goes_seal_first(one, monkeypatch) -> None:
    gone: list[str] = []
    remove = one.far.remove_file
    one.far.write(at(one, CELL, "another"), b"before the seal in any list")
    monkeypatch.setattr(one.far, "remove_file", lambda name: (gone.append(name), remove(name))[1])
    one.discard(store_module.place_of(CELL))
    assert gone[0] == at(one, CELL, "cell.json")
    assert not one.has(CELL)
    assert one.far.size(store_module.place_of(CELL)) == 0
    assert one.tree.about(store_module.place_of(CELL)) is None
