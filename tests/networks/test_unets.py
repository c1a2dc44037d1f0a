"""U-Nets: their levels, where they attend, and how they start."""

from __future__ import annotations

import pytest
import torch
from diffusers.models.attention_processor import Attention
from diffusers.models.resnet import ResnetBlock2D
from networks_made import inputs, stirred

from samenoise.networks import build


@pytest.mark.parametrize(
    ("size", "sides"), [(8, [8, 4]), (16, [16, 8, 4]), (28, [28, 14, 7]), (32, [32, 16, 8, 4]), (64, [64, 32, 16, 8])]
)
@pytest.mark.parametrize("name", ["unet", "ncsnpp"])
def test_levels_and_attention_of_a_unet(name: str, size: int, sides: list[int]) -> None:
    network = build(name, (1, size, size), 8)
    seen: list[int] = []
    attended: list[int] = []
    for block in [*network.core.down_blocks, *network.core.up_blocks]:
        block.resnets[0].register_forward_pre_hook(lambda _, args: seen.append(args[0].shape[-1]))
        for attention in getattr(block, "attentions", []):
            attention.register_forward_pre_hook(lambda _, args: attended.append(args[0].shape[-1]))
    with torch.no_grad():
        network(*inputs(1, (1, size, size)))
    assert seen == sides + sides[::-1]
    # One layer on the way down, two on the way up.
    assert attended == {16: [8] * 3, 28: [14] * 3, 32: [16] * 3, 64: [16] * 3}.get(size, []) * (name == "unet")
    assert network.core.config.block_out_channels == (8, *[16] * (len(sides) - 1))


def test_a_grey_ncsnpp_is_the_mean_of_three_equal_channels() -> None:
    """Its model on the image as colour, its own division by the time undone."""
    network, (x, c_noise) = stirred("ncsnpp"), inputs(3)
    score = network.core(x.repeat(1, 3, 1, 1), c_noise.exp()).sample
    torch.testing.assert_close(network(x, c_noise), score.mean(1, keepdim=True) * c_noise.exp()[:, None, None, None])
    # The pyramid answers to the last convolution alone, once the division is undone: no noise level scales its bias.
    before = network(x, c_noise)
    network.core.conv_out.bias.data += 1
    torch.testing.assert_close(network(x, c_noise) - before, torch.ones_like(before), rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["unet", "ncsnpp"])
def test_a_unet_starts_as_sums_of_which_one_part_is_zero(name: str) -> None:
    network, (x, c_noise) = build(name, (1, 16, 16), 8), inputs(2, (1, 16, 16))
    blocks = [module for module in network.core.modules() if isinstance(module, ResnetBlock2D)]
    attentions = [module for module in network.core.modules() if isinstance(module, Attention)]
    added: list[float] = []
    for block in blocks:
        block.conv2.register_forward_hook(lambda _, args, out: added.append(float(out.detach().abs().max())))
    for attention in attentions:
        attention.to_out[0].register_forward_hook(lambda _, args, out: added.append(float(out.detach().abs().max())))
    assert not network(x, c_noise).any(), "the prediction"
    assert len(added) == len(blocks) + len(attentions)
    assert len(blocks) >= 10
    assert attentions
    assert not any(added)
    if name == "ncsnpp":  # every level on the way up adds an image, of nothing at first
        assert all(not block.skip_conv.weight.any() for block in network.core.up_blocks if block.skip_conv is not None)
