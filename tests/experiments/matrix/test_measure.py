"""``matrix``: what two models differ in, and every row from the samples in the store; students on the way."""

import json
from itertools import combinations

import jsonschema
import numpy as np
import pytest
from safetensors.numpy import load_file
from tiny import MATRIX, computed, cosines, drawn, find, other, real, shuffled

from samenoise.experiments.matrix.measure import differs, lineage

HALVED = {"procedure": "progressive-distillation", "teacher_steps": 16, "steps": 4}
STUDENT = {"procedure": "consistency-training", "teacher_steps": 16, "steps": 4}


def model(**changes):
    models = {"teacher": {}, "x": {"width": 8, **changes}}
    return other(MATRIX, models=models).common.models["x"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["seed"]),
        ({"seed": 1}, ["seed"]),
        ({"process": {"name": "ve"}}, ["process"]),
        ({"process": {"name": "edm", "options": {"sigma_max": 40}}}, ["process"]),
        ({"network": {"parameterisation": "x0"}}, ["parameterisation"]),
        ({"network": {"sigma_data": 0.4}}, ["parameterisation"]),
        ({"process": {"name": "vp"}, "network": {"parameterisation": "eps"}}, ["process", "parameterisation"]),
        ({"network": {"blocks": 2}}, ["architecture"]),
        ({"network": {"name": "uvit"}}, ["architecture"]),
        ({"network": {"name": "uvit"}, "width": 16}, ["architecture"]),
        ({"width": 16, "seed": 1}, ["width"]),
        ({"network": {"blocks": 2}, "width": 16}, ["architecture", "width"]),
        ({"training": {"updates": 20}}, ["updates"]),
        ({"training": {"optimizer": "sgd"}}, ["procedure"]),
        ({"training": {"batch": 8, "updates": 20}}, ["procedure", "updates"]),
        ({"training": {"cohort": 2}}, ["seed"]),
        ({"training": STUDENT}, ["procedure"]),
        ({"training": {**STUDENT, "updates": 60}}, ["procedure", "updates"]),
        ({"teacher": "teacher", "training": {**HALVED, "updates": 15}}, ["procedure"]),
        ({"teacher": "teacher", "training": {**HALVED, "updates": 30}}, ["procedure", "updates"]),
        ({"teacher": "teacher", "training": {**STUDENT, "procedure": "consistency-distillation"}}, ["procedure"]),
        (
            {"process": {"name": "flow"}, "network": {"name": "uvit"}, "training": {"updates": 20}, "seed": 3},
            ["process", "architecture", "updates"],
        ),
    ],
)
def test_what_two_models_differ_in(changes, expected):
    """A seed counts where it is all, widths of two architectures do not; updates are those of all stages."""
    assert differs(model(), model(**changes)) == expected
    assert differs(model(**changes), model()) == expected


def test_two_students_are_compared_in_their_updates():
    assert differs(model(training=STUDENT), model(training={**STUDENT, "updates": 60})) == ["updates"]
    assert differs(model(training=STUDENT), model(training={**STUDENT, "steps": 8})) == ["procedure"]


def test_what_is_made_of_one_models_weights_has_a_lineage():
    distilled = {"procedure": "consistency-distillation", "teacher_steps": 16, "steps": 4}
    made = {"teacher": "plain", "training": distilled}
    config = other(MATRIX, models={"plain": {}, "other": {"seed": 1}, "a": made, "b": {**made, "seed": 1}})
    models = config.common.models
    for one, two in (("plain", "a"), ("b", "plain"), ("a", "b")):
        assert lineage(models, one, two) == {"lineage": "plain"}
    for one, two in (("plain", "other"), ("a", "other"), ("other", "b")):
        assert lineage(models, one, two) == {}


def test_stages_of_a_chain_halve_the_steps():
    assert model(teacher="teacher", training=HALVED).training.stages == (8, 4)
    assert model(teacher="teacher", training={**HALVED, "steps": 1}).training.stages == (8, 4, 2, 1)
    assert model(training=STUDENT).training.stages == (4,)
    assert len(model().training.stages) == 1


def sampled(run, label, again=False):
    agenda, store, _ = run
    return drawn(agenda, store, agenda.study.named(label), again).astype(np.float64)


def training_set(run):
    """All images of the run and, as it is as large, their mean."""
    agenda, store, _ = run
    images = real(agenda, store).astype(np.float64)[shuffled(1797)[:40]]
    return images, images.mean(0)


