"""A tiny preset of ``contrast`` whose shares lie inside (0, 1)."""

from __future__ import annotations

from functools import partial
from typing import Any

from tiny_room import changed

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
        "vae": {"networks": {"conv": 4}, "updates": 20, "batch": 8},
    },
}
NAMES = [
    "plain",
    "again",
    "gan-mlp-8",
    "gan-mlp-8-seed1",
    "vae-conv-4",
    "vae-conv-4-seed1",
]

config = partial(changed, TINY)
"""The config, with some settings changed."""
