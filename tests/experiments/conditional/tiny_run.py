"""A tiny preset of ``conditional``, and how its rows are found."""

from __future__ import annotations

from typing import Any, NamedTuple

from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.runs.store import Store

TINY: dict[str, Any] = {
    "name": "tiny-conditional",
    "experiments": ["conditional"],
    "seed": 3,
    "data": {"held_out": 40, "classes": [1, 4, 7], "count": 100},
    "widths": [32],
    "sizes": [5, 60],
    "training": {"updates": 400, "batch": 32, "warmup": 10, "lr": 4.0e-3},
    "sampling": {"noises": 24, "batch": 24, "ceiling_batch": 7, "steps": 10, "bank_seed": 2},
    "threshold": 0.9,
    "shown": 4,
    "models": {"one": {}, "two": {"seed": 1}},
    "conditional": {"classes": 3, "scales": [0.0, 1.0, 3.0], "each_up_to": 5},
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
    return Config.of({**TINY, "conditional": {**TINY["conditional"], **changes}})
