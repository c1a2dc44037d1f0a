"""A tiny preset of ``finetune`` whose shares lie inside (0, 1), and how its rows are found."""

from __future__ import annotations

from typing import Any, NamedTuple

from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.runs.store import Store

TINY: dict[str, Any] = {
    "name": "tiny-finetune",
    "experiments": ["finetune"],
    "seed": 3,
    "data": {"classes": [5, 6, 7, 8, 9], "held_out": 40},
    "network": {"blocks": 1},
    "widths": [96],
    "sizes": [3, 12],
    "replicates": 2,
    "training": {"updates": 220, "batch": 32, "warmup": 5, "lr": 0.02},
    "sampling": {"noises": 40, "batch": 40, "ceiling_batch": 11, "steps": 8, "bank_seed": 2},
    "threshold": 0.8,
    "shown": 4,
    "finetune": {
        "source": {"classes": [0, 1, 2, 3, 4], "held_out": 30},
        "size": 60,
        "pretraining": 300,
        "ways": {"all": {}, "lora": {"rank": 2, "lr": 0.03}},
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


def config(common: dict[str, Any] | None = None, **changes: Any) -> Config:
    """The config, with some keys and settings changed."""
    return Config.of({**TINY, **(common or {}), "finetune": {**TINY["finetune"], **changes}})
