"""``matrix`` and ``solvers`` against a computation from the data on: named models trained and drawn anew."""

from functools import partial
from itertools import combinations

import expected_row
import numpy as np
import pytest
import rescored
from lively import MATRIX, SOLVERS, find
from recomputed import SOLVERS as KINDS
from recomputed import World, beside_real
from tiny import hashed

from samenoise.metrics import simultaneous_shares
from samenoise.solver import Heun

THRESHOLD = MATRIX["threshold"]
[N] = MATRIX["sizes"]


@pytest.fixture(scope="module")
def matrix():
    return World(MATRIX)


@pytest.fixture(scope="module")
def solvers():
    return World(SOLVERS)


def check_all(rows, expected):
    assert sorted(((row["a"], row["b"]), row["metric"]) for row in rows) == sorted(expected)
    for row in rows:
        expected_row.check(row, expected[(row["a"], row["b"]), row["metric"]])


def test_every_row_of_matrix_is_what_its_models_give(lively_matrix, matrix):
    mean, gaussian, optimum = matrix.mean, matrix.drawn("gaussian", N), matrix.twice("optimum", N)
    train, held_out = matrix.real(matrix.ids(N)), matrix.real(matrix.held_out_ids)
    models = {label: matrix.twice("model", label) for label in MATRIX["models"]}
    expected = {}
    for (left, a), (right, b) in combinations(models.items(), 2):
        normals = [(a[0], gaussian), (b[0], gaussian)]
        rows = rescored.pair("rp", a[0], b[0], matrix, THRESHOLD, normals)
        rows |= rescored.mae(a[0], b[0], [a, b], normals)
        rows |= rescored.distances("pfd", a[0], b[0], [a, b], normals)
        expected |= {((left, right), key): row for key, row in rows.items()}
    for label, (x, _) in models.items():
        to_optimum = rescored.pair("rp_optimum", x, optimum[0], matrix, THRESHOLD, [(gaussian, optimum[0])])
        expected |= {((label, "optimum"), key): row for key, row in to_optimum.items()}
        to_gaussian = rescored.pair("rp_gaussian", x, gaussian, matrix, THRESHOLD, [])
        expected |= {((label, "gaussian"), key): row for key, row in to_gaussian.items()}
        copies = rescored.copying(x, train, held_out, gaussian, mean, THRESHOLD)
        expected |= {((label, "train"), key): row for key, row in copies.items()}
        predicts = MATRIX["models"][label].get("network", {}).get("parameterisation", "edm")
        unseen = rescored.unseen(*matrix.unseen(partial(matrix.model, label), predicts))
        expected |= beside_real(matrix, label, x, gaussian, unseen)
    real = rescored.heldout(held_out, train, mean, THRESHOLD)
    expected[("held-out", "train"), "memorized_heldout"] = real["memorized_heldout"]
    check_all(lively_matrix.rows, expected)


def test_intervals_that_hold_for_all_pairs_are_of_the_flags_of_all_pairs(lively_matrix, matrix):
    """Of RP alone, in the order of the rows; each is wider than the row's own."""
    rows = [row for row in lively_matrix.rows if row["metric"] == "rp"]
    drawn = {label: matrix.drawn("model", label) for label in MATRIX["models"]}
    flags = [np.diag(rescored.cosines(drawn[row["a"]], drawn[row["b"]], matrix.mean)) > THRESHOLD for row in rows]
    for row, score in zip(rows, simultaneous_shares(np.array(flags)), strict=True):
        assert row["ci95_pairs"] == pytest.approx(score.ci95)
        assert row["ci95_pairs"][0] < row["ci95"][0] < row["ci95"][1] < row["ci95_pairs"][1]
    assert {row["metric"] for row in lively_matrix.rows if "ci95_pairs" in row} == {"rp"}


def test_what_two_models_differ_in_is_said_of_every_pair(lively_matrix):
    rows = [row for row in lively_matrix.rows if row["metric"] == "rp"]
    found = {(row["a"], row["b"]): row["differs"] for row in rows}
    other = ["process", "parameterisation", "width"]
    assert found == {("plain", "again"): ["seed"], ("plain", "flow"): other, ("again", "flow"): other}


def settings():
    """Solver, steps, eta: every solver at every number of steps, and DDIM with fresh noise."""
    spec = SOLVERS["solvers"]
    plain = [(kind, steps, 0.0) for kind in spec["kinds"] for steps in spec["steps"]]
    return [*plain, *(("ddim", spec["eta_steps"], eta) for eta in spec["etas"])]


@pytest.mark.parametrize(("kind", "steps", "eta"), settings())
def test_every_row_of_solvers_is_what_the_setting_gives(lively_solvers, solvers, kind, steps, eta):
    """With fresh noise each model has paths of its own, under hashed seeds; shared, both have the same."""
    gaussian, fine = solvers.drawn("gaussian", N), SOLVERS["solvers"]["reference_steps"]
    labels = list(SOLVERS["models"])
    references = {
        label: solvers.once(
            (label, "reference"),
            lambda x=label: tuple(solvers.draw(solvers.model(x), c, Heun(), fine) for c in (False, True)),
        )
        for label in labels
    }

    def drawn(label, fresh):
        return solvers.draw(solvers.model(label), False, KINDS[kind, eta], steps, fresh if eta else 0)

    expected, own = {}, {label: drawn(label, hashed(f"1/fresh/{k}")) for k, label in enumerate(labels)}
    for label, x in own.items():
        reference = references[label]
        rows = rescored.pair("rp_reference", x, reference[0], solvers, THRESHOLD, [(reference[0], gaussian)])
        rows |= rescored.distances("pfd_reference", x, reference[0], [reference], [(reference[0], gaussian)])
        expected |= {((label, "reference"), key): row for key, row in rows.items()}
    both = {"rp": own} | ({"rp_shared": {label: drawn(label, hashed("1/fresh")) for label in labels}} if eta else {})
    for metric, images in both.items():
        a, b = images.values()
        rows = rescored.pair(metric, a, b, solvers, THRESHOLD, [(a, gaussian), (b, gaussian)])
        expected |= {(tuple(labels), key): row for key, row in rows.items()}
    tags = {"solver": kind, "steps": steps, "eta": eta}
    check_all([row for row in lively_solvers.rows if {key: row[key] for key in tags} == tags], expected)
    nfe = 2 * steps - 1 if kind == "heun" else steps
    assert {row["nfe"] for row in lively_solvers.rows if {k: row[k] for k in tags} == tags} == {nfe}


def test_fresh_noise_tells_shared_from_own(lively_solvers):
    own, shared = (find(lively_solvers.rows, metric=metric, eta=0.5)["value"] for metric in ("rp", "rp_shared"))
    assert 0 < own < shared < 1
