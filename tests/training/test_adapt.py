"""Adaptation: what is frozen keeps every bit, what is added is what the formula says, and what cannot be is refused."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import torch
from networks_made import inputs, stirred
from torch import Tensor, nn

from samenoise.data import digits
from samenoise.networks import NETWORKS, Network, build, from_config
from samenoise.process import EDM
from samenoise.training.adapt import ATTENTION, Adaptation, Adapting, adapt, matching
from samenoise.training.loop import Loop
from samenoise.training.objective import Matching
from samenoise.training.recipe import Recipe

WAYS = {
    "all": Adaptation(),
    "pattern": Adaptation(("*.0*", "outward", "smooth")),
    "attention": Adaptation(("attention",)),
    "lora": Adaptation(rank=3, alpha=6.0),
}
CASES = [(name, way) for name in NETWORKS for way in WAYS if way != "attention" or name in ATTENTION]


def copied(network: Network) -> Network:
    other = from_config(network.config())
    other.load_state_dict(network.state_dict())
    return other.eval()


def adapting(name: str, way: str) -> tuple[Network, Adapting]:
    """A network as it was, and one in adaptation; U-Nets have no ``outward``."""
    how = WAYS[way]
    if way == "pattern" and name != "mlp":
        how = Adaptation(("*.0.*",))
    elif way == "pattern":
        how = Adaptation(("up.0", "outward"))
    network = stirred(name)
    return copied(network), adapt(network, how, seed=4)


def trained(of: Adapting, updates: int, **recipe: Any) -> dict[str, Tensor]:
    """The plain network's weights after some updates."""
    how = Recipe(updates=updates, batch=4, lr=0.01, warmup=1, **recipe)
    loop = Loop(of.module, digits().images[:8], 3, Matching(EDM(), "edm"), how)
    for _ in loop.train():
        pass
    return of.plain(loop.weights())


def bits(weights: dict[str, Tensor]) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in weights.items()}


@pytest.mark.parametrize(("name", "way"), CASES)
def test_frozen_weights_keep_every_bit_and_the_others_move(name: str, way: str) -> None:
    """With weight decay, which would shrink whatever the optimizer holds."""
    before, of = adapting(name, way)
    meant = set(matching_by_hand(before, name, way))
    after = trained(of, 2, optimizer="adamw", weight_decay=0.1)
    old, new = bits(before.state_dict()), bits(after)
    assert old.keys() == new.keys()
    moved = {key for key in old if old[key] != new[key]}
    assert moved <= meant
    # Of attention over one token queries and keys decide nothing; nor do biases of keys ever.
    assert len(moved) > 0.6 * len(meant), meant - moved


def matching_by_hand(network: Network, name: str, way: str) -> list[str]:
    """Of the state dict, what may move."""
    parameters = dict(network.named_parameters())
    if way == "all":
        return list(parameters)
    if way == "pattern":
        if name == "mlp":
            return ["up.0", "outward"]
        return [key for key in parameters if ".0." in key]
    if way == "attention":
        words = {"uvit": (".qkv.", ".out.")}.get(name, (".attn1.", ".attentions."))
        return [key for key in parameters if any(word in key for word in words)]
    return [key for key, value in parameters.items() if value.ndim in (2, 4)]


@pytest.mark.parametrize(("name", "way"), CASES)
def test_no_update_is_the_network_itself_bit_for_bit(name: str, way: str) -> None:
    before, of = adapting(name, way)
    weights = trained(of, 0)
    assert bits(weights) == bits(before.state_dict())
    after = copied(before)
    after.load_state_dict(weights)
    x, c_noise = inputs(5)
    with torch.no_grad():
        assert torch.equal(after(x, c_noise), before(x, c_noise))


@pytest.mark.parametrize("name", NETWORKS)
def test_lora_merged_is_lora_unmerged(name: str) -> None:
    before, of = adapting(name, "lora")
    weights = {key: value.detach().clone() for key, value in of.module.state_dict().items()}
    generator = torch.Generator().manual_seed(5)
    for key, value in weights.items():
        if ".lora_B" in key:
            value.copy_(0.1 * torch.randn(value.shape, generator=generator))
    of.module.load_state_dict(weights)
    merged = copied(before)
    merged.load_state_dict(of.plain(weights))
    x, c_noise = inputs(5)
    with torch.no_grad():
        unmerged = of.module.eval()(x, c_noise)
        off = (merged(x, c_noise) - unmerged).abs().max()
        change = (before(x, c_noise) - unmerged).abs().max()
    assert change > 1e-2
    assert off < 1e-5 * max(1.0, float(unmerged.abs().max()))


