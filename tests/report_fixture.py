"""A synthetic run directory, with figures like those seen on scikit-learn's digits, to build reports from."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from samenoise.report import write_report

N = 512
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


UNBOUNDED = ("e_gen", "e_mem", "pfd", "pfd_reference", "n50", "n50_per_doubling", "nn_distance")
"""Metrics that are no shares."""


def wilson(p: float, n: int = N) -> list[float]:
    z = 1.959964
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return [(middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)]


def row(
    experiment: str, metric: str, value: float | None, a: str, b: str, n_train: int | None, **more: Any
) -> dict[str, Any]:
    """A row of scores.json; a value becomes a share of 512 noises, so that it has digits to lose."""
    if value is not None and metric not in UNBOUNDED:
        value = round(value * N) / N
        more.setdefault("ci95", wilson(value))
    baseline = {key: more.pop(key, None) for key in ("floor", "ceiling", "gaussian")}
    made = {"experiment": experiment, "metric": metric, "value": value, "ci95": None, "n": N, "threshold": 0.95}
    made |= {"feature": "pixel", "a": a, "b": b, "n_train": n_train, "width": None, "baseline": baseline}
    return made | more


def regime_rows() -> list[dict[str, Any]]:
    rows = []
    for k, n in enumerate(SIZES):
        pair = {"experiment": "regimes", "a": "mlp-128", "b": "mlp-256", "n_train": n}
        rows += [
            row(metric="rp", value=RP[k], floor=RP_FLOOR[k], ceiling=1.0, gaussian=(0.004, 0.012)[k > 5], **pair),
            row(metric="rp_calibrated", value=max(RP[k] - 0.03, 0), threshold=0.962, **pair),
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
    rows.append(
        row("regimes", "n50_per_doubling", 2.3885, "mlp-128", "mlp-256", None, ci95=[2.06, 2.79], threshold=0.5)
    )
    return rows


def split_rows() -> list[dict[str, Any]]:
    return [
        row("splits", "rp_split", value, "mlp-128/a", "mlp-128/b", n, floor=0.0)
        for n, value in zip(SIZES, RP_SPLIT, strict=False)
    ]


def teacher_rows() -> list[dict[str, Any]]:
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


def all_rows() -> list[dict[str, Any]]:
    return regime_rows() + split_rows() + teacher_rows()


def build_run(
    run_dir: Path,
    rows: list[dict[str, Any]] | None = None,
    *,
    curves: bool = True,
    grid: bool = True,
    label: str = "MLP, width {}",
    name: str = "digits",
    channels: int = 1,
) -> Path:
    """Write a run directory.

    Args:
        rows: rows of scores.json; :func:`all_rows` unless given.
        label: how the grid names its networks, with ``{}`` for the width.
        channels: of the grid's pictures.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    (run_dir / "config.yaml").write_text(
        f"name: {json.dumps(name)}\nexperiments: [regimes, splits, teacher]\nsizes: {list(SIZES)}\nwidths: [128, 256]\n"
        "updates: 3000\nprocess: {name: edm}\nsolver: {name: heun, steps: 18}\n"
    )
    manifest = {
        "command": "samenoise run digits --seed 0",
        "versions": {"samenoise": "0.1.0", "torch": "2.13.0", "python": "3.12.3"},
        "device": "cpu",
        "solver": {"name": "heun", "steps": 18},
        "nfe": 35,
        "noise_bank": {"recipe": "philox4x64-ndtri-v1", "seed": 0, "hash": "4f1c" * 16},
        "data_hash": "a07e" * 16,
        "feature": "pixel",
        "wall_time_s": {"regimes": 412.2, "splits": 201.9, "teacher": 388.0},
    }
    (run_dir / "manifest.json").write_text(json.dumps(manifest))
    scores = {"schema_version": 1, "scores": all_rows() if rows is None else rows}
    (run_dir / "scores.json").write_text(json.dumps(scores))
    if curves:
        (run_dir / "curves.json").write_text(json.dumps(_curves()))
    if grid:
        _write_grid(run_dir, label, channels)
    return run_dir


def reported_run(folder: Path) -> Path:
    """The whole run with its report, made in ``folder`` by the first who asks."""
    run_dir = folder / "reported-run"
    if not (run_dir / "report" / "index.html").is_file():
        write_report(build_run(run_dir))
    return run_dir


