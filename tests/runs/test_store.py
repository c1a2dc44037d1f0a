"""The store: whole or absent, never replaced, damage found, hashes over everything."""

import errno
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from number_cell import Number

from samenoise.runs import cell as cell_module
from samenoise.runs import files as files_module
from samenoise.runs import seal as seal_module
from samenoise.runs import store as store_module
from samenoise.runs.cell import in_order
from samenoise.runs.files import write_whole
from samenoise.runs.local import execute, lacking
from samenoise.runs.seal import SEALED, identity
from samenoise.runs.store import Store, StoreError


@pytest.fixture(autouse=True)
def _quickly(monkeypatch, request):
    if "same_bits" not in request.node.name:
        monkeypatch.setattr(store_module, "reproducible", nullcontext)


def stamps(place: Path) -> dict[str, tuple[int, int]]:
    return {
        p.relative_to(place).as_posix(): (p.stat().st_ino, p.stat().st_mtime_ns) for p in [place, *place.rglob("*")]
    }


def harm(file: Path) -> None:
    """Flip the last bit, size and all the rest as before."""
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(bytes(data))


def aside(store: Store) -> list[str]:
    return sorted(p.name for p in (store.root / ".damaged").glob("*"))


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
    real = os.open, open
    monkeypatch.setattr("io.open", lambda path, *more, **kw: (opened.append(str(path)), real[1](path, *more, **kw))[1])
    monkeypatch.setattr(seal_module, "digest", lambda path: opened.append(f"digest {path}"))
    assert store.has(Number())
    assert opened == [str(place / SEALED)]
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


def test_who_is_second_keeps_the_first_result(tmp_path):
    first, second = Store(tmp_path), Store(tmp_path)
    seen = {}

    def faster(store, out, progress):
        Number().run(store, out, progress)
        seen.update(stamps(first.compute(Number())))

    place = second.compute(Number(), run=faster)
    assert stamps(place) == seen
    assert aside(second) == []
    assert not list((tmp_path / ".scratch").iterdir())


def test_who_is_second_puts_a_damaged_first_result_aside(tmp_path):
    first, second = Store(tmp_path), Store(tmp_path)

    def faster(store, out, progress):
        Number().run(store, out, progress)
        harm(first.compute(Number()) / "value.txt")

    second.compute(Number(), run=faster)
    assert second.damage(Number()) is None
    assert len(aside(second)) == 1


@pytest.mark.parametrize("when", ["while it is looked at", "after it was looked at"])
def test_what_another_has_mended_meanwhile_is_not_put_aside(tmp_path, monkeypatch, when):
    """Two see the same damage. One puts it aside and computes it again; then the other wants to put aside too."""
    one, other = Store(tmp_path), Store(tmp_path)
    place = one.compute(Number())
    harm(place / "value.txt")
    mended = {}

    def mend() -> None:
        if not mended:
            mended["now"] = {}
            mended["now"] = stamps(other.compute(Number()))

    if when == "while it is looked at":
        look = Store.damage
        monkeypatch.setattr(one, "damage", lambda cell: (look(one, cell), mend())[0])
    else:
        put = Store._put_aside
        monkeypatch.setattr(one, "_put_aside", lambda *known: (mend(), put(one, *known)))
    assert one.whole(Number())
    assert stamps(place) == mended["now"]
    assert len(aside(one)) == 1


def test_a_copy_of_what_was_put_aside_is_put_aside_too(tmp_path):
    store = Store(tmp_path)
    for _ in range(3):
        place = store.compute(Number())
        for file in place.rglob("*.*"):
            os.utime(file, (1, 1))
        harm(place / "value.txt")
        os.utime(place / "value.txt", (1, 1))
        seal = json.loads((place / SEALED).read_bytes())
        (place / SEALED).write_text("x" * 100 if seal else "")
        os.utime(place / SEALED, (1, 1))
        assert not store.whole(Number())
    assert len(aside(store)) == 3


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_many_who_find_the_same_damage_make_no_hole(tmp_path):
    for game in range(10):
        cell = Number(value=game)
        place = Store(tmp_path).compute(cell)
        harm(place / "value.txt")
        holes, end = [], threading.Event()

        def look(cell=cell, holes=holes, end=end) -> None:
            store, seen = Store(tmp_path), False
            while not end.is_set():
                good = store.damage(cell) is None
                if seen and not good:
                    holes.append(store.damage(cell))
                seen |= good

        threads = [threading.Thread(target=Store(tmp_path).compute, args=(cell,)) for _ in range(6)]
        reader = threading.Thread(target=look)
        for thread in [reader, *threads]:
            thread.start()
        for thread in threads:
            thread.join()
        end.set()
        reader.join()
        assert holes == []
        assert Store(tmp_path).damage(cell) is None
    assert len(aside(Store(tmp_path))) == 10


def test_files_and_folders_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    store = Store(tmp_path)
    events: list[str] = []
    sync, rename = os.fsync, Path.rename

    def recorded(descriptor):
        events.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).name.split(".json")[0])
        sync(descriptor)

    def renamed(path, target):
        events.append(f"rename to {Path(target).name}")
        return rename(path, target)

    monkeypatch.setattr(files_module.os, "fsync", recorded)
    monkeypatch.setattr(Path, "rename", renamed)
    place = store.compute(Number())
    at = events.index(f"rename to {place.name}")
    before, after = events[:at], events[at + 1 :]
    draft = next(name for name in before if name.startswith("result-"))
    seal = before.index(".cell")
    assert {"value.txt", "sum.txt", "deep"} <= set(before[:seal]), "the seal comes after all files and folders"
    assert draft in before[seal:], "the folder, once the seal is in it"
    assert after[0] == "scores", "and the folder above, once the name is in it"


def test_write_whole_brings_file_and_folder_to_the_disk(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda d: synced.append(os.readlink(f"/proc/self/fd/{d}")))
    write_whole(tmp_path / "scores.json", b"x")
    assert synced[0].startswith(f"{tmp_path}/.scores.json.")
    assert synced[1:] == [str(tmp_path)]


def test_too_many_open_files_are_no_damage(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.compute(Number())

    def none_left(path):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(seal_module, "digest", none_left)
    with pytest.raises(OSError, match="Too many"):
        store.whole(Number())
    assert aside(store) == []


def test_identity_is_of_files_not_of_names_of_folders(tmp_path):
    store = Store(tmp_path)
    place = store.compute(Number())
    before = identity(place)
    assert identity(place.rename(tmp_path / "moved")) == before
    time.sleep(0.01)
    assert identity(store.compute(Number())) != before


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
        places[1]: "deep/sum.txt is damaged",
        places[2]: "cell.json is damaged",
    }
    assert stamps(tmp_path) == before
    assert len(list(store.sealed())) == 3


def test_what_was_put_aside_is_in_no_list(tmp_path):
    store = Store(tmp_path)
    harm(store.compute(Number()) / "value.txt")
    assert not store.whole(Number())
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
    from samenoise.experiments.sample_cell import full_precision

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
