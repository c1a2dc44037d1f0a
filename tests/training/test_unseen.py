"""The loss on unseen images: by its definition, at its looks, and the same after an interruption."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tiny import DYNAMICS, MATRIX, content, hashed, other, shuffled

from samenoise import networks
from samenoise.cells import record
from samenoise.denoiser import NetworkDenoiser
from samenoise.lab.agenda import Agenda
from samenoise.networks.checkpoint import from_pretrained
from samenoise.process import EDM, VP
from samenoise.runs.store import Store
from samenoise.training.objective import Matching
from samenoise.training.order import drawn_ahead, draws
from samenoise.training.unseen import Unseen, looks_back

SHAPE = (1, 8, 8)


@pytest.mark.parametrize(("process", "kind"), [(EDM(), "edm"), (VP(), "eps"), (VP(), "v")])
def test_losses_are_squared_errors_of_the_estimate(process, kind):
    """In terms of D, ``|D - x_0|^2 / c_out^2``, from the definition of the denoiser and not of the loss."""
    network = networks.build("mlp", SHAPE, 16, seed=3)
    images = torch.rand(6, *SHAPE, generator=torch.Generator().manual_seed(1)) * 2 - 1
    found = Unseen(images, 11, Matching(process, kind)).losses(network)

    denoiser, total = NetworkDenoiser(network, process, SHAPE, kind), np.zeros(6)
    for k in range(4):
        z = np.random.Generator(np.random.Philox(key=[11, k + 1]))
        z.random((2, 6))  # images and times of a training
        z = torch.from_numpy(z.standard_normal((6, *SHAPE), dtype=np.float32))
        for i in range(6):
            t = process.training_time(torch.tensor([(k + (i + 0.5) / 6) / 4], dtype=torch.float64))
            alpha, sigma = (float(c) for c in process.alpha_sigma(t))
            with torch.no_grad():
                D = denoiser(alpha * images[i : i + 1] + sigma * z[i : i + 1], t)
            c_out2 = {
                "edm": (sigma * 0.5) ** 2 / (sigma**2 + 0.25),
                "eps": (sigma / alpha) ** 2,
                "v": sigma**2 / (alpha**2 + sigma**2),
            }[kind]
            total[i] += float((D - images[i]).square().mean()) / c_out2 / 4
    np.testing.assert_allclose(found.numpy(), total, rtol=2e-4)


def test_looks_end_with_the_training_and_lie_half_a_doubling_apart():
    assert looks_back(2000) == (44, 62, 88, 125, 177, 250, 354, 500, 707, 1000, 1414, 2000)
    assert looks_back(10) == (10,)


@pytest.fixture
def trained(tmp_path):
    """A cohort, whole: agenda, cell, store."""
    agenda, store = Agenda(other(DYNAMICS)), Store(tmp_path / "whole")
    cell, _ = agenda.plan.place(agenda.study.model(8, 4).member)
    store.compute(agenda.study.data)
    store.compute(cell)
    return agenda, cell, store


def test_the_images_are_held_out_and_the_weights_are_the_average(trained):
    agenda, cell, store = trained
    data = load_file(store.path(agenda.study.data) / "images.safetensors")["images"]
    held_out = torch.from_numpy(data[shuffled(len(data))[-20:]])
    updates, losses = record.unseen_losses(store.path(cell), 1)
    assert updates.tolist() == [35, 50, 71, 100]
    assert losses.shape == (4, 20)
    denoiser = from_pretrained(cell.place(store, 1))
    again = Unseen(held_out, hashed("0/unseen"), Matching(denoiser.process, "edm")).losses(denoiser.network)
    np.testing.assert_allclose(losses[-1].numpy(), again.numpy(), rtol=1e-6)
    other_network = from_pretrained(cell.place(store, 0)).network
    assert not np.allclose(losses[-1], Unseen(held_out, 0, Matching(denoiser.process, "edm")).losses(other_network))
    assert float(losses[-1].mean()) < float(losses[0].mean()), "it learns something of images it has not seen"
    log = [json.loads(line) for line in (store.path(cell) / "log.jsonl").read_text().splitlines()]
    assert log[-1]["update"] == 100
    assert log[-1]["unseen"][1] == pytest.approx(float(losses[-1].mean()), abs=1e-6)


def test_an_interruption_shows_nowhere(trained, tmp_path, monkeypatch):
    agenda, cell, store = trained
    monkeypatch.setattr(record, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(record, "CHECKPOINT_SHARE", 1e9)
    monkeypatch.setattr("os.fsync", lambda descriptor: None)

    def stop(share):
        if share >= 0.6:
            raise InterruptedError

    broken = Store(tmp_path / "broken")
    broken.compute(agenda.study.data)
    with pytest.raises(InterruptedError):
        broken.compute(cell, stop)
    assert content(broken.compute(cell)) == content(store.path(cell))


def test_looking_changes_no_weight(trained, tmp_path):
    """Of one training with unseen images and one without."""
    _, cell, store = trained
    blind = cell.model_copy(update={"unseen": 0})
    assert blind.hash != cell.hash
    store.compute(blind)
    seen, unseen = content(store.path(cell)), content(store.path(blind))
    weights = [name for name in unseen if name.endswith(".safetensors")]
    assert len(weights) > 3
    assert all(seen[name] == unseen[name] for name in weights)
    assert set(seen) - set(unseen) == {record.UNSEEN}


def test_students_and_runs_without_held_out_images_have_none():
    study = Agenda(other(MATRIX, data={"held_out": 12})).study
    assert study.named("plain").member.unseen == study.named("attention").member.unseen == 12
    assert study.named("halved").member.unseen == 0
    assert Agenda(other(MATRIX)).study.named("plain").member.unseen == 0


def test_a_loop_takes_it_too(tmp_path):
    agenda = Agenda(other(MATRIX, data={"held_out": 12}))
    cell, _ = agenda.plan.place(agenda.study.named("attention").member)
    store = Store(tmp_path)
    store.compute(agenda.study.data)
    updates, losses = record.unseen_losses(store.compute(cell), 0)
    assert updates.tolist() == [20]
    assert losses.shape == (1, 12)


def test_what_is_drawn_ahead_is_what_is_drawn():
    ahead = list(drawn_ahead(5, range(3, 7), 4, SHAPE))
    assert len(ahead) == 4
    for update, found in zip(range(3, 7), ahead, strict=True):
        assert all(torch.equal(x, y) for x, y in zip(found, draws(5, update, 4, SHAPE), strict=True))
    assert list(drawn_ahead(5, range(3, 3), 4, SHAPE)) == []


def test_the_next_is_drawn_while_this_one_is_used(monkeypatch):
    import threading

    begun = {update: threading.Event() for update in range(3)}

    def noticed(seed, update, batch, shape):
        begun[update].set()
        return draws(seed, update, batch, shape)

    monkeypatch.setattr("samenoise.training.order.draws", noticed)
    stream = drawn_ahead(5, range(3), 4, SHAPE)
    next(stream)
    assert begun[1].wait(10), "before it is asked for"
    assert not begun[2].is_set()
    list(stream)
