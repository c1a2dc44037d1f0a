"""Trainings as cells: weights that are kept on the way, and interruptions between two of them."""

import numpy as np
import pytest
from safetensors.numpy import load_file
from tiny import DYNAMICS, MATRIX, content, other, real

from samenoise.cells import record
from samenoise.cells import training as train_cell
from samenoise.lab.agenda import Agenda
from samenoise.networks.checkpoint import WEIGHTS, from_pretrained
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store


def weights(store, cell, update=None):
    return [load_file(cell.place(store, k, update) / WEIGHTS) for k in range(len(cell.models))]


def same(one, other):
    return all(np.array_equal(a[k], b[k]) for a, b in zip(one, other, strict=True) for k in a)


@pytest.mark.parametrize("network", [{"name": "mlp"}, {"name": "uvit", "blocks": 1}], ids=["cohort", "loop"])
def test_kept_weights_are_those_of_a_training_that_ends_there(network, tmp_path):
    """At a constant learning rate a look is where a shorter training would have ended, to the bit."""
    widths = [16]

    def trained(updates, checkpoint):
        training = {"updates": updates, "batch": 4, "warmup": 5, "schedule": "constant"}
        config = other(DYNAMICS, network=network, widths=widths, sizes=[4], training=training)
        agenda, store = Agenda(config), Store(tmp_path / str(updates))
        cell, _ = agenda.plan.place(agenda.study.model(16, 4).member)
        store.compute(agenda.study.data)
        store.compute(cell)
        return weights(store, cell, checkpoint)

    longer, shorter = trained(100, 91), trained(91, None)
    assert same(longer, shorter)
    assert not same(longer, trained(100, None)), "training goes on"
    assert not same(trained(100, 64), longer)


@pytest.fixture
def interrupted(tmp_path, monkeypatch):
    """A cohort with kept updates stopped between the first and the second: store, cell, what it should become."""
    monkeypatch.setattr(record, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    monkeypatch.setattr(record, "CHECKPOINT_SHARE", 1e9)
    agenda = Agenda(other(DYNAMICS))
    cell, _ = agenda.plan.place(agenda.study.model(8, 4).member)

    def stop(share):
        if share >= 0.7:
            raise InterruptedError

    whole, broken = Store(tmp_path / "whole"), Store(tmp_path / "broken")
    for store in (whole, broken):
        store.compute(agenda.study.data)
    expected = content(whole.compute(cell))
    with pytest.raises(InterruptedError):
        broken.compute(cell, stop)
    return broken, cell, expected


def test_an_interruption_between_two_looks_shows_nowhere(interrupted):
    store, cell, expected = interrupted
    assert [p.name.split("-")[1] for p in store.scratch(cell).glob("*/kept-*")] == ["64"]
    shares = []
    assert content(store.compute(cell, shares.append)) == expected
    assert shares == [0.7, 0.8, 0.9, 1.0], "it goes on from the last checkpoint"
    assert sum("update-" in name for name in expected) == 3 * 3 * len(cell.models)


@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_without_a_kept_look_training_starts_anew(harm, interrupted):
    store, cell, expected = interrupted
    [file] = store.scratch(cell).glob("*/kept-64-*")
    if harm == "missing":
        file.unlink()
    else:
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(bytes(data))
    shares = []
    assert content(store.compute(cell, shares.append)) == expected
    assert len(shares) == 10


@pytest.mark.parametrize("given", ["measured", 0.3])
def test_networks_of_all_kinds_are_scaled_by_the_deviation_of_the_data(given, tmp_path):
    """A cohort, a loop, and a student with its teacher: measured on all images of the run where that is asked for."""
    models = {**MATRIX["models"], "plain": {"training": {"updates": 2}}, "attention": MATRIX["models"]["attention"]}
    training = {"updates": 3, "batch": 4, "warmup": 1}
    config = other(MATRIX, network={"sigma_data": given}, models=models, training=training)
    agenda, store = Agenda(config), Store(tmp_path)
    trainings = [cell for cell in in_order(agenda.cells) if isinstance(cell, train_cell.TrainCell)]
    store.compute(agenda.study.data)
    for cell in trainings:
        store.compute(cell)
    measured = round(float(real(agenda, store).astype(np.float64).std()), 4)
    assert measured == 0.7521
    assert len(trainings) >= 5
    for cell in trainings:
        expected = measured if cell.network.sigma_data == "measured" else cell.network.sigma_data
        assert from_pretrained(cell.place(store, 0)).sigma_data == expected
        assert cell._objective(store).sigma_data == expected
    assert {cell.network.sigma_data for cell in trainings} == {given, 0.5}, (
        "a model with a network of its own has EDM's"
    )


def test_data_without_any_difference_are_refused(tmp_path):
    agenda, store = Agenda(other(DYNAMICS, network={"sigma_data": "measured"})), Store(tmp_path)
    cell, _ = agenda.plan.place(agenda.study.model(8, 4).member)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(cell.data), "deviation", lambda self, store: 0.0)
        store.compute(agenda.study.data)
        with pytest.raises(ValueError, match="all pixels of mixture are equal"):
            store.compute(cell)