def _curves() -> dict[str, Any]:
    thresholds = np.linspace(0.5, 1.0, 51)

    def falling(at: float, steep: float = 30.0) -> list[float]:
        """A curve that passes through ``at`` at 0.95 and reaches 0 at 1."""
        middle = 0.95 + math.log(max(at, 1e-3) / (1 - min(at, 0.999))) / steep
        values = 1 / (1 + np.exp(steep * (thresholds - middle))) * np.minimum(1, (1 - thresholds) / 0.02)
        return [float(v) for v in values]

    curves = []
    for k, n in enumerate(SIZES):
        line = {"experiment": "regimes", "n_train": n}
        curves.append(
            line
            | {
                "metric": "rp",
                "a": "mlp-128",
                "b": "mlp-256",
                "values": falling(RP[k]),
                "floor": falling(RP_FLOOR[k], 12),
            }
        )
        curves += [
            line
            | {"metric": "memorized", "a": f"mlp-{w}", "b": "train", "values": falling(MEMORIZED[w][k])}
            | {"floor": falling(HELDOUT[k], 20)}
            for w in (128, 256)
        ]
    return {"schema_version": 1, "thresholds": thresholds.tolist(), "curves": curves}


def _write_grid(run_dir: Path, label: str, channels: int) -> None:
    """Real digits, blended so that rows agree at both ends of the sizes and not between."""
    from sklearn.datasets import load_digits

    digits = load_digits().images.astype(np.float32) / 16
    rng = np.random.default_rng(0)
    kinds = ("noise", "model", "model", "optimum", "gaussian", "nearest")
    labels = ("Noise", label.format(128), label.format(256), "Empirical optimum", "Gaussian", "Nearest to width 256")
    P, R, C = len(SIZES), len(kinds), 16
    noise = rng.standard_normal((C, 8, 8)).astype(np.float32)
    images = np.zeros((P, R, C, 8, 8), np.float32)
    for p, n in enumerate(SIZES):
        for c in range(C):
            copied, own = digits[rng.integers(n)], 0.5 * (digits[rng.integers(1500)] + digits[rng.integers(1500)])
            memorizes = [rng.random() < MEMORIZED[w][p] for w in (128, 256)]
            agrees = rng.random() < RP[p]
            images[p, 0, c] = 0.5 + noise[c] / 5
            for k in range(2):
                alone = digits[rng.integers(1797)] if not agrees and k == 0 else own
                images[p, 1 + k, c] = copied if memorizes[k] else alone
            images[p, 3, c] = copied
            images[p, 4, c] = 0.7 * digits.mean(0) + 0.3 * own
    flat = images - digits.mean(0)
    flat = flat.reshape(P, R, C, 64)
    train = (digits - digits.mean(0)).reshape(-1, 64)
    train /= np.linalg.norm(train, axis=1, keepdims=True)
    unit = flat / np.maximum(np.linalg.norm(flat, axis=-1, keepdims=True), 1e-6)
    nearest_id, nearest_similarity = np.full((P, R, C), -1, np.int64), np.full((P, R, C), np.nan, np.float32)
    for p, n in enumerate(SIZES):
        to_train = unit[p] @ train[:n].T
        nearest_id[p, 1:5] = to_train[1:5].argmax(-1)
        nearest_similarity[p, 1:5] = to_train[1:5].max(-1)
        images[p, 5] = digits[nearest_id[p, 2]]
        unit[p, 5] = train[nearest_id[p, 2]]
    similarity = np.einsum("prcd,pscd->pcrs", unit, unit).astype(np.float32)
    similarity[:, :, 0, :] = similarity[:, :, :, 0] = np.nan
    pixels = (np.clip(images, 0, 1) * 255).astype(np.uint8)[:, :, :, None]
    if channels == 3:
        pixels = np.concatenate([pixels, 255 - pixels, pixels // 2], axis=3)
    tensors = {"images": np.ascontiguousarray(pixels), "similarity": np.ascontiguousarray(similarity)}
    tensors |= {"nearest_id": nearest_id, "nearest_similarity": nearest_similarity}
    save_file(tensors, str(run_dir / "grid.safetensors"))
    keys = ("noise", "mlp-128", "mlp-256", "optimum", "gaussian", "nearest")
    about = {
        "schema_version": 1,
        "feature": "pixel",
        "threshold": 0.95,
        "noise_ids": list(range(C)),
        "rows": [
            {"key": key, "label": text, "kind": kind} for key, text, kind in zip(keys, labels, kinds, strict=True)
        ],
        "panels": [{"label": f"N = {n}", "n_train": n} for n in SIZES],
    }
    (run_dir / "grid.json").write_text(json.dumps(about))
