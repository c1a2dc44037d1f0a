"""A tiny preset of ``lowrank``."""

from __future__ import annotations

from functools import partial
from typing import Any

from tiny_room import changed

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

config = partial(changed, TINY)
"""The config, with some settings changed."""
