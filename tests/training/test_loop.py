"""The loop: equal to a plain one, whatever the parts or processes; exact resume; every setting has its effect."""

import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from average import power
from safetensors.torch import load_file

from samenoise import networks
from samenoise.process import EDM, VP
from samenoise.training.loop import Loop
from samenoise.training.loss import task
from samenoise.training.objective import Matching
from samenoise.training.order import draws
from samenoise.training.recipe import DivergedError, Recipe

SHAPE = (1, 8, 8)
FEW = {"updates": 12, "batch": 16, "warmup": 3, "ema": 0.1}


def images(n: int = 10) -> torch.Tensor:
    return torch.rand(n, *SHAPE, generator=torch.Generator().manual_seed(0)) * 2 - 1


def loop(objective=None, name="uvit", width=16, **recipe) -> Loop:
    return Loop(
        networks.build(name, SHAPE, width, seed=1),
        images(),
        seed=7,
        objective=objective or Matching(EDM(), "edm"),
        recipe=Recipe(**{**FEW, **recipe}),
        name="the test's network",
    )


def run(trained: Loop) -> Loop:
    for _ in trained.train():
        pass
    return trained


def close(a: dict, b: dict, **tolerance) -> None:
    for name in a:
        torch.testing.assert_close(a[name], b[name], msg=lambda text, name=name: f"{name}: {text}", **tolerance)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_it_is_the_plain_loop(optimizer, schedule):
    """Written without the package's recipe, optimizer and loop."""
    decay = 0.0 if optimizer == "adam" else 0.3
    lr, updates, warmup = (0.05 if optimizer == "sgd" else 2e-3), FEW["updates"], FEW["warmup"]
    found = run(loop(optimizer=optimizer, schedule=schedule, weight_decay=decay, lr=lr))

    network, data, process = networks.build("uvit", SHAPE, 16, seed=1), images(), EDM()
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}[optimizer]
    more = {"momentum": 0.9} if optimizer == "sgd" else {}
    plain = kind(network.parameters(), lr=lr, weight_decay=decay, **more)
    average = {name: p.detach().clone() for name, p in network.named_parameters()}
    for k in range(updates):
        fraction = (1 + math.cos(math.pi * k / updates)) / 2 if schedule == "cosine" else 1
        plain.param_groups[0]["lr"] = lr * min(1, (k + 1) / warmup) * fraction
        drawn = draws(7, k, FEW["batch"], SHAPE)
        x0 = data[(drawn.image * len(data)).long()]
        seen = task(x0, drawn.z, process.training_time(drawn.time), process, "edm")
        loss = torch.nn.functional.mse_loss(network(seen.x, seen.c_noise), seen.target)
        plain.zero_grad()
        loss.backward()
        plain.step()
        weight = (k / (k + 1)) ** (power(0.1) + 1)
        for name, p in network.named_parameters():
            average[name] = weight * average[name] + (1 - weight) * p.detach()
    close(found.weights(), average, rtol=1e-4, atol=2e-6)
    assert found.loss == pytest.approx(float(loss.detach()), rel=1e-4)


