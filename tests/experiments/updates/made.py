"""A small run of ``updates`` whose shares lie inside (0, 1), and made-up rows."""

from __future__ import annotations

from typing import Any

from lively import LIVELY, Preset
from rows import Rows, row, wilson

LENGTHS = (150, 300, 600)
PRESET: Preset = {
    **LIVELY,
    "name": "lively-updates",
    "experiments": ["updates"],
    "sizes": [5, 16],
    "training": {key: value for key, value in LIVELY["training"].items() if key != "updates"},
    "updates": {"updates": list(LENGTHS)},
}

COUNTS = (500, 1000, 2000, 4000)
NOISES = 4096


def copied(shares: list[float], n: int = 64, width: int = 128, floor: float = 0.01, **more: Any) -> Rows:
    """``memorized`` after each of ``COUNTS`` updates, over so many noises that intervals are about 3 points wide."""
    rows = []
    for updates, share in zip(COUNTS, shares, strict=True):
        own = {"width": width, "floor": floor, "updates": updates, "ci95": wilson(share, NOISES), "n": NOISES}
        rows.append(row("updates", "memorized", share, f"mlp-{width}", "train", n, **own | more))
    return rows


def by_ratio(shares: list[float], n: int = 64, width: int = 128) -> Rows:
    """``nn_ratio`` of the same network: a copy is something else."""
    return [{**r, "metric": "nn_ratio"} for r in copied(shares, n, width)]


def agreed(shares: list[float], n: int = 64, floor: float = 0.01) -> Rows:
    """``rp`` of the two networks."""
    return [
        row("updates", "rp", share, "mlp-128", "mlp-256", n, floor=floor, updates=updates, ci95=wilson(share, NOISES))
        for updates, share in zip(COUNTS, shares, strict=True)
    ]


def far(width: int, *when: int, n: int = 64, copies: float = 0.0) -> Rows:
    """``mmd_gap``, and the copies beyond what real images pass for: pictures, but for the numbers of updates in
    ``when``."""
    rows = []
    for u in COUNTS:
        own = {"a": f"mlp-{width}", "n_train": n, "updates": u}
        gap, ends = (0.02, [0.01, 0.03]) if u in when else (0.005, [-0.005, 0.015])
        rows.append(row("updates", "mmd_gap", gap, b="held-out", ci95=ends, **own))
        shares = {"ci95": [copies - 0.01, copies + 0.01], "floor": 0.0}
        rows.append(row("updates", "memorized_excess", copies, b="train", **shares, **own))
    return rows
