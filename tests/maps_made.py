"""A run directory with made-up maps: real digits, two sheets of 5 x 6 places and three generators."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from directories import build_run
from rows import row
from safetensors.numpy import save_file

COLUMNS, LINES, MARKED = 6, 5, [7, 10, 25]
ROWS = ("MLP, width 8", "MLP, width 16", "<b>optimum</b>")
SHEETS = ("N = 8", "N = 64")


def arrays() -> dict[str, Any]:
    """The third generator is missing on the second sheet."""
    from sklearn.datasets import load_digits

    digits = np.round(load_digits().images * 255 / 16).astype(np.uint8)
    rng, places = np.random.default_rng(0), COLUMNS * LINES
    chosen = rng.integers(len(digits), size=(len(SHEETS), len(ROWS), places))
    nearest = rng.integers(3, size=chosen.shape)
    nearest[..., MARKED] = np.arange(3)
    similarity = rng.uniform(0.1, 1, size=chosen.shape).astype(np.float32)
    similarity[..., MARKED] = 1
    images = digits[chosen][:, :, :, None]
    images[1, 2], nearest[1, 2], similarity[1, 2] = 0, -1, np.nan
    return {"images": images, "nearest": nearest, "similarity": similarity}


def build_maps(run_dir: Path) -> Path:
    """Write the run directory; it has one row, and the grid."""
    build_run(run_dir, [row("regimes", "rp", 0.5, "m", "w", 8)], curves=False)
    save_file(arrays(), str(run_dir / "maps.safetensors"))
    about = {
        "schema_version": 1,
        "feature": "pixel",
        "columns": COLUMNS,
        "marked": MARKED,
        "rows": [{"key": label, "label": label, "kind": "model"} for label in ROWS],
        "sheets": [{"label": label, "n_train": 8} for label in SHEETS],
    }
    (run_dir / "maps.json").write_text(json.dumps(about))
    return run_dir
