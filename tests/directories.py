"""Run directories of made-up rows, to build reports from."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from experiment_rows import GRIDS, MODELS, TIMES, dynamics_rows, matrix_rows, solver_rows
from lively import once
from rows import Rows
from safetensors.numpy import save_file
from sweeps import HELDOUT, MEMORIZED, RP, RP_FLOOR, SIZES, all_rows

from samenoise.report import write_report


def build_run(
    run_dir: Path,
    rows: Rows | None = None,
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


def build_experiment(run_dir: Path, experiment: str, count: int = 16) -> Path:
    """A run directory of one of the three experiments, with its grid."""
    rows = {"matrix": lambda: matrix_rows(count), "solvers": solver_rows, "dynamics": dynamics_rows}[experiment]()
    panels: Rows = [{"label": "N = 1500", "n_train": 1500}]
    names = list(MODELS)[:count]
    if experiment == "solvers":
        panels, names = [{"label": solver, "n_train": 1500} for solver in GRIDS], ["mlp-edm", "mlp-flow", "reference"]
    if experiment == "dynamics":
        panels = [{"label": f"N = {n}, {u} updates", "n_train": n} for n in TIMES[128] for u in (100, 20000)]
        names = ["mlp-128", "mlp-256", "optimum"]
    build_run(run_dir, rows, curves=False, grid=False, name=experiment)
    _plain_grid(run_dir, names, panels)
    return run_dir


def reported_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole run with its report, only to be read: made by the first who asks, for all processes of these tests."""
    return _reported(tmp_path_factory, "reported-run", build_run)


def reported_experiment(tmp_path_factory: pytest.TempPathFactory, experiment: str) -> Path:
    """The same of one of the three experiments."""
    build = partial(build_experiment, experiment=experiment, count=12)
    return _reported(tmp_path_factory, f"reported-{experiment}", build)


def _reported(tmp_path_factory: pytest.TempPathFactory, name: str, build: Callable[[Path], Path]) -> Path:
    with once(tmp_path_factory, name) as run_dir:
        if not (run_dir / "report" / "index.html").is_file():
            write_report(build(run_dir))
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


def _plain_grid(run_dir: Path, names: list[str], panels: Rows, columns: int = 12) -> None:
    """Real digits: every row draws the same, but for one noise in three."""
    from sklearn.datasets import load_digits

    digits = load_digits().images.astype(np.float32) / 16
    rng = np.random.default_rng(0)
    P, R, C = len(panels), len(names) + 1, columns
    shared = rng.integers(len(digits), size=(P, 1, C))
    chosen = np.where(rng.random((P, R, C)) < 1 / 3, rng.integers(len(digits), size=(P, R, C)), shared)
    images = digits[chosen]
    images[:, 0] = rng.random((P, C, 8, 8))
    flat = (images - digits.mean(0)).reshape(P, R, C, 64)
    unit = flat / np.linalg.norm(flat, axis=-1, keepdims=True)
    similarity = np.einsum("prcd,pscd->pcrs", unit, unit).astype(np.float32)
    similarity[:, :, 0, :] = similarity[:, :, :, 0] = np.nan
    tensors = {"images": np.ascontiguousarray((images * 255).astype(np.uint8)[:, :, :, None])}
    tensors |= {"similarity": np.ascontiguousarray(similarity), "nearest_id": chosen.astype(np.int64)}
    tensors |= {"nearest_similarity": np.ones((P, R, C), np.float32)}
    save_file(tensors, str(run_dir / "grid.safetensors"))
    rows = [{"key": "noise", "label": "noise", "kind": "noise"}]
    rows += [{"key": name, "label": name, "kind": "model"} for name in names]
    about = {"schema_version": 1, "feature": "pixel", "threshold": 0.95, "noise_ids": list(range(C))}
    (run_dir / "grid.json").write_text(json.dumps(about | {"rows": rows, "panels": panels}))
