"""A tiny preset of ``inverse`` whose shares lie inside (0, 1), and how its rows are found."""

from __future__ import annotations

from typing import Any, NamedTuple

from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.runs.store import Store

TINY: dict[str, Any] = {
    "name": "tiny-inverse",
    "experiments": ["inverse"],
    "seed": 3,
    "data": {"held_out": 20},
    "widths": [32],
    "sizes": [60],
    "training": {"updates": 1000, "batch": 32, "warmup": 5, "lr": 4.0e-3},
    "sampling": {"noises": 24, "batch": 24, "ceiling_batch": 7, "steps": 8, "bank_seed": 2},
    "threshold": 0.8,
    "shown": 4,
    "models": {
        "plain": {},
        "again": {"seed": 1},
        "wide": {"width": 48},
        "attention": {"network": {"name": "uvit", "blocks": 3}, "width": 16, "training": {"updates": 30}},
        "blocks": {"network": {"name": "dit", "blocks": 1}, "width": 16, "training": {"updates": 30}},
    },
    "inverse": {
        "tasks": ["box", "pool"],
        "options": {"box": {"side": 0.25}, "pool": {"factor": 4}},
        "noise": 0.1,
        "zeta": 6.0,
        "images": 8,
    },
}


class Tiny(NamedTuple):
    """A run: its agenda, its store, its rows."""

    agenda: Agenda
    store: Store
    rows: list[dict[str, Any]]

    def find(self, **wanted: object) -> dict[str, Any]:
        """The one row with these values."""
        found = [row for row in self.rows if all(row.get(key) == value for key, value in wanted.items())]
        assert len(found) == 1, (wanted, len(found))
        return found[0]


def config(**changes: Any) -> Config:
    """The config, with some settings changed."""
    return Config.of({**TINY, "inverse": {**TINY["inverse"], **changes}})
