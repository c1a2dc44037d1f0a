"""Frameworks learn by heart: from four images, samples reach the empirical optimum's."""

import pytest
import torch

from samenoise import networks
from samenoise.data import digits
from samenoise.denoiser import NetworkDenoiser
from samenoise.features import Pixel
from samenoise.metrics import memorized, rp
from samenoise.noise import NoiseBank
from samenoise.oracle import Empirical
from samenoise.process import EDM, VE, VP, CosineVP, Flow
from samenoise.solver import generate
from samenoise.training.loop import Loop
from samenoise.training.objective import Matching
from samenoise.training.recipe import Recipe

SHAPE = (1, 8, 8)
ARCHITECTURES = {"mlp": (128, 1500), "unet": (16, 400)}
"""Width and updates."""
FRAMEWORKS = [(VP(), "v"), (CosineVP(), "v"), (VE(), "edm"), (EDM(), "edm"), (Flow(), "flow")]
CASES = [
    *(pytest.param("mlp", process, kind, id=f"mlp-{process.name}-{kind}") for process, kind in FRAMEWORKS),
    pytest.param("unet", EDM(), "edm", id="unet-edm-edm", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "process", "kind"), CASES)
def test_four_images_are_learnt_by_heart(name, process, kind):
    data, (width, updates) = digits().images[[0, 1, 2, 4]], ARCHITECTURES[name]
    recipe = Recipe(updates=updates, batch=64, lr=4e-3, warmup=20, ema=0.98)
    loop = Loop(networks.build(name, SHAPE, width), data, 3, Matching(process, kind), recipe)
    for _ in loop.train():
        pass
    network = networks.build(name, SHAPE, width)
    network.load_state_dict(loop.weights())
    bank, pixel, ids = NoiseBank(0, SHAPE), Pixel(data.mean(0)), torch.arange(64)

    def features(denoiser):
        images = next(iter(generate(denoiser, bank, ids, steps=18, batch_size=64))).images
        return pixel(images, ids, bank.hash)

    drawn = features(NetworkDenoiser(network.eval(), process, SHAPE, kind))
    assert memorized(drawn, pixel(data, torch.arange(4), "data")).score.value >= 0.8
    assert rp(drawn, features(Empirical(data, process))).value >= 0.8
