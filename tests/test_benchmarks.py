"""The benchmarks run, compare what they say they compare, and the GPU's command says where it has none."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
import torch

from samenoise.lab.presets import load

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


@pytest.mark.parametrize("name", ["samenoise", "diffusers", "tuned"])
def test_what_is_timed_learns(name, monkeypatch):
    """To tell the noise from a black image, 50 updates far: from a loss of about 1, as the network begins at 0."""
    bench = script("bench_training.py", monkeypatch)
    monkeypatch.setattr(bench, "WARMUP", 1)
    monkeypatch.setattr(bench, "LR", 3e-3)
    torch.manual_seed(0)
    network, images = bench.build("unet", TINY["shape"], 8), torch.full((16, *TINY["shape"]), -1.0)
    how = {"batch": 16, "device": "cpu", "precision": "fp32"}
    if name == "samenoise":
        training = bench.ours(network, images, **how)
    else:
        training = bench.plain(network.model, images, tuned=name == "tuned", **how)
    last = [next(training) for _ in range(50)][-1]
    assert float(last.loss if name == "samenoise" else last) < 0.5


@pytest.mark.parametrize(("network", "width"), [("unet", 8), ("mlp", 16), ("uvit", 16)])
def test_sampling_counts_the_same_calls(network, width, monkeypatch):
    """Heun takes two calls a step and one in the last; the bare ones are as many, of the same shape."""
    bench = script("bench_sampling.py", monkeypatch)
    made, seen = bench.build, []

    def watched(*args):
        network = made(*args)
        network.register_forward_pre_hook(lambda module, inputs: seen.append((*inputs[0].shape, len(inputs[1]))))
        return network

    monkeypatch.setattr(bench, "build", watched)
    found = bench.measure(network, width=width, steps=3, precision="fp32", **TINY)
    assert found["nfe"] == 5
    # One draw to count the calls, then a round to warm up and two that count, of both.
    assert seen == [(4, 1, 8, 8, 4)] * (5 + 3 * 2 * 5)
    over = found["overhead_percent"]
    assert -100 < over["min"] <= over["median"] <= over["max"]
    assert found["images_a_second"] == pytest.approx(4 / found["seconds_a_batch"]["generate"])


@pytest.mark.parametrize(("solver", "nfe"), [("ddim", 3), ("heun", 5)])
def test_posterior_sampling_is_timed_beside_its_bound(solver, nfe, monkeypatch):
    """The bound differentiates one call in each step and makes the others plainly, as DPS does."""
    bench = script("bench_posterior.py", monkeypatch)
    made, seen = bench.build, []

    def watched(*args):
        network = made(*args)
        network.register_forward_pre_hook(lambda module, inputs: seen.append(torch.is_grad_enabled()))
        return network

    monkeypatch.setattr(bench, "build", watched)
    found = bench.measure("mlp", width=16, solver=solver, steps=3, **TINY)
    assert (found["nfe"], found["backward"]) == (nfe, 3)
    # Two draws to count the calls, plain and guided; then a round to warm up and two that count, of all three.
    plain = nfe * [False]
    rounds = seen[2 * nfe :]
    assert seen[:nfe] == plain
    assert len(rounds) == 3 * 3 * nfe
    assert sum(rounds) == 3 * 2 * 3, "in each round, three differentiated calls of dps and three of the bound"
    for other in ("plain", "bound"):
        ratio = found[f"ratio_to_{other}"]
        assert 0 < ratio["min"] <= ratio["median"] <= ratio["max"]
    json.dumps(found)


def test_distance_from_the_posterior_falls_and_rises_with_zeta(monkeypatch):
    bench = script("bench_zeta.py", monkeypatch)
    found = bench.accuracy("edm", "blur", [18], [0.0, 2.0, 30.0], images=2, noises=24)
    assert list(found) == ["18 dps 0", "18 dps 2", "18 dps 30", "18 ddnm"]
    assert found["18 dps 0"].mean == pytest.approx(1, abs=0.25), "the prior's own"
    assert found["18 dps 0"].spread > 2
    for name in ("18 dps 2", "18 ddnm"):
        assert found[name].flow < 0.6 * min(found["18 dps 0"].flow, found["18 dps 30"].flow)
        assert found[name].mean < 0.8


def test_rounds_are_paired_and_turns_change(monkeypatch):
    bench = script("bench_training.py", monkeypatch)
    order = []
    times = bench.side_by_side({name: lambda name=name: order.append(name) for name in "ab"}, 3, "cpu")
    assert "".join(order) == "abbaabba"
    assert [len(taken) for taken in times.values()] == [3, 3]
    assert bench.ratios([1.0, 3.0, 8.0], [1.0, 1.0, 2.0]) == {"median": 3.0, "min": 1.0, "max": 4.0}


def test_the_speed_of_a_gpu_rehearsed(tmp_path, monkeypatch):
    speed = script("gpu/speed.py", monkeypatch)
    monkeypatch.setattr(sys, "argv", ["speed.py", "--out", str(tmp_path), "--device", "cpu", "--tiny"])
    speed.main()
    found = {name: json.loads((tmp_path / f"{name}.json").read_text()) for name in ("training", "sampling", "optimum")}
    assert [len(rows) for rows in found.values()] == [2, 2, 1]
    assert not [row for rows in found.values() for row in rows if "error" in row]
    assert found["optimum"][0]["largest_difference_from_cpu"] < 1e-4
    assert [row["network"] for row in found["training"]] == ["unet", "dit"]


def test_a_case_that_fails_leaves_the_others(tmp_path, monkeypatch):
    speed = script("gpu/speed.py", monkeypatch)
    monkeypatch.setattr(speed, "TINY", [("unet", (1, 8, 8), 9, 4, "fp32"), speed.TINY[1]])
    monkeypatch.setattr(sys, "argv", ["speed.py", "--out", str(tmp_path), "--device", "cpu", "--tiny"])
    speed.main()
    first, second = json.loads((tmp_path / "sampling.json").read_text())
    assert "multiple of 8, got 9" in first["error"]
    assert second["images_a_second"] > 0


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
@pytest.mark.parametrize("parts", [[], ["speed"]])
def test_without_a_gpu_everything_is_skipped_and_said(parts, tmp_path):
    command = ["bash", str(BENCHMARKS / "gpu" / "run.sh"), *parts]
    env = {**os.environ, "OUT": str(tmp_path / "out"), "PYTHON": sys.executable}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out" / "run.json").read_text())
    assert found["gpu"] is False
    assert list(found["parts"]) == (parts or ["tests", "speed", "fashion"])
    assert {part["state"] for part in found["parts"].values()} == {"skipped"}
    assert "no CUDA device" in found["parts"]["speed"]["why"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["run.json"]
    for name in found["parts"]:
        assert f"{name}: skipped (torch finds no CUDA device)" in done.stdout


def test_a_part_that_outlasts_its_time_is_interrupted_first(tmp_path, monkeypatch):
    """With SIGINT, which `samenoise run` answers by keeping what is finished; then it is killed."""
    run = script("gpu/run.py", monkeypatch)
    polite = (
        "import pathlib, signal, time\n"
        "signal.signal(signal.SIGINT, lambda *_: (pathlib.Path('kept').touch(), exit(130)))\n"
        "pathlib.Path('there').touch()\n"
        "time.sleep(60)"
    )
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "GRACE", 5.0)
    assert run.timed([sys.executable, "-c", polite], 5.0) is None
    assert (tmp_path / "kept").exists()
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"
    monkeypatch.setattr(run, "GRACE", 0.2)
    started = time.monotonic()
    assert run.timed([sys.executable, "-c", deaf], 2.0) is None
    assert time.monotonic() - started < 20
    assert run.timed([sys.executable, "-c", "exit(3)"], 60) == 3


def test_outcomes_of_tests(tmp_path, monkeypatch):
    run = script("gpu/run.py", monkeypatch)
    (tmp_path / "report.xml").write_text(
        "<testsuites><testsuite><testcase name='a' time='0.5'/><testcase name='b' time='1'>"
        "<failure message='not equal'>...</failure></testcase></testsuite></testsuites>"
    )
    assert run.outcomes(tmp_path / "report.xml") == [
        {"test": "a", "seconds": 0.5, "outcome": "passed"},
        {"test": "b", "seconds": 1.0, "outcome": "failure", "message": "not equal"},
    ]


def test_fashion_goes_on_and_hands_out_three_files(tmp_path, monkeypatch):
    run = script("gpu/run.py", monkeypatch)
    args = argparse.Namespace(run=str(tmp_path / "run"), data=str(tmp_path))
    out, store = tmp_path / "out", tmp_path / "run"
    out.mkdir()

    def cut_short(command, limit):
        assert command[command.index("--out") + 1] == str(store)
        (store / "report" / "figures").mkdir(parents=True)

    monkeypatch.setattr(run, "timed", cut_short)
    assert run.fashion(out, 60.0, args)["state"] == "unfinished"

    def rest(command, limit):
        for name in ("scores.json", "manifest.json", "report/figures/v.png"):
            (store / name).write_text("{}")
        return 0

    monkeypatch.setattr(run, "timed", rest)
    assert run.fashion(out, 60.0, args) == {"state": "done"}
    assert sorted(path.name for path in out.iterdir()) == [
        "fashion-figures.json",
        "fashion-manifest.json",
        "fashion-scores.json",
    ]
    assert json.loads((out / "fashion-figures.json").read_text()) == ["v.png"]


def test_fashion_says_where_its_data_is_missing(tmp_path, monkeypatch):
    run = script("gpu/run.py", monkeypatch)
    found = run.fashion(tmp_path, 60.0, argparse.Namespace(run="runs/x", data=str(tmp_path / "none")))
    assert found["state"] == "skipped"
    assert "none" in str(found["why"])


def test_the_overrides_of_fashion_are_a_config(monkeypatch):
    run = script("gpu/run.py", monkeypatch)
    config = load("fashion-regimes", list(run.FASHION), device="cuda")
    common = config.common
    assert (common.data.size, common.widths, common.training.precision) == (28, (24, 32), "bf16")


def test_one_pass_over_similarities_beside_four(monkeypatch, capsys):
    bench = script("bench_scores.py", monkeypatch)
    argv = ["bench_scores.py", "--noises", "64", "--features", "8", "--rounds", "2", "--threads", "1", "--json"]
    monkeypatch.setattr(sys, "argv", argv)
    threads = torch.get_num_threads()
    bench.main()
    torch.set_num_threads(threads)
    found = json.loads(capsys.readouterr().out)
    assert found["apart_over_one_pass"]["min"] > 0
    monkeypatch.setattr(bench, "apart", lambda a, b: bench.one_pass(a, b)._replace(threshold=2.0))
    with pytest.raises(SystemExit, match="not give the same numbers"):
        bench.main()


def test_the_search_beside_faiss(tmp_path, monkeypatch):
    """Both find the same in the same files; that they do not would be said."""
    faiss = pytest.importorskip("faiss", reason="faiss-cpu is not installed")
    bench = script("bench_search.py", monkeypatch)
    bench.write(tmp_path, queries=20, rows=70, features=8, shards=3)
    assert [len(shard) for shard in bench.shards(tmp_path)] == [23, 23, 24]
    for way in bench.WAYS:
        bench.search(way, tmp_path, torch.get_num_threads())
    assert bench.same(tmp_path) < 1e-6
    index = faiss.IndexFlatIP(8)
    index.add(torch.cat(list(bench.shards(tmp_path))).numpy())
    best, row = index.search(bench.read(tmp_path / "queries.safetensors").numpy(), 1)
    assert bench.by_samenoise(tmp_path)[1].tolist() == row[:, 0].tolist()
    monkeypatch.setitem(bench.SEARCHES, "faiss", lambda folder: (best[:, 0] + 0.1, row[:, 0]))
    bench.search("faiss", tmp_path, torch.get_num_threads())
    with pytest.raises(SystemExit, match="do not find the same"):
        bench.same(tmp_path)
