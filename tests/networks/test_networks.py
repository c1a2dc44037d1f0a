"""What every network promises, and the sizes of each."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
import torch
from networks_made import NARROW, SHALLOW, SHAPE, inputs, stirred
from torch import Tensor

from samenoise.data import digits
from samenoise.networks import NETWORKS, build, from_config
from samenoise.networks.base import timestep
from samenoise.networks.patches import head_size, patch_size
from samenoise.process import EDM
from samenoise.training.loss import task

every = pytest.mark.parametrize("name", NETWORKS)


@every
@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 16, 16), (3, 32, 32), (1, 28, 28), (3, 64, 64)], ids=str)
def test_predictions_have_the_shape_of_images(name: str, shape: tuple[int, ...]) -> None:
    x, c_noise = inputs(2, shape)
    with torch.no_grad():
        out = stirred(name, shape)(x, c_noise)
    assert out.shape == x.shape
    assert bool(out.isfinite().all())


@pytest.mark.parametrize("name", ["mlp", "unet", "ncsnpp", "uvit"])
def test_images_need_not_be_square(name: str) -> None:
    x, c_noise = inputs(2, (3, 8, 12))
    assert stirred(name, (3, 8, 12))(x, c_noise).shape == x.shape


@every
def test_weights_are_a_function_of_the_seed(name: str) -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    one = build(name, SHAPE, NARROW[name], seed=3).state_dict()
    assert torch.equal(torch.get_rng_state(), before), "the global generator moved"
    torch.manual_seed(1)
    same, other = (build(name, SHAPE, NARROW[name], seed=seed).state_dict() for seed in (3, 4))
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert any(not torch.equal(one[key], other[key]) for key in one)
    shallow, another = (build(name, SHAPE, NARROW[name], SHALLOW[name], seed).state_dict() for seed in (3, 4))
    assert any(not torch.equal(shallow[key], another[key]) for key in shallow)


@every
def test_predictions_are_a_function_of_their_inputs(name: str) -> None:
    """Bit for bit, in training as in evaluation, and without a draw from the global generator."""
    network, (x, c_noise) = stirred(name), inputs(4)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    trained = network.train()(x, c_noise)
    assert torch.equal(network(x, c_noise), trained)
    assert torch.equal(network.eval()(x, c_noise), trained)
    assert torch.equal(torch.get_rng_state(), before)


@every
def test_an_image_does_not_see_its_batch(name: str) -> None:
    network, (x, c_noise) = stirred(name).eval(), inputs(5)
    together = network(x, c_noise)
    atol = 1e-5 * float(together.detach().abs().max())
    for k in range(5):
        alone = network(x[k : k + 1], c_noise[k : k + 1])
        torch.testing.assert_close(alone[0], together[k], rtol=0, atol=atol)


@every
def test_noise_level_and_every_pixel_matter(name: str) -> None:
    """Neighbouring noise levels differ too: none is rounded to a whole timestep."""
    network, (x, _) = stirred(name).eval(), inputs(1)
    x.requires_grad_()
    levels = [network(x, torch.tensor([c])) for c in (-2.5, -1.0, 0.0, 1.0, 2.5)]
    outs = [out.detach() for out in (*levels, network(x, torch.tensor([0.001])))]
    assert min(float((a - b).abs().max()) for i, a in enumerate(outs) for b in outs[:i]) > 1e-4
    (gradient,) = torch.autograd.grad(levels[2].square().sum(), x)
    assert bool((gradient != 0).all())


@every
def test_every_weight_is_trained(name: str) -> None:
    """But for the row of the table of labels that no image has, the fixed Fourier frequencies, and the bias of an
    attention's keys: it adds the same to all logits of a query, so its gradient is rounding alone."""
    network, (x, c_noise) = stirred(name), inputs(4)
    network(x, c_noise).square().sum().backward()
    for key, p in network.named_parameters():
        if key == "model.time_proj.weight":
            assert not p.requires_grad
        elif not key.endswith("to_k.bias"):
            assert p.grad is not None, key
            assert bool((p.grad[-1] != 0).any()), key


