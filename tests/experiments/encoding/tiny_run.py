"""A tiny preset of ``encoding``, and how its rows are found."""

from __future__ import annotations

from typing import Any, NamedTuple

from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.runs.store import Store

TINY: dict[str, Any] = {
    "name": "tiny-encoding",
    "experiments": ["encoding"],
    "seed": 3,
    "data": {"held_out": 20},
    "widths": [24, 48],
    "sizes": [3, 12],
    "training": {"updates": 500, "batch": 32, "warmup": 5, "lr": 4.0e-3},
    "sampling": {"noises": 24, "batch": 64, "ceiling_batch": 7, "steps": 8, "bank_seed": 2},
    "threshold": 0.9,
    "shown": 4,
    "encoding": {"planes": 4, "cells": 4, "beyond": 1},
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
    return Config.of({**TINY, "encoding": {**TINY["encoding"], **changes}})
