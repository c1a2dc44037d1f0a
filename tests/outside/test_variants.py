"""What people do to a pipeline, as options of a side: each does what it says, to the network alone, or is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pipelines_made import options, quiet, told

from benchmarks.variants import with_lora
from samenoise.noise import NoiseBank
from samenoise.outside import OutsideError, open_target
from samenoise.outside.variants import change


def opened(pipeline, kind, **more):
    with quiet():
        return open_target(pipeline(kind), options(kind, **more))


def drawn(model, kind):
    conditions = None if told(kind) is None else told(kind)[:2]
    return model.draw(NoiseBank(0, model.shape)[:2].numpy(), conditions)


@pytest.mark.parametrize("kind", ["sd", "flux"])
def test_plain_attention_is_the_kernel_while_the_network_works_and_no_longer(pipeline, kind):
    usual, plain = opened(pipeline, kind), opened(pipeline, kind, attention="math")
    fused = []
    inside = next(part for name, part in plain.network.named_modules() if name.endswith("to_q"))
    inside.register_forward_pre_hook(lambda *_: fused.append(torch.backends.cuda.flash_sdp_enabled()))
    np.testing.assert_allclose(drawn(plain, kind), drawn(usual, kind), atol=1e-4)
    assert fused
    assert not any(fused)
    assert torch.backends.cuda.flash_sdp_enabled()


def test_attention_that_is_written_out_is_the_same_attention(pipeline):
    usual, eager = opened(pipeline, "sd"), opened(pipeline, "sd", attention="eager")
    kinds = {type(part.processor).__name__ for part in eager.network.modules() if hasattr(part, "processor")}
    assert kinds == {"AttnProcessor"}
    np.testing.assert_allclose(drawn(eager, "sd"), drawn(usual, "sd"), atol=1e-4)


def test_int8_is_of_the_linear_layers_and_shows(pipeline):
    usual, rounded = opened(pipeline, "ddim"), opened(pipeline, "ddim", quantize="int8")
    linear = [part for part in usual.network.modules() if isinstance(part, torch.nn.Linear)]
    assert linear
    assert not [part for part in rounded.network.modules() if type(part) is torch.nn.Linear]
    assert 1e-5 < np.abs(drawn(rounded, "ddim") - drawn(usual, "ddim")).max() < 0.5


def test_channels_last_is_of_the_weights(pipeline):
    usual, last = opened(pipeline, "ddim"), opened(pipeline, "ddim", channels_last=True)
    weight = last.network.conv_in.weight
    assert usual.network.conv_in.weight.stride() != weight.stride()
    assert weight.is_contiguous(memory_format=torch.channels_last)
    np.testing.assert_allclose(drawn(last, "ddim"), drawn(usual, "ddim"), atol=1e-4)


@pytest.mark.parametrize("kind", ["sd", "flux"])
def test_lora_acts_and_merged_it_acts_the_same(pipeline, tmp_path, kind):
    pytest.importorskip("peft", reason="LoRA is read by peft: samenoise[lora]")
    with quiet():
        weights = str(with_lora(pipeline(kind), tmp_path / "lora"))
    usual, beside = opened(pipeline, kind), opened(pipeline, kind, lora=weights)
    merged = opened(pipeline, kind, lora=weights, fuse_lora=True)
    base, with_it = drawn(usual, kind), drawn(beside, kind)
    assert np.abs(with_it - base).max() > 1e-2
    np.testing.assert_allclose(drawn(merged, kind), with_it, atol=1e-4)
    assert not [name for name, _ in merged.network.named_parameters() if "lora" in name]
    assert [name for name, _ in beside.network.named_parameters() if "lora" in name]


@pytest.mark.parametrize(
    ("kind", "more", "says"),
    [
        ("ddim", {"lora": "nowhere"}, "a DDIMPipeline, which takes no LoRA"),
        ("sd", {"lora": "/nowhere/at/all"}, "there is no LoRA /nowhere/at/all"),
        ("sd", {"lora": "nowhere"}, "there is no LoRA nowhere: it is a file, a folder, or owner/name on the hub"),
        ("sd", {"fuse_lora": True}, "fuse_lora needs lora=PATH"),
        ("sd", {"attention": "flash"}, "attention is eager, math or native, got 'flash'"),
        ("flux", {"attention": "eager"}, r"of a FluxTransformer2DModel \(FluxAttnProcessor\) cannot be written out"),
        ("sd", {"quantize": "int4"}, "quantize is int8, got 'int4'"),
    ],
)
def test_what_a_pipeline_cannot_have_is_refused_in_a_sentence(pipeline, kind, more, says):
    with pytest.raises(OutsideError, match=says) as refused:
        opened(pipeline, kind, **more)
    assert "\n" not in str(refused.value)


def test_int8_of_a_network_that_is_on_a_card_is_refused():
    class Pipe:
        unet = torch.nn.Linear(2, 2, device="meta")

    Pipe.unet.device = torch.device("meta")
    with pytest.raises(OutsideError, match="it: quantize=int8 is of the CPU, and its network is on meta"):
        change(Pipe(), "it", quantize="int8")


def test_a_lora_of_the_hub_without_a_network_is_said():
    class Unreachable(Exception):
        """As those of the hub's client, of no class that is ours to know."""

    class Pipe:
        unet = torch.nn.Identity()

        def load_lora_weights(self, name):
            raise Unreachable("no route to host\nsecond line")

    with pytest.raises(OutsideError, match=r"it: the LoRA owner/name cannot be read: no route to host$"):
        change(Pipe(), "it", lora="owner/name")
