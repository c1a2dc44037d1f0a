"""The undisturbed run: what it holds, where a copy of it is made, and what of it must be the same in every other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import yaml
from fuzz.toy import PRESET

from samenoise.lab import rooms
from samenoise.lab.agenda import Agenda
from samenoise.lab.collect import collect
from samenoise.lab.config import Config
from samenoise.report import page, write_report
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store

__all__ = ["installed", "kept", "made", "restored"]

ANEW = ("seconds", "seal", "worker_seconds", "command")
"""What may differ between two runs: times, and what was typed."""


@contextmanager
def installed() -> Iterator[None]:
    """The toy among the experiments, and no pictures drawn beside the page: they take most of the time."""
    before = rooms.entry_points, page.rasterize, page.to_pdf
    point = EntryPoint("toy", "fuzz.toy:experiment", rooms.GROUP)
    rooms.entry_points = lambda group: [point]  # type: ignore[assignment]
    page.rasterize = page.to_pdf = lambda figure: b"a picture"  # type: ignore[assignment]
    _clear()
    try:
        yield
    finally:
        rooms.entry_points, page.rasterize, page.to_pdf = before
        _clear()


def _clear() -> None:
    rooms.names.cache_clear()
    rooms.room.cache_clear()


def agenda() -> Agenda:
    """What a run of the toy computes."""
    return Agenda(Config.of(PRESET))


def made(folder: Path) -> Path:
    """A run of the toy, finished, in ``folder/run``; with its preset and two results that nobody asks for beside."""
    (folder / "toy.yaml").write_text(yaml.safe_dump(PRESET))
    store, plan = Store(folder / "run"), agenda()
    for cell in in_order(plan.cells):
        store.compute(cell)
    other = Agenda(Config.of({**PRESET, "seed": 1}))
    for cell in (other.study.data, other.plan.real()):
        store.compute(cell)
    collect(plan, store, "samenoise run toy.yaml --out run")
    write_report(store.root)
    return store.root


def restored(template: Path, root: Path) -> Path:
    """A copy of a run directory."""
    return Path(shutil.copytree(template, root, symlinks=True))


def kept(root: Path, plan: Agenda) -> dict[str, Any]:
    """All that must be the same bit for bit in every run of the toy: results, rows, pictures, page."""
    store = Store(root, make=False)
    found: dict[str, Any] = {}
    for cell in in_order(plan.cells):
        for path in sorted(store.path(cell).rglob("*")):
            if path.is_file() and path.name != "cell.json":
                found[path.relative_to(root).as_posix()] = path.read_bytes()
    for name in ("scores.json", "curves.json", "grid.json", "grid.safetensors", "config.yaml", "scores.parquet"):
        found[name] = (root / name).read_bytes()
    found["images.parquet"] = (root / "images.parquet").read_bytes()
    manifest = json.loads((root / "manifest.json").read_text())
    found["manifest.json"] = {key: value for key, value in manifest.items() if key not in ANEW}
    text = (root / "report" / "index.html").read_text()
    rest = text.partition('<section id="recompute"')[0]  # what follows tells of times
    found["report"] = rest
    return found