@pytest.mark.parametrize("setting", [{"accumulate": 4}, {"channels_last": True}])
def test_how_it_is_computed_changes_only_the_rounding(setting):
    # With SGD: Adam makes steps of any gradient, also of those that are zero but for rounding.
    how = {"name": "unet", "width": 8} if "channels_last" in setting else {}
    how |= {"optimizer": "sgd", "lr": 0.05}
    close(run(loop(**how, **setting)).weights(), run(loop(**how)).weights(), rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize(
    "setting",
    [
        {},
        {"optimizer": "sgd"},
        {"precision": "bf16"},
        {"accumulate": 2, "clip": 0.1},
        {"channels_last": True, "name": "unet", "width": 8},
    ],
    ids=["adam", "sgd", "bf16", "parts", "channels-last"],
)
def test_resuming_is_bit_for_bit(setting):
    undisturbed = run(loop(**setting))
    first = loop(**setting)
    for _ in first.train():
        if first.update == 5:
            break
    kept = {name: value.clone() for name, value in first.tensors().items()}
    second = loop(**setting)
    second.restore(kept)
    assert second.update == 5
    resumed = run(second)
    for name, value in undisturbed.tensors().items():
        assert torch.equal(value, resumed.tensors()[name]), name


def test_bf16_computes_in_bf16_and_keeps_weights_in_float32():
    half, full = run(loop(precision="bf16")), run(loop())
    assert {value.dtype for value in half.weights().values()} == {torch.float32}
    difference = max(float((half.weights()[k] - full.weights()[k]).abs().max()) for k in full.weights())
    assert 1e-5 < difference < 0.02


def test_clipping_bounds_the_step():
    """With SGD without momentum in its first update, the step is lr times the gradient."""
    before = networks.build("uvit", SHAPE, 16, seed=1).state_dict()

    def length(clip):
        one = loop(updates=1, warmup=0, schedule="constant", optimizer="sgd", lr=1.0, clip=clip)
        run(one)
        moved = [p.detach() - before[name] for name, p in one.params.items()]
        return math.sqrt(sum(float(m.square().sum()) for m in moved))

    assert length(None) > 0.2
    assert length(0.01) == pytest.approx(0.01, rel=1e-3)


def test_the_global_generator_is_left_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    run(loop(updates=2))
    assert torch.equal(before, torch.get_rng_state())


def test_divergence_names_the_network():
    with pytest.raises(DivergedError, match=r"the test's network diverged.*training\.lr"):
        run(loop(lr=1e30, updates=60, optimizer="sgd"))


def test_a_batch_that_cannot_be_cut_is_refused():
    with pytest.raises(ValueError, match=r"training\.batch \(16\).*accumulate \(3\)"):
        loop(accumulate=3)


def test_weightings_by_their_formulas():
    """min-SNR and unit weight of the x_0 error, from alpha and sigma of VP written out."""
    u = torch.tensor([0.05, 0.3, 0.6, 0.95], dtype=torch.float64)
    x0, z = images(4), torch.randn(4, *SHAPE, generator=torch.Generator().manual_seed(2))
    answer = torch.full((4, *SHAPE), 0.3)
    t = 1e-5 + (1 - 1e-5) * u
    alpha = torch.exp(-0.25 * t**2 * 19.9 - 0.05 * t)
    sigma = torch.sqrt(1 - alpha**2)
    a, s = (v.float()[:, None, None, None] for v in (alpha, sigma))
    estimate = (a * x0 + s * z - s * answer) / a  # the network answers eps = 0.3
    error = (estimate - x0).square().flatten(1).mean(1)
    snr = (alpha / sigma).square().float()

    def network(x, c_noise, cond):
        return answer

    for weighting, expected in (
        ("usual", (answer - z).square().flatten(1).mean(1)),
        ("x0", error),
        ("min-snr", error * snr.clamp(max=5)),
    ):
        found = Matching(VP(), "eps", weighting=weighting)(network, x0, z, u, 0)
        torch.testing.assert_close(found, expected, rtol=2e-4, atol=1e-6)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile wants a C++ compiler on the CPU")
def test_compiling_changes_only_the_rounding():
    how = {"optimizer": "sgd", "lr": 0.05}
    close(run(loop(compile=True, **how)).weights(), run(loop(**how)).weights(), rtol=1e-3, atol=1e-4)


CONFIG = """
name: two
experiments: [regimes]
network: {name: uvit}
widths: [16]
sizes: [12]
data: {held_out: 20}
training: {updates: 30, batch: 16, warmup: 5, accumulate: 2}
sampling: {noises: 16, batch: 16, ceiling_batch: 8, steps: 4}
"""


def train(folder, *launcher: str) -> dict:
    (folder / "two.yaml").write_text(CONFIG)
    command = ["train", "two.yaml", "--model", "uvit-16", "--out", "out"]
    done = subprocess.run(
        [sys.executable, "-m", *launcher, "samenoise", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (weights,) = folder.glob("out/models/*/0/*.safetensors")
    return {"weights": load_file(weights), "cell": weights.parent.parent.name, "stdout": done.stdout}


SHARED = """
import sys, torch
from accelerate import PartialState
from safetensors.torch import save_file
from test_loop import loop, run

torch.set_num_threads(1)
state = PartialState(cpu=True)
how = {"accumulate": 4, "clip": 0.5, "optimizer": "adamw", "weight_decay": 0.1}
first = loop(**how)
for _ in first.train():
    if first.update == 5:
        break
kept = first.agreed({name: value.clone() for name, value in first.tensors().items()} if state.is_main_process else None)
second = loop(**how)
second.restore(kept)
save_file(run(second).tensors(), f"{sys.argv[1]}-{state.process_index}")
"""


@pytest.mark.slow
def test_processes_go_on_from_a_checkpoint_to_the_bits_of_one_process(tmp_path, monkeypatch):
    (tmp_path / "shared.py").write_text(SHARED)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*filter(None, sys.path), str(Path(__file__).parent)]))
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    subprocess.run([*launcher, str(tmp_path / "shared.py"), str(tmp_path / "two")], check=True, timeout=120)
    one = run(loop(accumulate=4, clip=0.5, optimizer="adamw", weight_decay=0.1)).tensors()
    for rank in (0, 1):
        two = load_file(tmp_path / f"two-{rank}")
        for name, value in one.items():
            assert torch.equal(value, two[name]), name


@pytest.mark.slow
def test_two_processes_equal_one(tmp_path):
    """Bit for bit, for they share the parts of a batch; one result under one name in the store."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = train(tmp_path / "one")
    two = train(tmp_path / "two", "torch.distributed.run", "--nproc_per_node", "2", "--master_port", "29617", "-m")
    assert one["cell"] == two["cell"]
    assert two["stdout"].count("model: ") == 1
    for name, value in one["weights"].items():
        assert torch.equal(value, two["weights"][name]), name
    untrained = networks.build("uvit", SHAPE, 16).state_dict()
    assert not torch.allclose(one["weights"]["embed.weight"], untrained["embed.weight"], atol=1e-2)
