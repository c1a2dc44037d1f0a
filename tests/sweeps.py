"""Rows of ``regimes``, ``splits`` and ``teacher``, with figures like those seen on scikit-learn's digits."""

from __future__ import annotations

from typing import Any

from rows import Rows, row
from witnesses import witnesses

SIZES = (8, 16, 32, 64, 128, 256, 512, 890, 1500)
RP = (0.82, 0.78, 0.62, 0.53, 0.34, 0.23, 0.35, 0.48, 0.57)
RP_FLOOR = (0.13, 0.05, 0.02, 0.02, 0, 0, 0, 0, 0)
RP_OPTIMUM = {
    128: (0.81, 0.74, 0.58, 0.41, 0.15, 0.03, 0.02, 0.01, 0.01),
    256: (0.85, 0.84, 0.75, 0.64, 0.50, 0.29, 0.05, 0.02, 0.01),
}
MEMORIZED = {
    128: (0.99, 0.97, 0.87, 0.74, 0.32, 0.04, 0, 0, 0),
    256: (0.99, 0.97, 0.95, 0.91, 0.77, 0.44, 0.08, 0.02, 0.02),
}
HELDOUT = (0, 0, 0, 0.01, 0.01, 0.02, 0.03, 0.04, 0.07)
RP_SPLIT = (0, 0, 0.01, 0, 0.01, 0.03, 0.19, 0.40)
N50 = {128: (97.3, 88.1, 108.9), 256: (232.4, 211.7, 256.2)}

TEACHER_SIZES = (16, 64, 256, 512, 1024, 2048, 4096, 8192)
TEACHER = {
    "rp": (0.76, 0.50, 0.18, 0.25, 0.68, 0.80, 0.80, 0.84),
    "rp_teacher": (0, 0, 0, 0.12, 0.63, 0.77, 0.77, 0.76),
    "rp_optimum": (0.86, 0.68, 0.29, 0.05, 0.01, 0.01, 0, 0),
    "memorized": (0.91, 0.87, 0.36, 0.03, 0, 0, 0, 0),
    "e_gen": (4.34, 3.43, 2.73, 2.11, 1.47, 1.28, 1.24, 1.21),
    "e_mem": (1.74, 2.11, 2.40, 2.58, 2.59, 2.63, 2.58, 2.49),
    "pfd": (4.38, 3.58, 3.20, 3.03, 2.79, 2.69, 2.50, 2.37),
}


def regime_rows() -> Rows:
    rows = []
    for k, n in enumerate(SIZES):
        pair = {"experiment": "regimes", "a": "mlp-128", "b": "mlp-256", "n_train": n}
        rows += [
            row(metric="rp", value=RP[k], floor=RP_FLOOR[k], ceiling=1.0, gaussian=(0.004, 0.012)[k > 5], **pair),
            row(metric="rp_calibrated", value=max(RP[k] - 0.03, 0), threshold=0.962, floor=0.01, **pair),
            row(metric="mae_score", value=max(RP[k] - 0.06, 0), threshold=15.0, **pair),
            row(
                metric="pfd",
                value=1.1 + RP[5] / RP[k],
                ci95=[1.0 + RP[5] / RP[k], 1.2 + RP[5] / RP[k]],
                threshold=None,
                **pair,
            ),
        ]
        for w in (128, 256):
            one = {"experiment": "regimes", "a": f"mlp-{w}", "n_train": n, "width": w}
            rows += [
                row(metric="rp_optimum", value=RP_OPTIMUM[w][k], b="optimum", **one),
                row(metric="memorized", value=MEMORIZED[w][k], b="train", floor=HELDOUT[k], **one),
                row(metric="gl", value=1 - MEMORIZED[w][k], b="train", floor=1 - HELDOUT[k], **one),
                row(metric="memorized_calibrated", value=max(MEMORIZED[w][k] - 0.02, 0), b="train", floor=0.01, **one),
                row(metric="nn_ratio", value=MEMORIZED[w][k] * 0.97, b="train", threshold=1 / 3, floor=0.0, **one),
            ]
        rows.append(row("regimes", "memorized_heldout", HELDOUT[k], "held-out", "train", n, n=297))
    for w, (value, low, high) in N50.items():
        rows.append(row("regimes", "n50", value, f"mlp-{w}", "train", None, ci95=[low, high], width=w, threshold=0.5))
    rows.append(row("regimes", "n50_per_doubling", 2.3885, "mlp-256", "train", None, ci95=[2.06, 2.79], threshold=0.5))
    return rows


def split_rows() -> Rows:
    rows = []
    for n, value in zip(SIZES, RP_SPLIT, strict=False):
        rows.append(row("splits", "rp_split", value, "mlp-128/a", "mlp-128/b", n, floor=0.0, gaussian=0.01))
        rows[-1]["gaussian_split"] = 0.998
        for half in ("mlp-128/a", "mlp-128/b"):
            near = {"floor": 2.0, "gaussian": 3.0, "width": 128, "ci95": [2.1, 2.3], "threshold": None}
            rows.append(row("splits", "nn_distance", 2.2, half, "data", n, **near))
    return rows


def teacher_rows() -> Rows:
    rows = []
    for k, n in enumerate(TEACHER_SIZES):
        for metric, values in TEACHER.items():
            a, b = {
                "rp": ("mlp-128", "mlp-256"),
                "rp_teacher": ("mlp-256", "teacher"),
                "e_gen": ("mlp-256", "teacher"),
                "memorized": ("mlp-256", "train"),
                "pfd": ("optimum", "teacher"),
            }.get(metric, ("mlp-256", "optimum"))
            more: dict[str, Any] = {"width": 256} if a == "mlp-256" else {}
            if metric in ("e_gen", "e_mem", "pfd"):
                more |= {"ci95": [values[k] - 0.08, values[k] + 0.08], "threshold": None}
            if metric == "memorized":
                more["floor"] = 0.0
            if metric == "rp":
                more |= {"floor": 0.0, "ceiling": 1.0, "gaussian": 0.01}
            rows.append(row("teacher", metric, values[k], a, b, n, **more))
    return rows


def evidence_rows() -> Rows:
    """What the claims of :func:`regime_rows` and :func:`split_rows` rest on: copies at the one end, by every way to
    count them, and new pictures at the other."""
    rows: Rows = []
    for n, copies in zip(SIZES, (0.97, 0.95, 0.9, 0.8, 0.5, 0.2, 0.02, 0.0, 0.0), strict=True):
        pair = {"experiment": "regimes", "metric": "rp", "a": "mlp-128", "b": "mlp-256", "n_train": n}
        rows += [r for r in witnesses(pair, copies) if r["metric"] != "rp_calibrated"]
        halves = {"experiment": "splits", "metric": "rp_split", "a": "mlp-128/a", "b": "mlp-128/b", "n_train": n}
        rows += witnesses(halves) if n < SIZES[-1] else []
    for w, (value, low, high) in N50.items():
        for k, way in enumerate(("excess", "calibrated", "ratio")):
            ends = {"ci95": [low, high + k], "width": w, "threshold": 0.95}
            rows.append(row("regimes", f"n50_{way}", value + k, f"mlp-{w}", "train", None, **ends))
    for k, way in enumerate(("excess", "calibrated", "ratio")):
        ends = {"ci95": [2.06 + k / 100, 2.79 + k / 100], "threshold": 0.95}
        rows.append(row("regimes", f"n50_per_doubling_{way}", 2.3885 + k / 100, "mlp-256", "train", None, **ends))
    return rows


def all_rows() -> Rows:
    return regime_rows() + split_rows() + teacher_rows() + evidence_rows()
