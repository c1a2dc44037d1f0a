"""Presets that see: small runs whose shares lie strictly inside (0, 1), whose copying crosses one half, and whose
ceilings are not all exact, so that a number taken from the wrong place is another number.

They are run through the command line and read from the files of the run directory, and so know nothing of how the
code between the two is laid out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from filelock import FileLock
from numpy.typing import NDArray
from safetensors.numpy import load_file

from samenoise.cli import app
from samenoise.runs.cell import Cell, in_order
from samenoise.runs.executor import Told
from samenoise.runs.gpus import Sharing
from samenoise.runs.store import Store

Preset = dict[str, Any]

LIVELY: Preset = {
    "name": "lively",
    "experiments": ["regimes", "splits"],
    "seed": 5,
    "data": {"held_out": 120},
    "widths": [32, 64],
    "sizes": [3, 8, 40],
    "training": {
        "updates": 1000,
        "batch": 48,
        "lr": 4e-3,
        "warmup": 50,
        "schedule": "cosine",
        "ema": 0.1,
        "cohort": 3,
    },
    "sampling": {"noises": 97, "bank_seed": 3, "batch": 97, "ceiling_batch": 16, "solver": "heun", "steps": 14},
    "threshold": 0.7,
    "shown": 5,
}
"""Seeds differ from one another and from 0, and the last batch of the ceiling is of a single noise."""

STRICTEST = float(np.nextafter(np.float32(1), np.float32(0)))
"""The largest threshold below 1 in float32: nothing passes it but a cosine of exactly 1, and not every image has that
with its own twin of another batch size. Only so is a ceiling of RP below 1."""

TEACHER: Preset = {
    **LIVELY,
    "name": "lively-teacher",
    "experiments": ["teacher"],
    "data": {"source": "mixture", "held_out": 120, "components": 4, "reg_covar": 0.002},
}
DYNAMICS: Preset = {
    **TEACHER,
    "name": "lively-dynamics",
    "experiments": ["dynamics"],
    "widths": [32, 64],
    "sizes": [4],
    "training": {**LIVELY["training"], "updates": 300, "schedule": "constant"},
    "sampling": {**LIVELY["sampling"], "steps": 9},
}
MATRIX: Preset = {
    **LIVELY,
    "name": "lively-matrix",
    "experiments": ["matrix"],
    "widths": [48],
    "sizes": [40],
    "models": {
        "plain": {},
        "again": {"seed": 1},
        "flow": {"process": {"name": "flow"}, "network": {"parameterisation": "flow"}, "width": 32},
    },
}
SOLVERS: Preset = {
    **MATRIX,
    "name": "lively-solvers",
    "experiments": ["solvers"],
    "models": {"plain": {}, "again": {"seed": 1}},
    "solvers": {"kinds": ["ddim", "heun"], "steps": [3, 9], "etas": [0.5], "eta_steps": 9, "reference_steps": 24},
}

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Run:
    """What lies in a run directory when the command has ended."""

    preset: Preset
    folder: Path
    rows: Rows
    """Of ``scores.json``."""
    curves: dict[str, Any]
    images: Rows
    """Of ``images.parquet``; empty where the experiment keeps no single images."""
    grid: dict[str, Any]
    tensors: dict[str, NDArray[Any]]
    """Of ``grid.safetensors``."""


def command(*args: str) -> int:
    """``samenoise ARGS`` in this process: its exit code."""
    try:
        app(list(args))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@contextmanager
def once(tmp_path_factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """The folder of a run that all processes of these tests read: who comes first makes it, the others wait."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared" / name
    folder.parent.mkdir(exist_ok=True)
    with FileLock(f"{folder}.lock"):
        yield folder


@contextmanager
def only_the_page() -> Iterator[None]:
    """Figures are drawn, and saved as nothing, in the page and beside it: that takes as long as all the rest."""
    with pytest.MonkeyPatch.context() as patch:
        for form in ("rasterize", "to_pdf"):
            patch.setattr(f"samenoise.report.page.{form}", lambda figure: b"")
        patch.setattr("samenoise.report.page.to_svg", lambda figure, key: "")
        yield


def in_this_process(cells: list[Cell], store: Store, on_event: Told, workers: int, sharing: Sharing) -> None:
    """As :func:`samenoise.runs.local.execute`, without the seconds that it takes to start a worker."""
    for cell in in_order(cells):
        store.compute(cell)


def make(preset: Preset, folder: Path, *overrides: str) -> None:
    """Run a preset through the command line into ``folder``, unless it has been."""
    if (folder / "report" / "index.html").exists():
        return
    file = folder.parent / f"{folder.name}.yaml"
    file.write_text(yaml.safe_dump(preset, sort_keys=False))
    with pytest.MonkeyPatch.context() as patch, only_the_page():
        patch.setattr("samenoise.runs.local.execute", in_this_process)
        code = command("run", str(file), *overrides, "--out", str(folder))
    assert code == 0, f"{preset['name']} ended with exit code {code}"


def scores(folder: Path) -> Rows:
    """The rows of a run."""
    rows: Rows = json.loads((folder / "scores.json").read_text())["scores"]
    return rows


def run(preset: Preset, folder: Path, *overrides: str) -> Run:
    """Run a preset through the command line into ``folder``, unless it has been, and read the files it leaves."""
    make(preset, folder, *overrides)
    images = folder / "images.parquet"
    return Run(
        preset,
        folder,
        scores(folder),
        json.loads((folder / "curves.json").read_text()),
        pq.read_table(images).to_pylist() if images.exists() else [],
        json.loads((folder / "grid.json").read_text()),
        load_file(folder / "grid.safetensors"),
    )


def find(rows: Rows, **wanted: object) -> dict[str, Any]:
    """The one row with these values."""
    found = [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]
    assert len(found) == 1, (wanted, len(found))
    return found[0]
