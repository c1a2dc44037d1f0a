"""A tiny preset of ``conditional``."""

from __future__ import annotations

from functools import partial
from typing import Any

from tiny_room import changed

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

config = partial(changed, TINY)
"""The config, with some settings changed."""
