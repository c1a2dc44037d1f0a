"""Every architecture under every framework learns by heart: samples reach the empirical optimum's.

The images are far apart, smooth, and of the standard deviation that EDM expects: quick to learn, and which of them a
noise belongs to is plain. Predicting the noise (eps) takes longest, for at large sigma / alpha the image is a small
part of what the network says.
"""

import pytest
import torch

from samenoise import networks
from samenoise.denoiser import NetworkDenoiser
from samenoise.features import Pixel
from samenoise.metrics import memorized, rp
from samenoise.noise import NoiseBank
from samenoise.oracle import Empirical
from samenoise.process import EDM, VE, VP, CosineVP, Flow, SubVP
from samenoise.solver import generate
from samenoise.training.loop import Loop
from samenoise.training.objective import Matching
from samenoise.training.recipe import Recipe

SHAPE = (1, 8, 8)
ARCHITECTURES = {  # width, batch, learning rate, updates, updates for eps
    "mlp": (128, 64, 3e-3, 3000, 6000),
    "unet": (8, 32, 8e-3, 1200, 3600),
    "ncsnpp": (16, 32, 6e-3, 1500, 2800),
    "dit": (32, 32, 6e-3, 4000, 6000),
    "uvit": (32, 32, 4e-3, 4000, 6000),
}
FRAMEWORKS = [
    (VP(), "v"),
    (VP(), "eps"),
    (CosineVP(), "v"),
    (SubVP(), "v"),
    (VE(), "edm"),
    (EDM(), "edm"),
    (Flow(), "flow"),
]
QUICK = {("mlp", "edm"): 1500, ("mlp", "flow"): 1500}
"""Those that every run of the tests trains, and as many updates as are enough."""
OF_IMAGES = [("unet", "vp"), ("ncsnpp", "edm"), ("dit", "vp"), ("uvit", "edm")]
"""Image networks, each under one process: a network is not told the process, only inputs and levels."""
CASES = [
    pytest.param(
        name,
        process,
        kind,
        id=f"{name}-{process.name}-{kind}",
        marks=[] if (name, process.name) in QUICK else pytest.mark.slow,
    )
    for name in ARCHITECTURES
    for process, kind in FRAMEWORKS
    if name == "mlp" or ((name, process.name) in OF_IMAGES and kind != "eps")
]


@pytest.fixture(autouse=True)
def one_thread():
    """Such small networks lose by more, and slow tests run beside each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def four_images():
    """Bright on the left, above, below, and in two opposite corners: +-0.5, shape ``(4, 1, 8, 8)``."""
    half = torch.tensor([1.0, -1.0]).repeat_interleave(4)
    across, down = half.expand(8, 8), half[:, None].expand(8, 8)
    return torch.stack([across, down, -down, across * down])[:, None] / 2


@pytest.mark.parametrize(("name", "process", "kind"), CASES)
def test_four_images_are_learnt_by_heart(name, process, kind):
    data, (width, batch, lr, updates, updates_of_eps) = four_images(), ARCHITECTURES[name]
    updates = QUICK.get((name, process.name), updates_of_eps if kind == "eps" else updates)
    recipe = Recipe(updates=updates, batch=batch, lr=lr, warmup=20, ema=0.1)
    loop = Loop(networks.build(name, SHAPE, width), data, 3, Matching(process, kind), recipe)
    for _ in loop.train():
        pass
    network = networks.build(name, SHAPE, width)
    network.load_state_dict(loop.weights())
    bank, pixel, ids = NoiseBank(0, SHAPE), Pixel(data.mean(0)), torch.arange(256)

    def features(denoiser):
        images = next(iter(generate(denoiser, bank, ids, steps=18, batch_size=256))).images
        return pixel(images, ids, bank.hash)

    drawn = features(NetworkDenoiser(network.eval(), process, SHAPE, kind))
    reached = memorized(drawn, pixel(data, torch.arange(4), "data")).score.value
    reproduced = rp(drawn, features(Empirical(data, process))).value
    assert reached >= 0.8
    assert reproduced >= 0.8
