"""A run directory is hostile: whatever is in whatever place, a run ends, with the same results, and nothing outside is
read for something of the run, changed or removed."""

from __future__ import annotations

import os
import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest
from number_cell import Number
from things import THINGS, Outside, plant

from samenoise.runs import store as store_module
from samenoise.runs.cell import in_order
from samenoise.runs.executor import lacking
from samenoise.runs.gc import sweep
from samenoise.runs.listing import listing
from samenoise.runs.store import Store

NEED = Number(value=1)
CELL = Number(value=2, of=(NEED,))
UNUSED = Number(value=3)
WRITER = "ffffffff-1-abc"
PLACES = {
    "store.json": "store.json",
    "folder of results": "scores",
    "result": f"scores/{CELL.hash}",
    "seal": f"scores/{CELL.hash}/cell.json",
    "file of a result": f"scores/{CELL.hash}/value.txt",
    "folder of a result": f"scores/{CELL.hash}/deep",
    "file in a folder of a result": f"scores/{NEED.hash}/deep/sum.txt",
    "new file of a result": f"scores/{CELL.hash}/more",
    "unused result": f"scores/{UNUSED.hash}",
    "seal of an unused result": f"scores/{UNUSED.hash}/cell.json",
    "file of an unused result": f"scores/{UNUSED.hash}/value.txt",
    "scratch": ".scratch",
    "scratch of a unit": f".scratch/{CELL.hash}",
    "scratch of a writer": f".scratch/{CELL.hash}/{WRITER}",
    "file in scratch": f".scratch/{CELL.hash}/{WRITER}/checkpoint-1.safetensors",
    "claims": ".claims",
    "claim": f".claims/{CELL.hash}.json",
    "what is damaged": ".damaged",
    "something else": "something-else",
    "something hidden": ".hidden",
}


LINES = "\n" * 5000
RIGHT = {"1/value.txt": "1", "1/deep/sum.txt": f"1{LINES}", "2/value.txt": "2", "2/deep/sum.txt": f"3{LINES}"}


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "reproducible", nullcontext)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("template") / "run")
    for cell in (NEED, CELL, UNUSED):
        store.compute(cell)
    return store.root


def run(root: Path) -> dict[str, str]:
    """As a run has it: what is there and whole is kept, the rest computed. The files of the results."""
    store = Store(root)
    store.claims.expiry = 0.2  # of a claim that cannot be read; it is 30 seconds
    cells = in_order([CELL])
    with store.claims.using(cell.hash for cell in cells):
        store.drafts.tidy()
        for key, cell in lacking([CELL], store).items():
            with store.claims.held(key):
                store.compute(cell)
        for cell in cells:
            store.drafts.clear(cell.hash)
    return {
        f"{cell.value}/{name}": (store.path(cell) / name).read_text()
        for cell in cells
        for name in ("value.txt", "deep/sum.txt")
    }


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("thing", THINGS)
def test_a_store_heals_from_anything_anywhere(template: Path, tmp_path: Path, thing: str, place: str) -> None:
    root, outside = Path(shutil.copytree(template, tmp_path / "run")), Outside(tmp_path / "outside")
    plant(thing, root / PLACES[place], outside)
    assert len(list(listing(root))) <= 1, "it can be listed"
    assert run(root) == RIGHT
    assert outside.is_as_it_was()
    assert lacking([CELL], Store(root)) == {}, "it has healed"

    wanted = {CELL.hash, NEED.hash}
    said = {each.path for each in sweep(Store(root), wanted, dry_run=True)}
    assert said <= {each.path for each in sweep(Store(root), wanted)}
    sweep(Store(root), wanted)  # what the first put aside to begin with
    assert sweep(Store(root), wanted) == []
    assert outside.is_as_it_was()
    assert lacking([CELL], Store(root)) == {}
    [found] = listing(root, verify=True)
    assert found["results"] == {"scores": 2}
    assert set(found["damaged"]) <= {"something-else"}