@every
def test_one_batch_is_learnt(name: str) -> None:
    x0, u = digits().images[:16], torch.linspace(0.05, 0.95, 16, dtype=torch.float64)
    z = torch.randn(16, *SHAPE, generator=torch.Generator().manual_seed(0))
    x, c_noise, target = task(x0, z, EDM().training_time(u), EDM(), "edm")
    network = build(name, SHAPE, NARROW[name])
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    losses = []
    for _ in range(60):
        loss = (network(x, c_noise.float()) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0], losses


@every
def test_config_builds_the_same_network(name: str) -> None:
    network = build(name, (3, 16, 16), NARROW[name], SHALLOW[name])
    again = from_config(network.config())
    assert network.config() == again.config()
    assert network.config() == {"name": name, "shape": [3, 16, 16], "width": NARROW[name], "depth": SHALLOW[name]}
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))


def mlp_count(size: int, width: int, blocks: int) -> int:
    features = 2 * 12 + 1
    return (size + features) * width + features * blocks * width + 2 * blocks * width**2 + width * size


def uvit_count(shape: tuple[int, int, int], patch: int, width: int, depth: int) -> int:
    channels, height, across = shape
    pixels, tokens = channels * patch**2, height * across // patch**2 + 1
    block = 12 * width**2 + (4 + 1 + 5) * width  # q, k, v, out, MLP; norms, bias of out, of the MLP
    joins = depth // 2 * (2 * width**2 + width)
    ends = (pixels + 1) * width + tokens * width + 2 * width + (width + 1) * pixels
    return ends + depth * block + joins + (9 * channels + 1) * channels


@pytest.mark.parametrize(
    ("name", "shape", "width", "depth", "count"),
    [
        ("mlp", (1, 8, 8), 128, 3, mlp_count(64, 128, 3)),
        ("uvit", (1, 8, 8), 64, 5, uvit_count((1, 8, 8), 2, 64, 5)),
        ("uvit", (3, 64, 64), 48, 3, uvit_count((3, 64, 64), 4, 48, 3)),
        ("unet", (1, 8, 8), 8, 1, 45_401),
        ("unet", (3, 32, 32), 64, 2, 9_910_659),
        ("ncsnpp", (1, 8, 8), 8, 1, 46_790),
        ("ncsnpp", (3, 32, 32), 64, 2, 9_694_668),
        ("dit", (1, 8, 8), 32, 4, 115_428),
        ("dit", (3, 32, 32), 96, 6, 1_230_060),
    ],
)
def test_parameter_counts(name: str, shape: tuple[int, ...], width: int, depth: int, count: int) -> None:
    network = build(name, shape, width, depth)
    assert network.parameters_count == count
    assert network.parameters_count == sum(p.numel() for p in network.parameters() if p.requires_grad)


def test_dit_starts_at_zero_and_never_sees_a_label() -> None:
    network, (x, c_noise) = build("dit", SHAPE, 32), inputs(3)
    assert not network(x, c_noise).any()
    network = stirred("dit")
    before = network(x, c_noise)
    for block in network.core.transformer_blocks:
        block.norm1.emb.class_embedder.embedding_table.weight.data[0] += 1
    assert torch.equal(network(x, c_noise), before)


def test_uvit_is_what_its_formula_says() -> None:
    """Written out with an attention of its own, patches cut by hand."""
    network, (x, c_noise) = stirred("uvit", width=64), inputs(2)
    w = dict(network.named_parameters())

    def linear(h: Tensor, name: str) -> Tensor:
        return h @ w[f"{name}.weight"].T + w.get(f"{name}.bias", torch.zeros(1))

    def norm(h: Tensor, name: str) -> Tensor:
        centred = h - h.mean(-1, keepdim=True)
        scaled = centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
        return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]

    def block(h: Tensor, name: str) -> Tensor:
        q, k, v = linear(norm(h, f"{name}.norm1"), f"{name}.qkv").reshape(2, 17, 3, 2, 32).unbind(2)
        weights = (torch.einsum("bihd,bjhd->bhij", q, k) / math.sqrt(32)).softmax(-1)
        h = h + linear(torch.einsum("bhij,bjhd->bihd", weights, v).flatten(2), f"{name}.out")
        hidden = linear(norm(h, f"{name}.norm2"), f"{name}.mlp.0")
        return h + linear(hidden * (1 + torch.erf(hidden / math.sqrt(2))) / 2, f"{name}.mlp.2")

    patches = x.reshape(2, 4, 2, 4, 2).movedim(2, 3).reshape(2, 16, 4)
    angles = timestep(c_noise)[:, None] * 10_000 ** (-torch.arange(32) / 32)
    tokens = patches @ w["embed.weight"].reshape(64, 4).T + w["embed.bias"]
    h = torch.cat([torch.cat([angles.cos(), angles.sin()], 1)[:, None], tokens], 1) + w["positions"]
    first = block(h, "down.0")
    second = block(first, "down.1")
    h = block(linear(torch.cat([block(second, "middle"), second], -1), "joins.0"), "up.0")
    h = block(linear(torch.cat([h, first], -1), "joins.1"), "up.1")
    pixels = linear(norm(h, "norm")[:, 1:], "unembed").reshape(2, 4, 4, 2, 2).movedim(3, 2)
    expected = torch.nn.functional.conv2d(pixels.reshape(2, 1, 8, 8), w["smooth.weight"], w["smooth.bias"], padding=1)
    torch.testing.assert_close(network(x, c_noise), expected, rtol=1e-4, atol=1e-4)


