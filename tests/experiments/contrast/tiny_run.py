"""A tiny preset of ``contrast`` whose shares lie inside (0, 1), and how its rows are found."""

from __future__ import annotations

from typing import Any, NamedTuple

from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.runs.store import Store

TINY: dict[str, Any] = {
    "name": "tiny-contrast",
    "experiments": ["contrast"],
    "seed": 3,
    "data": {"held_out": 20},
    "widths": [16],
    "sizes": [40],
    "training": {"updates": 60, "batch": 16, "warmup": 5},
    "sampling": {"noises": 24, "batch": 24, "ceiling_batch": 7, "steps": 4, "bank_seed": 2},
    "threshold": 0.3,
    "shown": 4,
    "models": {"plain": {}, "again": {"seed": 1}},
    "contrast": {
        "latent": 6,
        "gan": {"networks": {"mlp": 8}, "updates": 20, "batch": 8},
        "vae": {"networks": {"mlp": 8, "conv": 4}, "updates": 20, "batch": 8},
    },
}
NAMES = [
    "plain",
    "again",
    "gan-mlp-8",
    "gan-mlp-8-seed1",
    "vae-mlp-8",
    "vae-mlp-8-seed1",
    "vae-conv-4",
    "vae-conv-4-seed1",
]


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
    return Config.of({**TINY, "contrast": {**TINY["contrast"], **changes}})
