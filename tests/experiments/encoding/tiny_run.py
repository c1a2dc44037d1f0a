"""A tiny preset of ``encoding``."""

from __future__ import annotations

from functools import partial
from typing import Any

from tiny_room import changed

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

config = partial(changed, TINY)
"""The config, with some settings changed."""
