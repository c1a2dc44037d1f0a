"""The store among others: who is faster, who puts aside, and what is on the disk before it has a name."""

import errno
import json
import os
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest
from number_cell import Number
from store_looks import aside, harm, stamps

from samenoise.runs import store as store_module
from samenoise.runs.files import write_whole
from samenoise.runs.seal import SEALED
from samenoise.runs.store import Store


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    monkeypatch.setattr(store_module, "reproducible", nullcontext)


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
        look = store_module.damage
        monkeypatch.setattr(store_module, "damage", lambda *args, **how: (look(*args, **how), mend())[0])
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
    sync, rename = os.fsync, os.rename

    def recorded(descriptor):
        events.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).name.split(".json")[0])
        sync(descriptor)

    def renamed(name, target, **folders):
        events.append(f"rename to {target}")
        return rename(name, target, **folders)

    monkeypatch.setattr(os, "fsync", recorded)
    monkeypatch.setattr(os, "rename", renamed)
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

    def none_left(*args, **more):
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as context:
        context.setattr(os, "open", none_left)
        with pytest.raises(OSError, match="Too many"):
            store.whole(Number())
    assert aside(store) == []