def test_timesteps_span_zero_to_a_thousand() -> None:
    torch.testing.assert_close(timestep(torch.tensor([-2.5, 0.0, 1.0, 2.5])), torch.tensor([0.0, 500.0, 700.0, 1000.0]))


def test_patches_are_the_smallest_that_keep_256_tokens() -> None:
    sizes = {8: 2, 16: 2, 28: 2, 32: 2, 64: 4, 27: 3, 128: 8, 224: 14}
    assert {side: patch_size(side, side) for side in sizes} == sizes
    assert patch_size(8, 12) == 2
    assert [head_size(width) for width in (16, 32, 48, 64, 80)] == [16, 32, 16, 32, 16]


@pytest.mark.parametrize(
    ("name", "shape", "width", "depth", "message"),
    [
        ("cnn", SHAPE, 8, None, "unknown network 'cnn'; there are mlp, unet, ncsnpp, dit, uvit"),
        ("unet", SHAPE, 12, None, "a multiple of 8, got 12"),
        ("unet", (1, 7, 8), 8, None, "a U-Net halves its images.*got 7 x 8"),
        ("unet", (1, 8, 9), 8, None, "a U-Net halves its images.*got 8 x 9"),
        ("ncsnpp", (1, 6, 6), 8, None, "a U-Net halves its images.*got 6 x 6"),
        ("ncsnpp", SHAPE, 48, None, "a multiple of 8 up to 40, or of 32, got 48"),
        ("ncsnpp", (2, 8, 8), 8, None, "1 or 3 channels, got 2"),
        ("dit", SHAPE, 24, None, "a multiple of 16, got 24"),
        ("dit", (1, 8, 12), 32, None, "square images, got 8 x 12"),
        ("uvit", (1, 29, 29), 32, None, "no patches of 2 px or more cut an image of 29 x 29"),
        ("uvit", SHAPE, 32, 4, "its depth is odd, got 4"),
    ],
)
def test_what_cannot_be_built_is_said(
    name: str, shape: tuple[int, ...], width: int, depth: int | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        build(name, shape, width, depth)


@pytest.mark.parametrize(
    ("name", "width"),
    [("unet", width) for width in (8, 24, 40, 48, 72, 136)] + [("ncsnpp", width) for width in (8, 24, 40, 64, 96)],
)
def test_widths_of_a_unet(name: str, width: int) -> None:
    x, c_noise = inputs(1)
    with torch.no_grad():
        assert bool(build(name, SHAPE, width)(x, c_noise).isfinite().all())


@every
def test_a_condition_is_refused(name: str) -> None:
    x, c_noise = inputs(2)
    with pytest.raises(ValueError, match="was made without classes: call it with cond=None"):
        stirred(name)(x, c_noise, torch.zeros(2, dtype=torch.int64))


def test_diffusers_is_imported_when_it_is_needed() -> None:
    code = (
        "import sys; from samenoise.networks import build; "
        "import samenoise.networks.checkpoint; build('mlp', (1, 8, 8), 8); build('uvit', (1, 8, 8), 16); "
        "sys.exit('diffusers' in sys.modules or 'huggingface_hub' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
