"""What CUDA must not change: noise, images, training; skipped where there is no GPU. `benchmarks/gpu/run.sh tests` runs
it too.

Kernels are told to be deterministic where bits are compared, and TF32 is off where the CPU is the reference: a product
of TF32 has three digits.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import yaml
from closed_forms import CLOSED_FORMS
from networks_made import SHAPE, inputs, stirred
from torch import Tensor

from samenoise.denoiser import NetworkDenoiser
from samenoise.generators.sampling import SampleCell
from samenoise.generators.trained import Trained
from samenoise.lab.agenda import Agenda
from samenoise.lab.presets import load
from samenoise.networks import build
from samenoise.noise import NoiseBank
from samenoise.oracle import Empirical
from samenoise.process import EDM, VP
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store
from samenoise.solver import SOLVERS, generate
from samenoise.training.loop import Loop
from samenoise.training.objective import Matching
from samenoise.training.recipe import Recipe

DEVICE = "cuda"
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")

ROUNDING = {"rtol": 0.0, "atol": 1e-4}
"""Of images: other batches differ by 1e-6 in float32, products of TF32 by 4e-4 and more."""
IMAGE_NETWORKS = ("unet", "ncsnpp", "dit", "uvit")
TINY = {
    "name": "tiny-cuda",
    "experiments": ["regimes"],
    "device": DEVICE,
    "network": {"name": "unet"},
    "data": {"held_out": 20},
    "widths": [8],
    "sizes": [12],
    "training": {"updates": 30, "batch": 16, "warmup": 5},
    "sampling": {"noises": 32, "batch": 32, "ceiling_batch": 12, "steps": 6},
    "shown": 4,
}


@pytest.fixture(autouse=True)
def _exact(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """float32 as on the CPU, and no kernel whose sums depend on who comes first."""
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    convolutions, products = torch.backends.cudnn, torch.backends.cuda.matmul
    before = convolutions.allow_tf32, products.allow_tf32
    convolutions.allow_tf32 = products.allow_tf32 = False
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)
    convolutions.allow_tf32, products.allow_tf32 = before


def images(n: int = 40) -> Tensor:
    return torch.rand(n, *SHAPE, generator=torch.Generator().manual_seed(0)) * 2 - 1


def loop(name: str = "unet", **recipe: object) -> Loop:
    how = {"updates": 12, "batch": 16, "warmup": 3, "ema": 0.1, **recipe}
    width = 8 if name == "unet" else 32
    made = build(name, SHAPE, width, seed=1)
    return Loop(made, images(), 7, Matching(EDM(), "edm"), Recipe(**how), DEVICE)  # type: ignore[arg-type]


def trained(one: Loop) -> Loop:
    for _ in one.train():
        pass
    return one


def test_noise_keeps_its_bits():
    bank = NoiseBank(3, (3, 16, 16))
    there = bank[:32].to(DEVICE)
    assert torch.equal(there.cpu(), bank[:32])
    # A batch begins at sigma(T) z: one product, rounded alike everywhere.
    assert torch.equal(VP().prior(there).cpu(), VP().prior(bank[:32]))


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
@pytest.mark.parametrize("form", list(CLOSED_FORMS))
def test_closed_forms_draw_what_the_cpu_draws(form, solver):
    denoiser = CLOSED_FORMS[form](EDM())
    bank = NoiseBank(0, denoiser.shape)
    here, there = (
        next(generate(denoiser, bank, range(32), solver=solver, device=device)).images for device in ("cpu", DEVICE)
    )
    assert there.device.type == DEVICE
    # Where an image is at the watershed of two, the flow enlarges rounding: nearly all are equal, and none is far off.
    gap = (here - there.cpu()).flatten(1).abs().amax(1)
    assert gap.median() < 1e-4
    assert gap.max() < 0.02


def test_an_optimum_with_its_images_on_the_device():
    y, sigma = images(300), torch.tensor(0.4, dtype=torch.float64)
    x = y[:20] + 0.4 * NoiseBank(1, SHAPE)[:20]
    here = Empirical(y, EDM(), chunk=128)(x, sigma)
    there = Empirical(y.to(DEVICE), EDM(), chunk=128)(x.to(DEVICE), sigma)
    torch.testing.assert_close(there.cpu(), here, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["mlp", *IMAGE_NETWORKS])
def test_networks_answer_as_on_the_cpu(name):
    network = stirred(name).eval()
    x, c_noise = inputs(6)
    with torch.no_grad():
        here = network(x, c_noise)
        there = network.to(DEVICE)(x.to(DEVICE), c_noise.to(DEVICE))
    torch.testing.assert_close(there.cpu(), here, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["unet", "dit"])
def test_images_of_a_network(name):
    """As the CPU's, the same bits again, and in other batches the same but for rounding."""
    network = stirred(name).eval()
    bank = NoiseBank(0, SHAPE)

    def draw(device: str, batch: int = 32) -> Tensor:
        denoiser = NetworkDenoiser(network.to(device), EDM(), SHAPE)
        return torch.cat([b.images.cpu() for b in generate(denoiser, bank, range(32), device=device, batch_size=batch)])

    here, there = draw("cpu"), draw(DEVICE)
    torch.testing.assert_close(there, here, **ROUNDING)
    assert torch.equal(there, draw(DEVICE))
    torch.testing.assert_close(draw(DEVICE, batch=7), there, **ROUNDING)


