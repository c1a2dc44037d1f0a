"""The store and the disk: synced before it is named, and errors that are no damage."""

import errno
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from number_cell import Number
from store_looks import aside

from samenoise.runs import files as files_module
from samenoise.runs import seal as seal_module
from samenoise.runs import store as store_module
from samenoise.runs.files import write_whole
from samenoise.runs.store import Store


@pytest.fixture(autouse=True)
def _quickly(monkeypatch, request):
    if "same_bits" not in request.node.name:
        monkeypatch.setattr(store_module, "reproducible", nullcontext)


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


def test_too_many_open_files_are_no_damage(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.compute(Number())

    def none_left(path):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(seal_module, "digest", none_left)
    with pytest.raises(OSError, match="Too many"):
        store.whole(Number())
    assert aside(store) == []


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


def test_nothing_needs_a_lock_of_the_system():
    """There is none on Windows, and one that always says yes on many clusters."""
    code = (
        "import sys; sys.modules['fcntl'] = None\n"
        "import samenoise.cli, samenoise.runs.gc, samenoise.runs.local, samenoise.runs.listing, samenoise.runs.store"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
