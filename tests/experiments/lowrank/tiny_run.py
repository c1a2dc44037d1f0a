"""A tiny preset of ``lowrank``, and how its rows are found."""

from __future__ import annotations

from typing import Any, NamedTuple

from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.runs.store import Store

TINY: dict[str, Any] = {
    "name": "tiny-lowrank",
    "experiments": ["lowrank"],
    "data": {"held_out": 20},
    "widths": [16],
    "sizes": [4, 40],
    "training": {"updates": 80, "batch": 16, "warmup": 5, "lr": 5.0e-3, "ema": 0.1},
    "replicates": 2,
    "lowrank": {
        "sigmas": [0.1, 1.0, 40.0],
        "images": 4,
        "copy_sigma": 0.12,
        "dimensions": [2, 4],
        "components": [1, 2],
        "per_dimension": [0.5, 2, 16],
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
    return Config.of({**TINY, "lowrank": {**TINY["lowrank"], **changes}})