def test_what_lora_adds_to_an_mlp_is_the_product_of_its_factors() -> None:
    before, of = adapting("mlp", "lora")
    weights = {key: value.detach().clone() for key, value in of.module.state_dict().items()}
    for key, value in weights.items():
        if ".lora_B" in key:
            value.fill_(0.25)
    after = of.plain(weights)
    for name, value in before.state_dict().items():
        a = weights[f"{name}.lora_A.default.weight"].double().numpy()
        b = weights[f"{name}.lora_B.default.weight"].double().numpy()
        wanted = value.double().numpy() + (6.0 / 3) * (b @ a).T
        np.testing.assert_allclose(after[name].numpy(), wanted, rtol=0, atol=1e-6)
    rank = 3
    assert of.trained == sum(rank * sum(value.shape) for value in before.state_dict().values())


def test_the_first_factors_are_those_of_the_seed() -> None:
    def factors(seed: int) -> dict[str, bytes]:
        torch.rand(1)  # torch's own generator, which has no part in it, moves on
        module = adapt(stirred("mlp"), WAYS["lora"], seed).module
        return bits({key: value.detach() for key, value in module.state_dict().items() if ".lora_A" in key})

    assert factors(1) == factors(1)
    assert factors(1) != factors(2)


@pytest.mark.parametrize("name", ATTENTION)
def test_attention_is_all_of_every_attention_layer(name: str) -> None:
    from diffusers.models.attention_processor import Attention

    network = stirred(name)
    if name == "uvit":
        parts = [(key, part) for key, part in network.named_modules() if type(part).__name__ == "Block"]
        inside = {f"{key}.{layer}" for key, _ in parts for layer in ("qkv", "out")}
    else:
        inside = {key for key, part in network.named_modules() if isinstance(part, Attention)}
    assert inside
    wanted = [key for key, _ in network.named_parameters() if any(key.startswith(f"{each}.") for each in inside)]
    assert Adaptation(("attention",)).weights(network) == wanted


def test_a_pattern_means_a_weight_by_its_name_and_by_what_it_lies_in() -> None:
    names = ["up.0.qkv.weight", "up.0.out.bias", "down.0.qkv.weight", "middle.out.weight", "smooth.weight"]
    assert matching(names, "up") == names[:2]
    assert matching(names, "*.qkv") == [names[0], names[2]]
    assert matching(names, "up.*.qkv") == names[:1]
    assert matching(names, "*.weight") == [names[k] for k in (0, 2, 3, 4)]
    assert matching(names, "*") == names
    assert matching(names, "qkv") == matching(names, "u") == []


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"rank": 0}, "^LoRA of rank 0 adds nothing: give a rank of 1 or more"),
        ({"layers": ()}, "^no layer is adapted: give patterns of names"),
        ({"alpha": 2.0}, "^alpha is of LoRA and above 0: got 2 with rank None"),
        ({"rank": 2, "alpha": 0.0}, "^alpha is of LoRA and above 0: got 0 with rank 2"),
    ],
)
def test_what_adapts_nothing_is_refused(how: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Adaptation(**how)


@pytest.mark.parametrize(
    ("name", "how", "words"),
    [
        (
            "mlp",
            Adaptation(("up.*", "upp.*")),
            r"'upp\.\*' matches no weight of mlp: give one of names such as inw",
        ),
        (
            "mlp",
            Adaptation(("attention",)),
            "^mlp has no attention: give patterns of names, or one of the networks",
        ),
        (
            "uvit",
            Adaptation(("*.bias",), rank=2),
            r"^LoRA adds to the matrices of layers, and .* of uvit are none:",
        ),
    ],
)
def test_what_a_network_has_not_is_refused(name: str, how: Adaptation, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        adapt(stirred(name), how, 0)


def test_lora_of_an_mlp_with_classes_is_refused() -> None:
    network = build("mlp", (1, 8, 8), 16, classes=3)
    assert "labels" in Adaptation().weights(network)
    with pytest.raises(ValueError, match=r"^LoRA of an mlp with classes is not offered: give no rank"):
        adapt(network, WAYS["lora"], 0)


def test_without_peft_all_but_lora_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    assert isinstance(adapt(stirred("mlp"), WAYS["all"], 0).module, nn.Module)
    with pytest.raises(ModuleNotFoundError, match=r"^LoRA needs peft: pip install samenoise\[lora\]$"):
        adapt(stirred("mlp"), WAYS["lora"], 0)
