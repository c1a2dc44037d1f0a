"""The store: whole or absent, damage found, hashes over everything."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from samenoise.runs import cell as cell_module
from samenoise.runs.cell import Cell, in_order
from samenoise.runs.store import Store, StoreError, write_whole


class Number(Cell):
    kind: ClassVar[str] = "number"
    folder: ClassVar[str] = "scores"
    sources: ClassVar[tuple[str, ...]] = ("noise.py",)
    value: int = 1
    fails: bool = False
    of: tuple["Number", ...] = ()

    def needs(self):
        return list(self.of)

    @property
    def title(self):
        return f"number {self.value}"

    def run(self, store, out, progress):
        (out / "value.txt").write_text(str(self.value))
        if self.fails:
            raise OSError("half written")
        (out / "deep").mkdir()
        (out / "deep" / "sum.txt").write_text(str(self.value + sum(c.load(store) for c in self.of)))

    def load(self, store):
        return int((store.path(self) / "deep" / "sum.txt").read_text())


def test_computed_once_and_found_again(tmp_path):
    store = Store(tmp_path)
    place = store.compute(Number())
    before = (place / "cell.json").stat().st_mtime_ns
    assert store.compute(Number()) == place
    assert (place / "cell.json").stat().st_mtime_ns == before
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
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 1
        (place / name).write_bytes(bytes(damaged))
        reason = store.damage(Number(value=3))
        assert reason is not None, f"flipping byte {position} of {name} goes unseen"
        assert "damaged" in reason or "differ" in reason
    store.compute(Number(value=3))
    assert store.has(Number(value=3))
    assert (place / "value.txt").read_text() == "3"


@pytest.mark.parametrize("harm", [lambda p: (p / "value.txt").unlink(), lambda p: (p / "more.txt").write_text("x")])
def test_a_missing_or_extra_file_is_damage(tmp_path, harm):
    store = Store(tmp_path)
    harm(store.compute(Number()))
    assert not store.has(Number())
    store.compute(Number())
    assert store.has(Number())


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


def test_results_do_not_depend_on_the_threads_of_the_caller(tmp_path):
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
