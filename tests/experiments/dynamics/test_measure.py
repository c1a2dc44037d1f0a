"""``dynamics``: the two times read off made-up series, when it looks, and rows along training."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file
from tiny import DYNAMICS, drawn, find, other

from samenoise.experiments.dynamics import looks
from samenoise.experiments.dynamics.measure import GENERALIZED, Time, first_time, generalized, memorization
from samenoise.lab.agenda import Agenda

LOOKS = (64, 91, 128, 181)
TINY_LOOKS = (64, 91, 100)


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


def look(upper, gaussian, low, floor, gap):
    """Rows of a network at one look: upper end of E_gen, lower end of RP with the truth, upper end of the gap between
    its and the Gaussian's distance to real images; and baselines."""
    return (
        {"value": upper - 0.1, "ci95": [upper - 0.2, upper], "baseline": {"gaussian": gaussian}},
        {"value": low + 0.1, "ci95": [low, low + 0.2], "baseline": {"floor": floor}},
        {"value": gap - 0.1, "ci95": [gap - 0.2, gap], "baseline": {"floor": -0.3}},
    )


def test_generalization_is_absolute_and_asks_for_three_things():
    assert GENERALIZED == ("e_gen", "rp_teacher", "mmd_gap")
    assert generalized(*look(3.0, 3.9, 0.1, 0.01, -0.01))
    assert not generalized(*look(3.9, 3.9, 0.1, 0.01, -0.01)), "as far from the truth as the Gaussian"
    assert not generalized(*look(3.52, 3.9, 0.1, 0.01, -0.01)), "nearer by less than a tenth: 3.51 is 0.9 of 3.9"
    assert not generalized(*look(3.0, 3.9, 0.1, 0.01, 0.0)), "as far from real images as the Gaussian"
    assert not generalized(*look(3.0, 3.9, 0.0, 0.0, -0.01)), "the truth's pictures no more often than chance"
    assert generalized(*look(3.51, 3.9, 0.011, 0.01, -1e-9)), "at the bounds"
    unknown = {"value": None, "ci95": None, "baseline": {"floor": None}}
    assert not generalized(*look(3.0, 3.9, 0.1, 0.01, -0.01)[:2], unknown), "one real image has no distance"


def test_memorization_is_a_tenth_above_the_floor():
    assert memorization(LOOKS, [0.0, 0.05, 0.2, 0.9], 0.0) == Time(128, 91)
    assert memorization(LOOKS, [0.2, 0.2, 0.2, 0.9], 0.15) == Time(181, 128)
    assert memorization(LOOKS, [0.3, 0.4, 0.5, 0.9], 0.1) == Time(64, 0)
    assert memorization(LOOKS, [0.0, 0.1, 0.1, 0.1], 0.0) == Time(None, 181), "0.1 is not more than 0.1"
    assert memorization(LOOKS, [0.0, 0.3, 0.3, 0.3], 0.5) == Time(None, 181)


def test_looks_are_log_spaced_and_end_with_the_last_update():
    assert looks(1024, 1) == (64, 128, 256, 512, 1024)
    assert looks(1024, 2) == (64, 91, 128, 181, 256, 362, 512, 724, 1024)
    assert looks(1000, 1) == (64, 128, 256, 512, 1000)
    assert looks(1025, 1) == (64, 128, 256, 512, 1024, 1025)
    assert looks(64, 4) == (64,)
    assert looks(10, 4) == (10,)
    assert looks(16384, 2)[::2] == tuple(64 * 2**k for k in range(9))


def test_a_config_says_how_often_it_looks():
    training = {"updates": 1024, "schedule": "constant"}
    agenda = Agenda(other(DYNAMICS, training=training, dynamics={"checkpoints": 1}))
    assert {each.looks for each in agenda.measurements} == {(64, 128, 256, 512, 1024)}
    assert {each.looks for each in Agenda(other(DYNAMICS, training=training)).measurements} == {looks(1024, 2)}


def test_every_look_has_its_rows(dynamics_run):
    agenda, store, rows = dynamics_run
    study = agenda.study
    assert [each.looks for each in agenda.measurements] == [TINY_LOOKS] * 2
    truth = drawn(agenda, store, study.truth()).astype(np.float64)
    values = []
    for n in (4, 12):
        for update in TINY_LOOKS:
            key = {"n_train": n, "update": update}
            a, b = (drawn(agenda, store, study.model(w, n, "a", update)) for w in (8, 16))
            for width, images in ((8, a), (16, b)):
                expected = np.sqrt(((images - truth) ** 2).sum(1).mean())
                found = find(rows, metric="e_gen", width=width, **key)
                assert found["value"] == pytest.approx(expected, rel=1e-6)
                values.append(found["value"])
                for metric in ("rp_teacher", "rp_optimum", "e_mem", "memorized", "gl", "nn_ratio", "nn_distance"):
                    assert find(rows, metric=metric, width=width, **key)["baseline"]["floor"] is not None
            assert find(rows, metric="rp", **key)["a"] == "mlp-8"
    assert len(set(values)) == 2 * 2 * 3, "every look is of other weights"


def test_times_are_read_off_the_rows(dynamics_run):
    _, _, rows = dynamics_run
    for n in (4, 12):
        for width in (8, 16):
            at = {"n_train": n, "width": width}
            there = [generalized(*(find(rows, metric=m, update=u, **at) for m in GENERALIZED)) for u in TINY_LOOKS]
            expected = first_time(TINY_LOOKS, there)
            row = find(rows, metric="generalization_time", **at)
            assert row["value"] == expected.update
            assert ("note" in row) == (expected.update in (None, TINY_LOOKS[0]))
            assert "update" not in row
            copies = [find(rows, metric="memorized", update=u, **at) for u in TINY_LOOKS]
            floor = copies[0]["baseline"]["floor"]
            expected = memorization(TINY_LOOKS, [copy["value"] for copy in copies], floor)
            row = find(rows, metric="memorization_time", **at)
            assert row["value"] == expected.update
            assert ("note" in row) == (expected.update is None)
            if expected.update is None:
                assert (row["note"], row["ci95"], row["n"]) == ("not reached in 100 updates", None, 0)


def test_rows_follow_the_schema_and_the_grid_has_every_look(dynamics_run, follows_schema):
    agenda, store, _ = dynamics_run
    follows_schema(json.loads((store.root / "scores.json").read_text()))
    grid, tensors = json.loads((store.root / "grid.json").read_text()), load_file(store.root / "grid.safetensors")
    labels = [panel["label"] for panel in grid["panels"]]
    assert labels == [f"N = {n}, after {u} updates" for n in (4, 12) for u in (64, 91, 100)]
    assert [row["key"] for row in grid["rows"]][1:5] == ["mlp-8", "mlp-16", "nearest", "teacher"]
    images = drawn(agenda, store, agenda.study.model(16, 12, "a", 91))[:4]
    assert np.abs(tensors["images"][4, 2].reshape(4, -1) - np.round((images.clip(-1, 1) + 1) * 127.5)).max() <= 1


def test_a_long_run_shows_at_most_eight_looks_first_and_last_among_them():
    config = other(DYNAMICS, sizes=[4], training={"updates": 4096, "schedule": "constant"})
    labels = [panel.label for panel in Agenda(config).panels]
    assert len(labels) == len(set(labels)) == 8
    assert (labels[0], labels[-1]) == ("N = 4, after 64 updates", "N = 4, after 4096 updates")
