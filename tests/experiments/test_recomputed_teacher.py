"""``teacher`` and ``dynamics`` against a computation from the data on: the mixture, its samples, trainings anew."""

from functools import partial

import expected_row
import numpy as np
import pytest
import rescored
from lively import DYNAMICS, TEACHER, find
from recomputed import World, beside_real, looks

THRESHOLD = TEACHER["threshold"]


@pytest.fixture(scope="module")
def truth():
    return World(TEACHER)


@pytest.fixture(scope="module")
def along():
    return World(DYNAMICS)


def beside_the_truth(world, n, models, unseen):
    """Rows of two models, given at both batch sizes by width, and of each with the truth, the optimum and its data;
    ``unseen`` gives those of its loss."""
    mean, gaussian = world.mean, world.drawn("gaussian", n)
    train, held_out = world.real(world.ids(n)), world.real(world.held_out_ids)
    references = {"teacher": ("e_gen", world.twice("teacher")), "optimum": ("e_mem", world.twice("optimum", n))}
    a, b = models.values()
    names = tuple(f"mlp-{w}" for w in models)
    normals = [(a[0], gaussian), (b[0], gaussian)]
    found = {(names, key): row for key, row in rescored.pair("rp", a[0], b[0], world, THRESHOLD, normals).items()}
    for w, x in models.items():
        one = f"mlp-{w}"
        for name, (distance, reference) in references.items():
            beside = [(gaussian, reference[0])]
            rows = rescored.pair(f"rp_{name}", x[0], reference[0], world, THRESHOLD, beside)
            rows |= rescored.distances(distance, x[0], reference[0], [x, reference], beside)
            found |= {((one, name), key): row for key, row in rows.items()}
        copies = rescored.copying(x[0], train, held_out, gaussian, mean, THRESHOLD)
        found |= {((one, "train"), key): row for key, row in copies.items()}
        found |= beside_real(world, one, x[0], gaussian, unseen(w))
    return found


def check_all(rows, expected):
    assert sorted(((row["a"], row["b"]), row["metric"]) for row in rows) == sorted(expected)
    for row in rows:
        expected_row.check(row, expected[(row["a"], row["b"]), row["metric"]])


@pytest.mark.parametrize("n", TEACHER["sizes"])
def test_every_row_of_teacher_is_what_the_mixture_gives(lively_teacher, truth, n):
    """Copying is held against the training set of the model, not against the largest one."""

    def unseen(w):
        return rescored.unseen(*truth.unseen(partial(truth.network, w, n, "a")))

    expected = beside_the_truth(truth, n, {w: truth.twice("network", w, n) for w in TEACHER["widths"]}, unseen)
    optimum, flow, normal = truth.twice("optimum", n), truth.twice("teacher"), truth.drawn("gaussian", n)
    between = rescored.distances("pfd", optimum[0], flow[0], [optimum, flow], [(normal, flow[0])])
    expected[("optimum", "teacher"), "pfd"] = between["pfd"]
    held_out, train = truth.real(truth.held_out_ids), truth.real(truth.ids(n))
    real = rescored.heldout(held_out, train, truth.mean, THRESHOLD)
    expected[("held-out", "train"), "memorized_heldout"] = real["memorized_heldout"]
    check_all([row for row in lively_teacher.rows if row["n_train"] == n], expected)


def test_copies_of_the_training_set_are_not_copies_of_the_pool(truth):
    """What the test above would not see, were the two the same number."""
    real, pool = truth.real(truth.held_out_ids), truth.real(truth.ids(truth.largest))
    for n in TEACHER["sizes"][:-1]:
        floors = [rescored.cosines(real, y, truth.mean).max(1) > THRESHOLD for y in (truth.real(truth.ids(n)), pool)]
        assert floors[0].mean() < floors[1].mean()


@pytest.mark.parametrize("update", looks(DYNAMICS["training"]["updates"]))
def test_every_row_of_dynamics_is_what_the_network_was_after_that_update(lively_dynamics, along, update):
    [n] = DYNAMICS["sizes"]
    models = {w: twice_at(along, w, n, update) for w in DYNAMICS["widths"]}
    check_all(
        [row for row in lively_dynamics.rows if row.get("update") == update],
        beside_the_truth(along, n, models, lambda w: {}),
    )


def twice_at(world, width, n, update):
    denoiser = world.network(width, n, "a", update)
    return tuple(world.once((width, update, c), lambda c=c: world.draw(denoiser, ceiling=c)) for c in (False, True))


def learnt(rows, gap):
    """Whether a network has generalized, by its expected rows of one look and the upper end of the gap from the
    Gaussian's distance to real images, which has its own tests."""
    far, same = rows["e_gen"], rows["rp_teacher"]
    return (
        far["ci95"][1] <= 0.9 * far["baseline"]["gaussian"] and gap < 0 and same["ci95"][0] > same["baseline"]["floor"]
    )


def test_times_are_read_off_the_looks(lively_dynamics, along):
    """Generalization: pictures, 10 % nearer to the truth's than the Gaussian's, and those of the truth more than by
    chance. Memorization: first 0.1 above held-out real images."""
    [n] = DYNAMICS["sizes"]
    train = along.real(along.ids(n))
    real = along.real(along.held_out_ids)
    floor = (rescored.cosines(real, train, along.mean).max(1) > THRESHOLD).mean()
    at = looks(DYNAMICS["training"]["updates"])
    assert len(at) == 6
    for w in DYNAMICS["widths"]:
        drawn = [twice_at(along, w, n, update)[0] for update in at]
        rows = [
            beside_the_truth(along, n, {k: twice_at(along, k, n, u) for k in DYNAMICS["widths"]}, lambda w: {})
            for u in at
        ]
        gaps = [
            find(lively_dynamics.rows, metric="mmd_gap", a=f"mlp-{w}", n_train=n, update=update)["ci95"][1]
            for update in at
        ]
        looked = [{key: row for (names, key), row in look.items() if names[0] == f"mlp-{w}"} for look in rows]
        there = [learnt(look, gap) for look, gap in zip(looked, gaps, strict=True)]
        copied = np.array([(rescored.cosines(x, train, along.mean).max(1) > THRESHOLD).mean() for x in drawn])
        for metric, reached in (
            ("generalization_time", np.array(there)),
            ("memorization_time", copied > floor + 0.1),
        ):
            row = find(lively_dynamics.rows, metric=metric, a=f"mlp-{w}", n_train=n)
            if reached.any():
                k = int(reached.argmax())
                assert (row["value"], row["ci95"]) == (at[k], [at[k - 1] if k else 0, at[k]])
            else:
                assert row["value"] is None
                assert str(at[-1]) in row["note"]
