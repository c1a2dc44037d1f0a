"""The code that the page prints gives the scores again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from readings import DEFINITIONS

from samenoise.experiments.regimes.metrics import METRICS as REGIMES
from samenoise.experiments.solvers.metrics import METRICS as SOLVERS
from samenoise.experiments.splits.metrics import METRICS as SPLITS
from samenoise.lab.definitions import SETUP, SHARED


def test_the_printed_code_runs(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(0)
    train, heldout, a = (torch.rand(12, 1, 4, 4, generator=generator) * 2 - 1 for _ in range(3))
    b = torch.cat([a[:6], train[6:]])
    for name, images in (("a", a), ("b", b), ("g", a.flip(0))):
        save_file({"images": images, "ids": torch.arange(12)}, str(tmp_path / name))
    names: dict[str, Any] = {
        "path_a": str(tmp_path / "a"),
        "path_b": str(tmp_path / "b"),
        "path_g": str(tmp_path / "g"),
    }
    names |= {"train": train, "heldout": heldout, "sizes": [2, 4, 8], "widths": [1, 2], "floors": [0, 0, 0.02]}
    names["losses"] = torch.rand(4, 12, generator=generator).double()
    names["real_flags"] = np.random.default_rng(1).random((3, 40)) < 0.02
    flags = np.random.default_rng(0).random((3, 50)) < np.array([[0.9], [0.5], [0.1]])
    exec(SETUP, names)
    names |= {"updates": [1, 2, 4, 8], "generalized": [0, 0, 1, 1], "copied": [0, 0.12, 0.2, 0.9], "floor": 0.05}
    assert eval(DEFINITIONS["generalization_time"].code, names) == 4
    assert eval(DEFINITIONS["memorization_time"].code, names) == 4
    of_scores = {**SHARED, **REGIMES, **SPLITS, **SOLVERS}  # what the setup prepares; other rooms' code is their own
    for metric, definition in of_scores.items():
        names["flags"] = np.stack([flags, flags]) if metric.startswith("n50_per_doubling") else flags
        found = eval(definition.code.split("  #")[0], names)
        assert found.n > 0, metric
    assert eval(DEFINITIONS["rp"].code, names).value == 0.5
    assert eval(DEFINITIONS["memorized"].code, names).value == 0.0
