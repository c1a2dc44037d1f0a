"""A tiny preset of ``inverse`` whose shares lie inside (0, 1)."""

from __future__ import annotations

from functools import partial
from typing import Any

from tiny_room import changed

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

config = partial(changed, TINY)
"""The config, with some settings changed."""
