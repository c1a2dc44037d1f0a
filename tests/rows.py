"""Made-up rows of ``scores.json``."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["NOISES", "Rows", "row", "wilson"]

Rows = list[dict[str, Any]]

NOISES = 512

UNBOUNDED = ("e_gen", "e_mem", "pfd", "pfd_reference", "nn_distance", "mmd", "mmd_gap", "memorized_excess")
"""Metrics that are no shares; so are all that begin with n50."""


def wilson(p: float, n: int = NOISES) -> list[float]:
    z = 1.959964
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return [(middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)]


def row(
    experiment: str, metric: str, value: float | None, a: str, b: str, n_train: int | None, **more: Any
) -> dict[str, Any]:
    """A row of scores.json; a value becomes a share of 512 noises, so that it has digits to lose."""
    if value is not None and metric not in UNBOUNDED and not metric.startswith("n50"):
        value = round(value * NOISES) / NOISES
        more.setdefault("ci95", wilson(value))
    baseline = {key: more.pop(key, None) for key in ("floor", "ceiling", "gaussian")}
    made = {"experiment": experiment, "metric": metric, "value": value, "ci95": None, "n": NOISES, "threshold": 0.95}
    made |= {"feature": "pixel", "a": a, "b": b, "n_train": n_train, "width": None, "baseline": baseline}
    return made | more
