"""Presets small enough for tests: the real experiments on the real digits, with networks that learn little."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from samenoise.cells.specs import SamplingSpec
from samenoise.generators.sampling import SampleCell
from samenoise.lab.agenda import Agenda
from samenoise.lab.collect import collect
from samenoise.lab.config import Config
from samenoise.lab.study import Wanted
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store

TINY = {
    "name": "tiny",
    "experiments": ["regimes", "splits"],
    "data": {"held_out": 20},
    "widths": [8, 16],
    "sizes": [4, 12, 40],
    "training": {"updates": 40, "batch": 16, "warmup": 5, "cohort": 3},
    "sampling": {"noises": 32, "batch": 32, "ceiling_batch": 12, "steps": 6},
    "shown": 4,
}
TEACHER = {**TINY, "name": "tiny-teacher", "experiments": ["teacher"], "data": {"source": "mixture", "held_out": 20}}
MATRIX = {
    "name": "tiny-matrix",
    "experiments": ["matrix"],
    "data": {"held_out": 0},
    "widths": [8],
    "sizes": [40],
    "training": {"updates": 30, "batch": 16, "warmup": 5},
    "sampling": {"noises": 24, "batch": 24, "ceiling_batch": 7, "steps": 4},
    "threshold": 0.6,  # so low that networks this small agree on some noises
    "shown": 4,
    "models": {
        "plain": {},
        "again": {"seed": 1},
        "flow": {"process": {"name": "flow"}, "network": {"parameterisation": "flow"}},
        "attention": {"network": {"name": "uvit", "blocks": 3}, "width": 16, "training": {"updates": 20}},
        "halved": {
            "teacher": "plain",
            "training": {"procedure": "progressive-distillation", "teacher_steps": 8, "steps": 2, "updates": 10},
        },
    },
}
SOLVERS = {
    **MATRIX,
    "name": "tiny-solvers",
    "experiments": ["solvers"],
    "threshold": 0.9,
    "models": {"plain": {}, "again": {"seed": 1}},
    "solvers": {
        "kinds": ["ddim", "heun"],
        "steps": [3, 6],
        "etas": [0.5, 1.0],
        "eta_steps": 6,
        "reference_steps": 12,
    },
}
DYNAMICS = {
    **TEACHER,
    "name": "tiny-dynamics",
    "experiments": ["dynamics"],
    "sizes": [4, 12],
    "training": {"updates": 100, "batch": 16, "warmup": 5, "schedule": "constant", "cohort": 3},
}
"""Looks at 64, 91 and 100 updates."""


def tiny(**changes: object) -> Config:
    """The config, with some top-level keys changed."""
    return Config.of({**TINY, **changes})


def teacher(**changes: object) -> Config:
    """The same for the experiment ``teacher``."""
    return Config.of({**TEACHER, **changes})


def other(preset: dict[str, Any], **changes: object) -> Config:
    """Any of the presets above, with some top-level keys changed."""
    return Config.of({**preset, **changes})


Rows = list[dict[str, Any]]


def computed(config: Config, root: Path) -> tuple[Store, Rows]:
    """All cells of a config in a new store, and the rows of its scores."""
    store, agenda = Store(root), Agenda(config)
    for cell in in_order(agenda.cells):
        store.compute(cell)
    return store, collect(agenda, store, "samenoise run tiny")


def find(rows: Rows, **wanted: object) -> dict[str, Any]:
    """The one row with these values."""
    found = [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]
    assert len(found) == 1, (wanted, len(found))
    return found[0]


def pixels(store: Store, cell: SampleCell) -> np.ndarray:
    """Samples as they lie in the store, float32 of shape ``(noises, values of an image)``."""
    images = load_file(store.path(cell) / "samples.safetensors")["images"]
    return images.reshape(len(images), -1)


def drawn(
    agenda: Agenda, store: Store, wanted: Wanted, again: bool = False, sampling: SamplingSpec | None = None
) -> np.ndarray:
    """:func:`pixels` of a generator that the agenda asks for; with ``again``, at the other batch size."""
    return pixels(store, agenda.plan.samples(agenda.study.ask(wanted, again, sampling)))


def real(agenda: Agenda, store: Store) -> np.ndarray:
    """All images of the data as they lie in the store, as rows of values."""
    images = load_file(store.path(agenda.study.data) / "images.safetensors")["images"]
    return images.reshape(agenda.study.data.count, -1)


def hashed(text: str) -> int:
    """The seed of a part of a run, from the run's own and what the part is called, such as "0/mixture"."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:14], 16)


def shuffled(count: int, seed: int = 0) -> np.ndarray:
    """The order of the data in a run with this seed, that subsets are cut from."""
    return np.argsort(np.random.Philox(key=[seed, 0], counter=[0, 0, 0, 1]).random_raw(count), kind="stable")


def content(place: Path) -> dict[str, bytes]:
    """Every file of a cell, but for ``cell.json``, which has its time."""
    return {p.relative_to(place).as_posix(): p.read_bytes() for p in place.rglob("*.*") if p.name != "cell.json"}


def cosines(a: np.ndarray, b: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Cosine of every row of ``a`` with every row of ``b``, the mean image taken off."""
    a, b = a - mean, b - mean
    return (a @ b.T) / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)
