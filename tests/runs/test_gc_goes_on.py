"""What was half done can be gone on with after a sweep."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest
from number_cell import Number

from samenoise.runs import store as store_module
from samenoise.runs.gc import sweep
from samenoise.runs.store import Store


def test_checkpoints_of_a_damaged_result_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result has to be computed again, and they shorten that."""
    monkeypatch.setattr(store_module, "reproducible", nullcontext)
    store, cell = Store(tmp_path), Number()
    store.compute(cell)
    left = store.scratch(cell) / "ffffffff-1-abc" / "checkpoint-1"
    left.parent.mkdir()
    left.write_text("x")
    for path in (left, left.parent):
        os.utime(path, (1, 1))
    (store.path(cell) / "value.txt").unlink()
    sweep(Store(tmp_path), {cell.hash})
    assert left.exists()
    store.compute(cell)
    assert not left.exists(), "it is there: they are of no use any more"
