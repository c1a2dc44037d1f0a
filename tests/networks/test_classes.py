"""Networks of classes: a label acts on its own image, and one class is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from networks_made import NARROW, SHALLOW, SHAPE, inputs

from samenoise.denoiser import Guided, NetworkDenoiser
from samenoise.inverse import DDNM, DPS, BoxMask
from samenoise.networks import NETWORKS, Network, build, from_config
from samenoise.networks.checkpoint import from_pretrained, save_pretrained
from samenoise.noise import NoiseBank
from samenoise.process import EDM, PROCESSES, Process
from samenoise.solver import SOLVERS, Heun, Solver, generate

every = pytest.mark.parametrize("name", NETWORKS)


def stirred(name: str, classes: int = 4) -> Network:
    network = build(name, SHAPE, NARROW[name], SHALLOW[name], classes=classes)
    generator = torch.Generator().manual_seed(1)
    for p in network.parameters():
        p.data += 0.1 * torch.randn(p.shape, generator=generator)
    return network.eval()


@every
@torch.no_grad()
def test_a_label_acts_on_its_own_image(name: str) -> None:
    network, (x, c_noise) = stirred(name), inputs(5)
    labels = torch.tensor([0, 3, 1, -1, 2])
    told, untold = network(x, c_noise, labels), network(x, c_noise)
    torch.testing.assert_close(told[3], untold[3], rtol=0, atol=1e-5)
    for k in (0, 1, 2, 4):
        assert (told[k] - untold[k]).abs().max() > 1e-3
        alone = network(x[k : k + 1], c_noise[k : k + 1], labels[k : k + 1])
        torch.testing.assert_close(told[k : k + 1], alone, rtol=0, atol=1e-5)
        other = network(x[k : k + 1], c_noise[k : k + 1], (labels[k : k + 1] + 1) % 4)
        assert (told[k] - other[0]).abs().max() > 1e-3
    assert torch.equal(network(x, c_noise, torch.full((5,), -1)), untold)


@every
def test_one_class_is_none(name: str) -> None:
    """Weight by weight and bit for bit, with the label and without it."""
    plain, one = (build(name, SHAPE, NARROW[name], SHALLOW[name], seed=3, classes=k) for k in (0, 1))
    weights = plain.state_dict()
    assert list(one.state_dict()) == list(weights)
    assert all(torch.equal(value, weights[key]) for key, value in one.state_dict().items())
    plain, one = stirred(name, 0), stirred(name, 1)
    (x, c_noise), expected = inputs(3), plain(*inputs(3))
    for labels in (None, torch.zeros(3, dtype=torch.int64), torch.tensor([0, -1, 0])):
        assert torch.equal(one(x, c_noise, labels), expected)
    assert build(name, SHAPE, NARROW[name], SHALLOW[name], classes=2).parameters_count > plain.parameters_count


@every
def test_labels_that_cannot_be_are_refused_in_a_sentence(name: str) -> None:
    network, (x, c_noise) = stirred(name), inputs(2)
    for labels in (torch.tensor([0, 4]), torch.tensor([-2, 0])):
        with pytest.raises(ValueError, match="labels of a network of 4 classes are 0 to 3, and -1 for none; got"):
            network(x, c_noise, labels)
    for labels in (torch.tensor([0]), torch.tensor([0.0, 1.0]), torch.tensor([[0, 1]])):
        with pytest.raises(ValueError, match="int64, one for each of the 2 images; got torch"):
            network(x, c_noise, labels)
    with pytest.raises(ValueError, match="labels of a network of 1 classes are 0 to 0"):
        stirred(name, 1)(x, c_noise, torch.tensor([0, 1]))
    with pytest.raises(ValueError, match="the number of classes"):
        build(name, SHAPE, NARROW[name], classes=-1)


@every
def test_classes_are_saved_with_the_network(name: str, tmp_path: Path) -> None:
    network, (x, c_noise) = stirred(name, 3), inputs(3)
    assert from_config(network.config()).config() == network.config()
    assert "classes" not in stirred(name, 0).config()
    save_pretrained(NetworkDenoiser(network, EDM(), SHAPE), tmp_path / "three")
    again = from_pretrained(tmp_path / "three").network
    labels = torch.tensor([2, -1, 0])
    assert torch.equal(again(x, c_noise, labels), network(x, c_noise, labels))
    save_pretrained(NetworkDenoiser(stirred(name, 0), EDM(), SHAPE), tmp_path / "none")
    files = [json.loads((tmp_path / each / "process.json").read_text()) for each in ("three", "none")]
    assert files[0]["network"]["classes"] == 3
    assert "classes" not in files[1]["network"], "files of networks without classes are as they were"


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
@pytest.mark.parametrize("process", [kind() for kind in PROCESSES], ids=lambda p: p.name)
def test_guidance_0_is_without_the_label_and_1_with_it(process: Process, solver: Solver) -> None:
    """Bit for bit, and between and beyond it is neither."""
    denoiser, bank = NetworkDenoiser(stirred("mlp"), process, SHAPE, "v"), NoiseBank(1, SHAPE)
    labels = torch.tensor([0, 1, 2, 3])

    def draw(scale: float | None, cond: torch.Tensor | None = labels) -> torch.Tensor:
        guided = denoiser if scale is None else Guided(denoiser, scale)
        return next(generate(guided, bank, range(4), solver=solver, steps=4, cond=cond)).images

    told, untold = draw(None), draw(None, None)
    assert torch.equal(draw(1.0), told)
    assert torch.equal(draw(0.0), untold)
    found = [told, untold, draw(0.5), draw(2.0)]
    for k, images in enumerate(found):
        for other in found[:k]:
            assert (images - other).flatten(1).norm(dim=1).min() > 1e-4


@pytest.mark.parametrize("name", [each for each in NETWORKS if each != "mlp"])
def test_guidance_is_the_same_of_every_network(name: str) -> None:
    denoiser = NetworkDenoiser(stirred(name), EDM(), SHAPE)
    x, t, labels = inputs(4)[0], torch.tensor(0.7, dtype=torch.float64), torch.tensor([0, 1, 2, 3])
    with torch.no_grad():
        told, untold = denoiser(x, t, labels), denoiser(x, t)
        assert torch.equal(Guided(denoiser, 1.0)(x, t, labels), told)
        assert torch.equal(Guided(denoiser, 0.0)(x, t, labels), untold)
        torch.testing.assert_close(Guided(denoiser, 3.0)(x, t, labels), 3 * told - 2 * untold, rtol=1e-4, atol=1e-4)
    assert not torch.equal(told, untold)


def test_guidance_0_does_not_ask_for_the_label() -> None:
    calls = []

    class Counted(NetworkDenoiser):
        def __call__(self, x_t, t, cond=None):
            calls.append(cond is not None)
            return super().__call__(x_t, t, cond)

    denoiser, x = Counted(stirred("mlp"), EDM(), SHAPE), inputs(2)[0]
    t, labels = torch.tensor(0.7, dtype=torch.float64), torch.tensor([0, 1])
    for scale, asked in ((0.0, [False]), (1.0, [True]), (2.0, [False, True])):
        calls.clear()
        Guided(denoiser, scale)(x, t, labels)
        assert calls == asked


@pytest.mark.parametrize(("scale", "cond"), [(0.0, True), (1.0, True), (2.0, True), (2.0, False)])
def test_evaluations_of_a_guided_network_are_counted(scale: float, cond: bool) -> None:
    network, bank, calls = stirred("mlp"), NoiseBank(1, SHAPE), []
    network.register_forward_hook(lambda *_: calls.append(1))
    guided, labels = Guided(NetworkDenoiser(network, EDM(), SHAPE), scale), torch.tensor([0, 1]) if cond else None
    operator = BoxMask(SHAPE)
    y = torch.zeros(1, *operator.measured)
    for denoiser, solver in (
        (guided, Heun()),
        (DDNM(guided, operator, y, 0.1), Heun()),
        (guided, DPS(Heun(), operator, y)),
    ):
        calls.clear()
        (batch,) = generate(denoiser, bank, range(2), solver=solver, steps=3, cond=labels)
        assert batch.nfe == len(calls) == 5 * (2 if cond and scale == 2 else 1)
