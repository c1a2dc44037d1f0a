"""Made-up but plausible rows of the experiments ``matrix``, ``solvers`` and ``dynamics``."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
from rows import Rows, row, wilson

FIGURES = {
    "matrix": ["matrix", "factors", "pictures"],
    "solvers": ["rp-reference", "pfd-reference", "eta"],
    "dynamics": ["progress", "approach", "milestones"],
}
"""Experiment -> keys of its figures."""

FIELDS = ("process", "architecture", "width", "procedure", "updates", "seed")
MODELS = {
    "mlp-edm": ("edm", "mlp", 256, "standard", 4000, 0),
    "mlp-edm-seed1": ("edm", "mlp", 256, "standard", 4000, 1),
    "mlp-edm-half": ("edm", "mlp", 256, "standard", 2000, 0),
    "mlp128-edm": ("edm", "mlp", 128, "standard", 4000, 0),
    "unet-edm": ("edm", "unet", 16, "standard", 4000, 0),
    "mlp-vp": ("vp", "mlp", 256, "standard", 4000, 0),
    "mlp-subvp": ("subvp", "mlp", 256, "standard", 4000, 0),
    "mlp-ve": ("ve", "mlp", 256, "standard", 4000, 0),
    "mlp-flow": ("flow", "mlp", 256, "standard", 4000, 0),
    "mlp-flow-4step": ("flow", "mlp", 256, "progressive-distillation", 4000, 0),
    "mlp-edm-cd": ("edm", "mlp", 256, "consistency-distillation", 4000, 0),
    "mlp-edm-ct": ("edm", "mlp", 256, "consistency-training", 4000, 0),
    "unet-vp": ("vp", "unet", 16, "standard", 4000, 0),
    "unet-flow": ("flow", "unet", 16, "standard", 4000, 0),
    "dit-edm": ("edm", "dit", 64, "standard", 4000, 0),
    "uvit-edm": ("edm", "uvit", 64, "standard", 4000, 0),
    "dit-flow": ("flow", "dit", 64, "standard", 4000, 0),
    "uvit-flow": ("flow", "uvit", 64, "standard", 4000, 0),
    "uvit-vp": ("vp", "uvit", 64, "standard", 4000, 0),
    "mlp-cosine": ("vp-cosine", "mlp", 256, "standard", 4000, 0),
}
COST = {"process": 0.11, "architecture": 0.07, "width": 0.03, "procedure": 0.17, "updates": 0.05, "seed": 0.02}
NO_PICTURES = "mlp-edm-ct"


def matrix_rows(count: int = 16) -> Rows:
    """Of the first ``count`` models; the one trained for consistency from scratch draws no pictures."""
    names = list(MODELS)[:count]
    rng = np.random.default_rng(0)
    rows: Rows = []
    for a, b in combinations(names, 2):
        differs = [f for f, x, y in zip(FIELDS, MODELS[a], MODELS[b], strict=True) if x != y]
        value = max(0.71 - sum(COST[f] for f in differs) + 0.02 * rng.standard_normal(), 0.05)
        if NO_PICTURES in (a, b):
            value = 0.01
        more = {"floor": 0.002, "ceiling": 0.998, "gaussian": 0.012, "differs": differs}
        rows += [
            row("matrix", "rp", value, a, b, 1500, **more),
            row("matrix", "rp_calibrated", max(value - 0.03, 0), a, b, 1500, **more),
            row("matrix", "mae_score", max(value - 0.08, 0), a, b, 1500, **more),
            row("matrix", "pfd", 2 - value, a, b, 1500, ci95=[1.95 - value, 2.05 - value], **more),
        ]
    for name in names:
        far = 2.9 if name == NO_PICTURES else 1.05 + 0.1 * rng.random()
        rows += [
            row("matrix", "rp_optimum", 0.01, name, "optimum", 1500, floor=0.002),
            row("matrix", "rp_gaussian", 0.004 if name == NO_PICTURES else 0.012, name, "gaussian", 1500, floor=0.002),
            row("matrix", "nn_distance", far, name, "data", 1500, floor=1.12),
            row("matrix", "memorized", 0.02, name, "train", 1500, floor=0.07),
            gap(0.05 if name == NO_PICTURES else -0.02, name, 1500),
        ]
    return rows


def pair(value: float, a: str = "a", b: str = "b", n: int = 512, **more: Any) -> dict[str, Any]:
    """RP of two models that differ in one thing, unless told otherwise."""
    more = {"floor": 0.0, "gaussian": 0.0, "differs": ["process"]} | more
    return row("matrix", "rp", value, a, b, 100, ci95=wilson(value, n), **more)


def near(name: str, distance: float) -> dict[str, Any]:
    """How far a model's pictures are from the data, where other real images are at 1."""
    return row("matrix", "nn_distance", distance, name, "data", 100, floor=1.0)


