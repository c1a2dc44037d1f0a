"""Checkpoints of samenoise and pickles of EDM draw what `generate` draws of their networks."""

from __future__ import annotations

import pickle
import sys
import types

import numpy as np
import pytest
import torch
from networks_made import SHAPE, stirred
from torch import nn

from samenoise.denoiser import Denoiser, NetworkDenoiser
from samenoise.networks.checkpoint import save_pretrained
from samenoise.noise import NoiseBank
from samenoise.outside import OutsideError, open_target
from samenoise.outside.checkpoint import Drawn
from samenoise.process import EDM, VP
from samenoise.solver import DDIM, Heun, generate

BANK = NoiseBank(0, SHAPE)
NOISE = BANK[:3].numpy()


def images(denoiser, **how):
    return next(generate(denoiser, BANK, range(3), **how)).images.numpy()


@pytest.fixture
def saved(tmp_path):
    denoiser = NetworkDenoiser(stirred("mlp").eval(), VP(), SHAPE, "v")
    save_pretrained(denoiser, tmp_path / "m")
    return denoiser, str(tmp_path / "m")


def test_a_checkpoint_is_drawn_by_the_solver_that_is_asked_for(saved):
    denoiser, path = saved
    np.testing.assert_allclose(open_target(path, {}).draw(NOISE), images(denoiser, solver=Heun(), steps=18), atol=1e-5)
    other = open_target(path, {"solver": "ddim", "steps": 5})
    np.testing.assert_allclose(other.draw(NOISE), images(denoiser, solver=DDIM(), steps=5), atol=1e-5)
    assert other.about["solver"]["name"] == "ddim"
    exact = open_target(path, {"dtype": "float64"}).draw(NOISE)
    assert 0 < np.abs(exact - open_target(path, {}).draw(NOISE)).max() < 1e-3
    with pytest.raises(OutsideError, match="no solver 'euler'"):
        open_target(path, {"solver": "euler"})


def test_what_a_checkpoint_cannot_have_is_one_sentence(saved):
    _, path = saved
    for options, says in [
        ({"device": "nonsense"}, "the device 'nonsense' cannot be used here: "),
        ({"dtype": "float99"}, "there is no dtype 'float99'; there are float32, float64, float16, bfloat16"),
    ]:
        with pytest.raises(OutsideError, match=says) as refused:
            open_target(path, options)
        assert (refused.value.code, "\n" in str(refused.value)) == (2, False)
    with pytest.raises(
        OutsideError, match=r"the checkpoint failed: ValueError: .* was made without classes"
    ) as refused:
        open_target(path, {}).draw(NOISE, [1, 2, 3])
    assert (refused.value.code, "\n" in str(refused.value)) == (1, False)
    with pytest.raises(OutsideError, match="a denoiser: there is no dtype 'float99'"):
        Drawn(saved[0], dtype="float99")


def test_a_student_is_drawn_on_its_own_grid(tmp_path):
    grid = torch.tensor([1.0, 0.5, 0.0], dtype=torch.float64)
    student = NetworkDenoiser(stirred("mlp").eval(), VP(), SHAPE, "v", grid=grid)
    save_pretrained(student, tmp_path / "s")
    found = open_target(str(tmp_path / "s"), {})
    np.testing.assert_allclose(found.draw(NOISE), images(student, solver=DDIM(), grid=grid), atol=1e-5)
    assert found.about["steps"] == 2


def test_a_damaged_checkpoint_is_said(saved, tmp_path):
    (tmp_path / "m" / "process.json").write_text("{")
    with pytest.raises(OutsideError, match="is damaged"):
        open_target(saved[1], {})


def test_any_denoiser_can_be_drawn_with_labels():
    class Shifted(Denoiser):
        process, shape = EDM(), SHAPE

        def __call__(self, x_t, t, cond=None):
            return torch.zeros_like(x_t) if cond is None else cond[:, None, None, None] / 10 + 0 * x_t

    np.testing.assert_allclose(Drawn(Shifted()).draw(NOISE, [1, 2, 3])[2], 0.3, atol=1e-6)
    with pytest.raises(OutsideError, match="the denoiser takes classes, which are whole numbers"):
        Drawn(Shifted()).draw(NOISE, ["a cat"] * 3)


class Net(nn.Module):
    """A network as EDM pickles it."""

    img_channels, img_resolution, label_dim = 1, 8, 3

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.7))

    def forward(self, x, sigma, class_labels=None):
        shift = 0 if class_labels is None else class_labels.argmax(1)[:, None, None, None] / 10
        return (self.weight * x / (1 + sigma[:, None, None, None])).tanh() + shift


@pytest.fixture
def pickled(tmp_path, monkeypatch):
    module = types.ModuleType("edm_net_for_a_test")
    module.Net = Net
    monkeypatch.setitem(sys.modules, "edm_net_for_a_test", module)
    monkeypatch.setattr(Net, "__module__", "edm_net_for_a_test")
    (tmp_path / "n.pkl").write_bytes(pickle.dumps({"ema": Net(), "loss_fn": None}))
    return str(tmp_path / "n.pkl")


class OfNet(Denoiser):
    process, shape = EDM(), SHAPE

    def __call__(self, x_t, t, cond=None):
        return Net()(x_t, t.float().expand(len(x_t)))


def test_a_pickle_is_opened_only_with_trust(pickled, tmp_path):
    with pytest.raises(OutsideError, match="is a pickle: to open it is to run whatever code it holds"):
        open_target(pickled, {})
    opened = open_target(pickled, {"trust_pickle": True})
    assert opened.shape == (1, 8, 8)
    np.testing.assert_allclose(opened.draw(NOISE), images(OfNet(), solver=Heun(), steps=18), atol=1e-5)
    shifted = opened.draw(NOISE, [0, 2, 1])
    assert shifted[1].mean() > opened.draw(NOISE)[1].mean() + 0.1
    (tmp_path / "o.pkl").write_bytes(pickle.dumps({"other": 1}))
    with pytest.raises(OutsideError, match="no pickle of EDM that can be opened here: KeyError"):
        open_target(str(tmp_path / "o.pkl"), {"trust_pickle": True})


def test_a_pickle_runs_nothing_without_trust(tmp_path):
    class Evil:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'was_run')!r}, 'w')",))

    (tmp_path / "e.pkl").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(OutsideError, match="is a pickle"):
        open_target(str(tmp_path / "e.pkl"), {})
    assert not (tmp_path / "was_run").exists()
