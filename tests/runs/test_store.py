"""The store: whole or absent, never replaced, damage found, hashes over everything."""

import json
import os
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from number_cell import Number
from store_looks import aside, harm, stamps

from samenoise.runs import cell as cell_module
from samenoise.runs import read_tree as read_tree_module
from samenoise.runs import seal as seal_module
from samenoise.runs import store as store_module
from samenoise.runs.cell import in_order
from samenoise.runs.executor import lacking
from samenoise.runs.files import write_whole
from samenoise.runs.local import execute
from samenoise.runs.seal import SEALED, identity
from samenoise.runs.store import Store, StoreError


@pytest.fixture(autouse=True)
def _quickly(monkeypatch, request):
    if "same_bits" not in request.node.name:
        monkeypatch.setattr(store_module, "reproducible", nullcontext)


def test_computed_once_and_found_again(tmp_path):
    store = Store(tmp_path)
    place = store.compute(Number())
    before = stamps(place)
    assert store.compute(Number()) == place
    assert stamps(place) == before
    assert Number().load(Store(tmp_path)) == 1
    assert not list((tmp_path / ".scratch").iterdir())


def test_a_cell_that_fails_leaves_nothing(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(OSError, match="half written"):
        store.compute(Number(fails=True))
    assert not store.has(Number(fails=True))
    assert not list((tmp_path / ".scratch").iterdir())


@pytest.mark.parametrize("name", ["value.txt", "deep/sum.txt", "cell.json"])
def test_any_flipped_byte_is_found_and_recomputed(tmp_path, name):
    store = Store(tmp_path)
    place = store.compute(Number(value=3))
    content = (place / name).read_bytes()
    for position in range(min(len(content), 1500)):
        damaged = bytearray(content)
        damaged[position] ^= 1
        (place / name).write_bytes(bytes(damaged))
        reason = store.damage(Number(value=3))
        assert reason is not None, f"flipping byte {position} of {name} goes unseen"
        assert "damaged" in reason or "differ" in reason
    store.compute(Number(value=3))
    assert store.damage(Number(value=3)) is None
    assert (place / "value.txt").read_text() == "3"
    [kept] = aside(store)
    assert (tmp_path / ".damaged" / kept / name).read_bytes() == bytes(damaged), "what was damaged is not deleted"


@pytest.mark.parametrize(
    "change",
    [
        lambda p: (p / "value.txt").unlink(),
        lambda p: (p / "more.txt").write_text("x"),
        lambda p: (p / "value.txt").write_text("longer"),
        lambda p: (p / "cell.json").unlink(),
    ],
)
def test_a_glance_sees_what_is_missing_added_or_of_another_size(tmp_path, change):
    store = Store(tmp_path)
    change(store.compute(Number()))
    assert not store.has(Number())
    store.compute(Number())
    assert store.has(Number())
    assert len(aside(store)) == 1


def test_a_glance_reads_the_seal_and_nothing_else(tmp_path, monkeypatch):
    store = Store(tmp_path)
    place = store.compute(Number())
    opened: list[str] = []
    look = read_tree_module.opened
    monkeypatch.setattr(read_tree_module, "opened", lambda *args: (opened.append(str(args[2])), look(*args))[1])
    assert store.has(Number())
    assert [path for path in opened if Path(path).is_file()] == [str(place / SEALED)]
    store.damage(Number())
    assert len(opened) > 2, "damage() does read"


def test_a_seal_without_sizes_is_read_and_checked_in_full(tmp_path):
    """As stores of earlier versions have."""
    store = Store(tmp_path)
    place = store.compute(Number())
    content = json.loads((place / SEALED).read_bytes())
    del content["sizes"]
    content["seal"] = seal_module._hash(content)
    (place / SEALED).write_text(json.dumps(content, indent=1))
    before = stamps(place)
    assert store.has(Number())
    assert store.compute(Number()) == place
    assert stamps(place) == before
    harm(place / "value.txt")
    assert not store.has(Number())


def test_a_result_in_anothers_place_is_damage(tmp_path):
    store = Store(tmp_path)
    store.compute(Number(value=2)).rename(store.path(Number(value=1)))
    assert store.has(Number(value=1)) is False
    assert "another unit" in store.damage(Number(value=1))
    store.compute(Number(value=1))
    assert Number(value=1).load(store) == 1
    [kept] = aside(store)
    assert kept.startswith(f"scores-{Number(value=1).hash}-")


@pytest.mark.parametrize("thing", [Path.touch, lambda p: p.symlink_to("nowhere"), Path.mkdir])
def test_anything_else_in_the_place_is_put_aside(tmp_path, thing):
    store = Store(tmp_path)
    place = store.path(Number())
    place.parent.mkdir()
    thing(place)
    store.compute(Number())
    assert store.has(Number())


def test_identity_is_of_files_not_of_names_of_folders(tmp_path):
    store = Store(tmp_path)
    place = store.compute(Number())
    before = identity(store.tree, store.tree.name(place))
    place.rename(tmp_path / "moved")
    assert identity(store.tree, "moved") == before
    time.sleep(0.01)
    assert identity(store.tree, store.tree.name(store.compute(Number()))) != before


def test_only_what_will_be_read_is_read_before_a_run(tmp_path):
    """To the end: needs of what is damaged are read too, then."""
    deep = Number(value=1)
    middle = Number(value=2, of=(deep,))
    top = Number(value=3, of=(middle,))
    store = Store(tmp_path)
    for cell in (deep, middle, top):
        store.compute(cell)
    harm(store.path(deep) / "value.txt")
    assert lacking([top], store) == {}, "nobody would read it"
    harm(store.path(top) / "value.txt")
    assert set(lacking([top], store)) == {top.hash}
    harm(store.path(middle) / "value.txt")
    assert list(lacking([top], store)) == [deep.hash, middle.hash, top.hash]
    assert len(aside(store)) == 3
    execute([top], store, 1)
    assert top.load(store) == 3 + 2 + 1
    assert list(store.verify()) == []


def test_verify_says_what_is_damaged_and_touches_nothing(tmp_path):
    store = Store(tmp_path)
    places = [store.compute(Number(value=k)) for k in range(4)]
    harm(places[1] / "deep" / "sum.txt")
    (places[2] / SEALED).unlink()
    (tmp_path / "training" / places[0].name).mkdir(parents=True)
    before = stamps(tmp_path)
    assert dict(store.verify()) == {
        store.tree.name(places[1]): "deep/sum.txt is damaged",
        store.tree.name(places[2]): "cell.json is damaged",
    }
    assert stamps(tmp_path) == before
    assert len(list(store.sealed())) == 3


def test_what_was_put_aside_or_is_in_the_making_is_in_no_list(tmp_path):
    store = Store(tmp_path)
    harm(store.compute(Number()) / "value.txt")
    assert not store.whole(Number())
    store.scratch(Number(value=2))
    assert list(store.sealed()) == []
    assert list(store.places()) == []


def test_the_hash_covers_fields_defaults_needs_and_code(monkeypatch):
    base = Number()
    assert Number(value=1).hash == base.hash
    assert Number(value=2).hash != base.hash
    assert Number(fails=True).hash != base.hash
    assert Number(of=(Number(value=2),)).hash != Number(of=(Number(value=3),)).hash
    monkeypatch.setattr(cell_module, "code_version", lambda sources: "other code")
    assert Number().hash != base.hash


def test_order_puts_needs_first_and_each_once():
    shared = Number(value=5)
    top = Number(value=9, of=(Number(value=7, of=(shared,)), Number(value=8, of=(shared,))))
    assert [c.value for c in in_order([top, shared])] == [5, 7, 8, 9]


def test_another_schema_is_refused_in_one_sentence(tmp_path):
    Store(tmp_path)
    (tmp_path / "store.json").write_text(json.dumps({"schema_version": 0}))
    with pytest.raises(StoreError, match=r"schema 0.*schema 1.*--out"):
        Store(tmp_path)


def test_nothing_needs_a_lock_of_the_system():
    """There is none on Windows, and one that always says yes on many clusters."""
    code = (
        "import sys; sys.modules['fcntl'] = None\n"
        "import samenoise.cli, samenoise.runs.gc, samenoise.runs.local, samenoise.runs.listing, samenoise.runs.store"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_write_whole_leaves_the_old_file_when_the_disk_fills(tmp_path, monkeypatch):
    target = tmp_path / "scores.json"
    write_whole(target, b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(target, b"new and longer")
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["scores.json"]


def test_results_do_not_depend_on_the_threads_of_the_caller():
    """Whatever the caller's threads, a cell computes with one."""
    code = (
        "import sys, torch; torch.set_num_threads(int(sys.argv[1]));"
        "from samenoise.runs.store import reproducible\n"
        "with reproducible(): print(torch.get_num_threads())\n"
        "print(torch.get_num_threads())"
    )
    out = subprocess.run([sys.executable, "-c", code, "2"], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["1", "2"]


def test_cells_want_the_same_bits_every_time_and_images_full_float32():
    """Switches that only a GPU feels; they are put back as they were."""
    import torch

    from samenoise.generators.sampling import full_precision
    from samenoise.runs.store import reproducible

    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    switches = [(cudnn, "deterministic"), (cudnn, "benchmark"), (cudnn, "allow_tf32"), (matmul, "allow_tf32")]
    found = [getattr(*switch) for switch in switches]
    try:
        for switch, value in zip(switches, (False, True, True, True), strict=True):
            setattr(*switch, value)
        with reproducible(), full_precision():
            assert [getattr(*switch) for switch in switches] == [True, False, False, False]
        assert [getattr(*switch) for switch in switches] == [False, True, True, True]
    finally:
        for switch, value in zip(switches, found, strict=True):
            setattr(*switch, value)


def test_import_and_path(tmp_path):
    assert Store(tmp_path / "a" / "b").root == Path(tmp_path / "a" / "b")