@pytest.mark.parametrize(
    "how",
    [{}, {"name": "dit"}, {"precision": "bf16"}, {"precision": "fp16"}, {"channels_last": True}, {"accumulate": 2}],
    ids=["unet", "dit", "bf16", "fp16", "channels-last", "parts"],
)
def test_resuming_is_bit_for_bit(how):
    undisturbed, first, second = trained(loop(**how)), loop(**how), loop(**how)
    for _ in first.train():
        if first.update == 5:
            break
    second.restore({name: value.clone() for name, value in first.tensors().items()})
    resumed = trained(second).tensors()
    assert undisturbed.device.type == DEVICE
    for name, value in undisturbed.tensors().items():
        assert torch.equal(value, resumed[name]), name


def test_bf16_trains():
    """To tell the noise from a black image, as in float32, with weights that stay float32."""
    black = torch.full((16, *SHAPE), -1.0)

    def fifty(precision: str) -> Loop:
        recipe = Recipe(updates=50, batch=16, lr=3e-3, warmup=1, schedule="constant", precision=precision)
        return trained(Loop(build("unet", SHAPE, 8, seed=1), black, 7, Matching(VP(), "eps"), recipe, DEVICE))

    half, full = fifty("bf16"), fifty("fp32")
    assert {value.dtype for value in half.weights().values()} == {torch.float32}
    assert half.loss < 0.5  # a network that answers 0 has 1
    assert half.loss == pytest.approx(full.loss, rel=0.2)
    assert half.loss != full.loss


def test_training_is_that_of_the_cpu():
    """With SGD: Adam makes steps of any gradient, also of those that are zero but for rounding.

    Both in one process: that a model was trained on the CPU must not keep the next one from the GPU."""
    how = {"updates": 8, "optimizer": "sgd", "lr": 0.05}
    made = build("unet", SHAPE, 8, seed=1)
    here = trained(Loop(made, images(), 7, Matching(EDM(), "edm"), Recipe(batch=16, warmup=3, ema=0.1, **how), "cpu"))
    there = trained(loop(**how))
    assert (here.device.type, there.device.type) == ("cpu", DEVICE)
    found = there.weights()
    for name, value in here.weights().items():
        torch.testing.assert_close(
            found[name], value, rtol=1e-3, atol=1e-4, msg=lambda text, name=name: f"{name}: {text}"
        )


def samenoise_run(folder: Path) -> Path:
    (folder / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    command = [sys.executable, "-m", "samenoise", "run", "tiny.yaml", "--out", "out", "--workers", "2"]
    subprocess.run(command, cwd=folder, check=True, env={**os.environ, "CUBLAS_WORKSPACE_CONFIG": ":4096:8"})
    return folder / "out"


def test_a_whole_run(tmp_path):
    """`samenoise run` on the device; what it stored is what its network draws on the CPU."""
    out = samenoise_run(tmp_path)
    assert json.loads((out / "manifest.json").read_text())["machine"]["device"] == DEVICE
    assert "gl" in {row["metric"] for row in json.loads((out / "scores.json").read_text())["scores"]}
    store, config = Store(out), load(str(tmp_path / "tiny.yaml"))
    sampled = [cell for cell in in_order(Agenda(config).cells) if isinstance(cell, SampleCell)]
    drawn = [cell for cell in sampled if isinstance(cell.generator, Trained)]
    assert drawn
    for cell in drawn:
        assert cell.device == DEVICE
        denoiser, spec, stored = cell.generator.denoiser(store, "cpu"), cell.sampling, cell.load(store)
        here = [b.images for b in generate(denoiser, NoiseBank(spec.bank_seed, SHAPE), stored.ids, steps=spec.steps)]
        torch.testing.assert_close(stored.images, torch.cat(here), **ROUNDING)
