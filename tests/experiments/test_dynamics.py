"""``dynamics``: the two times read off made-up series, rows along training, and the weights that are kept for them."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file
from tiny import DYNAMICS, find, other, pixels

from samenoise.experiments import train_cell
from samenoise.experiments.dynamics import Time, first_time, generalization, memorization
from samenoise.experiments.grid import GridCell
from samenoise.experiments.sweep import Sweep
from samenoise.networks.checkpoint import WEIGHTS
from samenoise.runs.store import Store

LOOKS = (64, 91, 128, 181)


@pytest.mark.parametrize(
    ("reached", "expected"),
    [
        ([False, False, True, True], Time(128, 91)),
        ([True, True, True, True], Time(64, 0)),
        ([False, True, False, False], Time(91, 64)),
        ([False, False, False, True], Time(181, 128)),
        ([False, False, False, False], Time(None, 181)),
    ],
)
def test_the_first_look_counts(reached, expected):
    assert first_time(LOOKS, reached) == expected


def test_generalization_is_within_five_per_cent_of_the_best():
    assert generalization(LOOKS, [9.0, 4.3, 4.19, 4.0]) == Time(128, 91)
    assert generalization(LOOKS, [4.0, 4.1, 5.0, 6.0]) == Time(64, 0)
    assert generalization(LOOKS, [9.0, 8.0, 4.0, 8.0]) == Time(128, 91), "what overfits later has generalized before"
    assert generalization(LOOKS, [9.0, 8.0, 7.0, 4.0]) == Time(181, 128)


def test_memorization_is_a_tenth_above_the_floor():
    assert memorization(LOOKS, [0.0, 0.05, 0.2, 0.9], 0.0) == Time(128, 91)
    assert memorization(LOOKS, [0.2, 0.2, 0.2, 0.9], 0.15) == Time(181, 128)
    assert memorization(LOOKS, [0.3, 0.4, 0.5, 0.9], 0.1) == Time(64, 0)
    assert memorization(LOOKS, [0.0, 0.1, 0.1, 0.1], 0.0) == Time(None, 181), "0.1 is not more than 0.1"
    assert memorization(LOOKS, [0.0, 0.3, 0.3, 0.3], 0.5) == Time(None, 181)


def test_every_look_has_its_rows(dynamics_run):
    config, store, rows = dynamics_run
    assert config.looks == (64, 91, 100)
    sweep = Sweep(config)
    truth = pixels(store, sweep.samples(sweep.teacher())).astype(np.float64)
    values = []
    for n in config.sizes:
        for update in config.looks:
            key = {"n_train": n, "update": update}
            a, b = (pixels(store, sweep.samples(sweep.trained(w, n, "a", update))) for w in (8, 16))
            for width, drawn in ((8, a), (16, b)):
                expected = np.sqrt(((drawn - truth) ** 2).sum(1).mean())
                found = find(rows, metric="e_gen", width=width, **key)
                assert found["value"] == pytest.approx(expected, rel=1e-6)
                values.append(found["value"])
                for metric in ("rp_teacher", "rp_optimum", "e_mem", "memorized", "gl", "nn_ratio", "nn_distance"):
                    assert find(rows, metric=metric, width=width, **key)["baseline"]["floor"] is not None
            assert find(rows, metric="rp", **key)["a"] == "mlp-8"
    assert len(set(values)) == 2 * 2 * 3, "every look is of other weights"


def test_times_are_read_off_the_rows(dynamics_run):
    config, _, rows = dynamics_run
    for n in config.sizes:
        for width in config.widths:
            at = {"n_train": n, "width": width}
            e_gen = [find(rows, metric="e_gen", update=u, **at)["value"] for u in config.looks]
            expected = generalization(config.looks, e_gen)
            row = find(rows, metric="generalization_time", **at)
            assert (row["value"], row["ci95"]) == (expected.update, [expected.after, expected.update])
            assert "update" not in row
            copies = [find(rows, metric="memorized", update=u, **at) for u in config.looks]
            floor = copies[0]["baseline"]["floor"]
            expected = memorization(config.looks, [copy["value"] for copy in copies], floor)
            row = find(rows, metric="memorization_time", **at)
            assert row["value"] == expected.update
            assert ("note" in row) == (expected.update is None)
            if expected.update is None:
                assert (row["note"], row["ci95"], row["n"]) == ("not reached in 100 updates", None, 0)


def test_rows_follow_the_schema_and_the_grid_has_every_look(dynamics_run, follows_schema):
    config, store, _ = dynamics_run
    follows_schema(json.loads((store.root / "scores.json").read_text()))
    grid, tensors = json.loads((store.root / "grid.json").read_text()), load_file(store.root / "grid.safetensors")
    labels = [panel["label"] for panel in grid["panels"]]
    assert labels == [f"N = {n}, after {u} updates" for n in (4, 12) for u in (64, 91, 100)]
    assert [row["key"] for row in grid["rows"]][1:4] == ["mlp-8", "mlp-16", "teacher"]
    sweep = Sweep(config)
    drawn = pixels(store, sweep.samples(sweep.trained(16, 12, "a", 91)))[:4]
    assert np.abs(tensors["images"][4, 2].reshape(4, -1) - np.round((drawn.clip(-1, 1) + 1) * 127.5)).max() <= 1


def test_a_long_run_shows_at_most_eight_looks_first_and_last_among_them():
    config = other(DYNAMICS, sizes=[4], training={"updates": 4096, "schedule": "constant"})
    labels = [panel.label for panel in GridCell(config=config)._panels()]
    assert len(labels) == len(set(labels)) == 8
    assert (labels[0], labels[-1]) == ("N = 4, after 64 updates", "N = 4, after 4096 updates")


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
        sweep, store = Sweep(config), Store(tmp_path / str(updates))
        cell = sweep.trained(16, 4).train
        store.compute(sweep.data)
        store.compute(cell)
        return weights(store, cell, checkpoint)

    longer, shorter = trained(100, 91), trained(91, None)
    assert same(longer, shorter)
    assert not same(longer, trained(100, None)), "training goes on"
    assert not same(trained(100, 64), longer)


def content(place):
    return {p.relative_to(place).as_posix(): p.read_bytes() for p in place.rglob("*.*") if p.name != "cell.json"}


@pytest.fixture
def interrupted(tmp_path, monkeypatch):
    """A cohort with kept updates stopped between the first and the second: store, cell, what it should become."""
    monkeypatch.setattr(train_cell, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    monkeypatch.setattr(train_cell, "CHECKPOINT_SHARE", 1e9)
    sweep = Sweep(other(DYNAMICS))
    cell = sweep.trained(8, 4).train

    def stop(share):
        if share >= 0.7:
            raise InterruptedError

    whole, broken = Store(tmp_path / "whole"), Store(tmp_path / "broken")
    for store in (whole, broken):
        store.compute(sweep.data)
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
