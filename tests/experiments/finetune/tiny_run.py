"""A tiny preset of ``finetune`` whose shares lie inside (0, 1)."""

from __future__ import annotations

from functools import partial
from typing import Any

from tiny_room import changed

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

config = partial(changed, TINY)
"""The config, with some settings changed."""
