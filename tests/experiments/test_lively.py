"""The presets that see do see: what the other tests hold against the data are numbers that can be told apart."""

import numpy as np
from lively import LIVELY, find


def of_regimes(run, **wanted):
    return find(run.rows, experiment="regimes", **wanted)


def inside(values):
    """The share of values strictly between 0 and 1."""
    return np.mean([0 < value < 1 for value in values])


def test_shares_lie_strictly_between_0_and_1(lively, lively_teacher):
    for run in (lively, lively_teacher):
        rows = [row for row in run.rows if row["metric"].startswith(("rp", "memorized", "gl"))]
        plain = [row for row in rows if not row["metric"].endswith(("_calibrated", "_excess"))]
        assert inside([row["value"] for row in plain]) > 0.85
        beside = [row["baseline"]["gaussian"] for row in plain if row["b"] != "train" and row["a"] != "held-out"]
        assert inside([gaussian for gaussian in beside if gaussian is not None]) > 0.8
        assert len({row["value"] for row in plain}) > 15


def test_copying_crosses_one_half_for_every_width(lively):
    for width in LIVELY["widths"]:
        first, *_, last = (of_regimes(lively, metric="memorized", width=width, n_train=n) for n in LIVELY["sizes"])
        assert first["value"] > 0.5 > last["value"]
        assert find(lively.rows, metric="n50", width=width)["value"] is not None
    assert find(lively.rows, metric="n50_per_doubling")["value"] > 1


def test_floors_gaussians_and_values_are_different_numbers(lively, lively_teacher):
    for run in (lively, lively_teacher):
        rows = [row for row in run.rows if row["metric"] in ("rp", "rp_optimum", "memorized", "pfd", "e_gen", "e_mem")]
        told_apart = [len({row["value"], row["baseline"]["floor"], row["baseline"]["gaussian"]}) == 3 for row in rows]
        assert np.mean(told_apart) > 0.9
    ratio = of_regimes(lively, metric="nn_ratio", width=64, n_train=3)
    assert ratio["baseline"]["floor"] != ratio["baseline"]["gaussian"]
    assert 0 < ratio["value"] < 1


def test_held_out_images_pass_for_copies_at_some_sizes(lively):
    floors = [find(lively.rows, metric="memorized_heldout", n_train=n)["value"] for n in LIVELY["sizes"]]
    assert inside(floors) == 1
    assert len(set(floors)) == len(floors)


def test_ceilings_are_not_all_exact(lively, lively_strict, lively_teacher):
    for run in (lively, lively_teacher):
        distances = [row["baseline"]["ceiling"] for row in run.rows if row["metric"] in ("pfd", "e_gen", "e_mem")]
        assert min(distances) > 0
        assert len(set(distances)) > 2
    shares = [row["baseline"]["ceiling"] for row in lively_strict.rows if row["metric"] in ("rp", "rp_optimum")]
    assert inside(shares) > 0.9


def test_calibrated_thresholds_are_others(lively):
    for metric in ("rp", "rp_optimum", "rp_split", "memorized"):
        rows = [row for row in lively.rows if row["metric"] == f"{metric}_calibrated"]
        assert all(abs(row["threshold"] - LIVELY["threshold"]) > 1e-3 for row in rows)
        assert len({row["threshold"] for row in rows}) > 1
        assert any(0 < row["value"] < 1 for row in rows)