def gap(value: float, name: str, n_train: int = 100) -> dict[str, Any]:
    """How much farther a model's pictures are from held-out images than its Gaussian's."""
    ends = {"ci95": [value - 0.005, value + 0.005], "floor": -0.04, "gaussian": 0.0}
    return row("matrix", "mmd_gap", value, name, "held-out", n_train, **ends)


GRIDS = {"ddim": (5, 10, 20, 50, 100, 200), "heun": (3, 6, 9, 18, 36, 72), "dpmpp-2m": (5, 10, 20, 40, 80, 160)}
ORDER = {"ddim": 1, "heun": 2, "dpmpp-2m": 2}
ETAS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def solver_rows() -> Rows:
    rows: Rows = []
    for solver, grids in GRIDS.items():
        for steps in grids:
            nfe = 2 * steps - 1 if solver == "heun" else steps
            how = {"solver": solver, "steps": steps, "nfe": nfe, "eta": 0.0}
            error = 6 * (4 / nfe) ** ORDER[solver]
            for k, a in enumerate(("mlp-edm", "mlp-flow")):
                share = math.exp(-error * (1 + 0.3 * k))
                beside = {"floor": 0.002, "ceiling": 0.998}
                rows += [
                    row("solvers", "rp_reference", share, a, "reference", 1500, **beside, **how),
                    row("solvers", "pfd_reference", error, a, "reference", 1500, floor=4.1, ceiling=2e-5)
                    | how
                    | {"ci95": [0.95 * error, 1.05 * error]},
                ]
            rows.append(row("solvers", "rp", 0.66, "mlp-edm", "mlp-flow", 1500, floor=0.002, **how))
    for eta in ETAS:
        how = {"solver": "ddim", "steps": 100, "nfe": 100, "eta": eta}
        if eta:
            rows += [
                row("solvers", "rp_reference", 0.9 * (1 - eta) ** 2, a, "reference", 1500, floor=0.002, **how)
                for a in ("mlp-edm", "mlp-flow")
            ]
        pair = {"experiment": "solvers", "a": "mlp-edm", "b": "mlp-flow", "n_train": 1500, "floor": 0.002}
        rows.append(row(metric="rp", value=0.66 * (1 - eta) ** 2 + 0.01, **pair, **how))
        if eta:
            rows.append(row(metric="rp_shared", value=0.66 - 0.06 * eta, ceiling=0.97 - 0.1 * eta, **pair, **how))
    return rows


UPDATES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)
TIMES: dict[int, dict[int, tuple[int, int | None]]] = {
    128: {16: (100, 200), 64: (100, 1000), 256: (200, 5000), 1024: (200, None)},
    256: {16: (100, 100), 64: (100, 500), 256: (100, 2000), 1024: (200, 10000)},
}
"""Width -> N -> the two times."""


def dynamics_rows() -> Rows:
    rows: Rows = []
    for width, sizes in TIMES.items():
        name = f"mlp-{width}"
        for n, (gen, mem) in sizes.items():
            one = {"experiment": "dynamics", "a": name, "n_train": n, "width": width}
            for update in UPDATES:
                along = one | {"update": update}
                copied = 0.0 if mem is None else 0.9 / (1 + (2.5 * mem / update) ** 1.5)
                learned = 1 / (1 + (0.4 * gen / update) ** 2)
                e_gen, e_mem = 4.4 - (3.2 - 1.2 / math.log2(n)) * learned + 1.6 * copied, 4.3 - 1.5 * learned - copied
                rows += [
                    row(metric="memorized", value=copied, b="train", floor=0.0, **along),
                    row(metric="rp_optimum", value=0.9 * copied, b="optimum", **along),
                    row(metric="rp_teacher", value=0.7 * learned * (1 - copied) * n / (n + 100), b="teacher", **along),
                    row(metric="e_gen", value=e_gen, b="teacher", **along) | {"ci95": [e_gen - 0.1, e_gen + 0.1]},
                    row(metric="e_mem", value=e_mem, b="optimum", **along) | {"ci95": [e_mem - 0.1, e_mem + 0.1]},
                ]
                if width == 128:
                    pair = along | {"b": "mlp-256", "width": None}
                    rows.append(row(metric="rp", value=0.8 * learned * (1 - 0.3 * copied), floor=0.0, **pair))
            for metric, reached in (("generalization_time", gen), ("memorization_time", mem)):
                rows.append(time_row(metric, reached, **one))
    return rows


def time_row(metric: str, reached: int | None, **one: Any) -> dict[str, Any]:
    """Of one of the two times, its interval from the checkpoint before."""
    made = row(metric=metric, value=None, b="teacher" if metric == "generalization_time" else "train", **one)
    if reached is None:
        return made | {"note": f"not within {UPDATES[-1]} updates"}
    k = UPDATES.index(reached)
    return made | {"value": float(reached), "ci95": [UPDATES[k - 1] if k else 0, reached]}