def test_every_pair_has_a_row_equal_to_an_independent_computation(matrix_run):
    agenda, store, rows = matrix_run
    models = agenda.config.common.models
    _, mean = training_set(matrix_run)
    gaussian = drawn(agenda, store, agenda.study.gaussian(40))
    values = []
    for left, right in combinations(models, 2):
        a, b = sampled(matrix_run, left), sampled(matrix_run, right)
        match = cosines(a, b, mean) > 0.6
        row = find(rows, metric="rp", a=left, b=right)
        assert row["value"] == match.diagonal().mean()
        assert row["differs"] == differs(models[left], models[right])
        assert row.get("lineage") == ("plain" if {left, right} == {"plain", "halved"} else None)
        assert (row["n"], row["n_train"], row["width"], row["experiment"]) == (24, 40, None, "matrix")
        assert row["baseline"]["floor"] == pytest.approx((match.sum() - match.trace()) / (24 * 23))
        by_chance = [(cosines(x, gaussian, mean).diagonal() > 0.6).mean() for x in (a, b)]
        assert row["baseline"]["gaussian"] == max(by_chance)
        again = [(x, sampled(matrix_run, y, True)) for x, y in ((a, left), (b, right))]
        assert row["baseline"]["ceiling"] == min((cosines(*pair, mean).diagonal() > 0.6).mean() for pair in again)
        distance = np.sqrt(((a - b) ** 2).sum(1).mean())
        assert find(rows, metric="pfd", a=left, b=right)["value"] == pytest.approx(distance, rel=1e-6)
        for metric in ("pfd", "mae_score", "rp_calibrated"):
            assert find(rows, metric=metric, a=left, b=right)["differs"] == row["differs"]
        values.append(row["value"])
    assert len(values) == 10
    assert len([row for row in rows if row["metric"] == "rp"]) == 10
    assert len(set(values)) > 3, "models that all agree, or never do, would test nothing"
    assert max(values) > 0


def test_every_model_is_held_against_the_closed_forms(matrix_run):
    agenda, store, rows = matrix_run
    train, mean = training_set(matrix_run)
    closed = {"optimum": agenda.study.optimum(40), "gaussian": agenda.study.gaussian(40)}
    references = {name: drawn(agenda, store, wanted) for name, wanted in closed.items()}
    for label, spec in agenda.config.common.models.items():
        images = sampled(matrix_run, label)
        for name, reference in references.items():
            row = find(rows, metric=f"rp_{name}", a=label)
            assert row["value"] == (cosines(images, reference, mean).diagonal() > 0.6).mean()
            assert (row["b"], row["width"]) == (name, spec.width)
            assert "differs" not in row
        row = find(rows, metric="nn_distance", a=label)
        gaps = np.linalg.norm(images[:, None] - train[None], axis=2)
        assert row["value"] == pytest.approx(np.median(gaps.min(1)), rel=1e-5)
        between = np.sort(np.linalg.norm(train[:, None] - train[None], axis=2), axis=1)[:, 1]
        # torch's median is the lower of the two in the middle
        assert row["baseline"]["floor"] == pytest.approx(np.sort(between)[19], rel=1e-5), "real images among themselves"
    assert not {row["metric"] for row in rows} & {"memorized", "gl", "memorized_heldout"}, "nothing is held out"


def test_copying_is_scored_where_images_are_held_out(tmp_path):
    noisy = {"seed": 1, "process": {"name": "vp"}, "network": {"parameterisation": "eps"}}
    store, rows = computed(other(MATRIX, data={"held_out": 30}, models={"a": {}, "b": noisy}), tmp_path)
    for label in ("a", "b"):
        assert find(rows, metric="memorized", a=label)["baseline"]["floor"] is not None
    assert find(rows, metric="memorized_heldout")["n"] == 30
    networks = json.loads((store.root / "manifest.json").read_text())["networks"]
    made = [(networks[label]["process"], networks[label]["parameterisation"]) for label in ("a", "b")]
    assert made == [("edm", "edm"), ("vp", "eps")]


def test_rows_follow_the_schema(matrix_run, follows_schema):
    _, store, _ = matrix_run
    content = json.loads((store.root / "scores.json").read_text())
    follows_schema(content)
    for wrong in ([], ["solver"], ["seed", "seed"], "seed"):
        content["scores"][0]["differs"] = wrong
        with pytest.raises(jsonschema.ValidationError):
            follows_schema(content)


def test_manifest_and_grid_name_every_model(matrix_run):
    agenda, store, _ = matrix_run
    models = agenda.config.common.models
    networks = json.loads((store.root / "manifest.json").read_text())["networks"]
    assert list(networks) == list(models)
    assert networks["attention"]["architecture"] == "uvit"
    assert (networks["flow"]["process"], networks["flow"]["parameterisation"]) == ("flow", "flow")
    assert (networks["halved"]["procedure"], networks["halved"]["nfe"], networks["plain"]["nfe"]) == (
        "progressive-distillation",
        2,
        7,
    )
    grid, tensors = json.loads((store.root / "grid.json").read_text()), load_file(store.root / "grid.safetensors")
    keys = [row["key"] for row in grid["rows"]]
    assert keys == ["noise", *models, "nearest", "optimum", "gaussian"]
    for label in models:
        expected = np.round((sampled(matrix_run, label)[:4].clip(-1, 1) + 1) * 127.5)
        assert np.abs(tensors["images"][0, keys.index(label)].reshape(4, -1) - expected).max() <= 1


def test_seeds_of_named_models_are_their_own(matrix_run):
    agenda, *_ = matrix_run
    members = [agenda.study.named(label).member for label in agenda.config.common.models]
    assert len({each.model.seed for each in members}) == len({each.model.init_seed for each in members}) == 5
    assert not np.array_equal(sampled(matrix_run, "plain"), sampled(matrix_run, "again"))
