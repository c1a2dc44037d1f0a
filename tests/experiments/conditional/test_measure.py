"""Rows of a tiny run, computed once more by numpy from the stored images, and those from plain calls."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from readings import Page
from tiny import pixels, real, shuffled
from tiny_room import Tiny

from samenoise.data import digits, of_classes
from samenoise.experiments.conditional import experiment
from samenoise.experiments.conditional.copying import Copying, Transition
from samenoise.experiments.conditional.measure import Told
from samenoise.experiments.conditional.subjects import Subjects
from samenoise.generators.labelled import How
from samenoise.lab.run_files import CORE, OPTIONAL, Row, read_run
from samenoise.lab.schema import scores_schema
from samenoise.networks.checkpoint import from_pretrained
from samenoise.noise import NoiseBank
from samenoise.oracle import Empirical, Gaussian
from samenoise.process import EDM
from samenoise.solver import generate
from tests.experiments.conditional.tiny_run import config

Array = NDArray[Any]
THRESHOLD, NOISES, LARGEST = 0.9, 24, 60
TURNS = np.arange(NOISES) % 3
CONFIG = config()
SETTINGS = CONFIG.settings["conditional"]
SUBJECTS = Subjects(Told(common=CONFIG.common, settings=SETTINGS).study, SETTINGS)
pytestmark = pytest.mark.slow


def drawn(tiny: Tiny, wanted: Any, again: bool = False) -> Array:
    return pixels(tiny.store, tiny.agenda.plan.samples(tiny.agenda.study.ask(wanted, again)))


def network(tiny: Tiny, name: str, how: How | None = None) -> Array:
    plain = tiny.agenda.study.named(name)
    return drawn(tiny, plain if how is None else SUBJECTS.network(plain, how))


def unit(tiny: Tiny, images: Array) -> Array:
    centred = images - real(tiny.agenda, tiny.store)[train_ids(tiny)].mean(0)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def train_ids(tiny: Tiny, n: int = LARGEST) -> Array:
    return shuffled(100, 3)[:n]


def labels_of(tiny: Tiny) -> Array:
    labels = tiny.agenda.study.data.load(tiny.store).labels.numpy()
    return np.searchsorted([1, 4, 7], labels)


@pytest.mark.parametrize(("labels", "scale"), [("none", None), ("class", 0.0), ("class", 1.0), ("class", 3.0)])
def test_agreement_beside_other_noises_of_the_label(tiny: Tiny, labels: str, scale: float | None) -> None:
    how = None if scale is None else How(scale=scale)
    a, b = (unit(tiny, network(tiny, name, how)) for name in ("one", "two"))
    closed = tiny.agenda.study.gaussian(LARGEST) if how is None else SUBJECTS.gaussian(how)
    g = unit(tiny, drawn(tiny, closed))
    of = TURNS if scale else np.zeros(NOISES)
    s = a @ b.T
    others = (of[:, None] == of) & ~np.eye(NOISES, dtype=bool)
    row = {"a": "one", "b": "two", "labels": labels, "scale": scale}
    found = tiny.find(metric="rp", **row)
    assert found["value"] == pytest.approx((np.diag(s) > THRESHOLD).mean())
    assert found["baseline"]["floor"] == pytest.approx((s[others] > THRESHOLD).mean())
    gaussian = max((np.sum(x * g, 1) > THRESHOLD).mean() for x in (a, b))
    assert found["baseline"]["gaussian"] == pytest.approx(gaussian)
    assert found["n"] == NOISES
    beyond = tiny.find(metric="rp_beyond_label", **row)
    parts = [
        (s[i, i] > THRESHOLD) - np.mean([(s[i, j] > THRESHOLD) for j in range(NOISES) if others[i, j]])
        for i in range(NOISES)
    ]
    assert beyond["value"] == pytest.approx(np.mean(parts))
    auc = tiny.find(metric="rp_auc", **row)
    wins = [
        np.mean([(s[i, i] > t) + 0.5 * (s[i, i] == t) for t in np.concatenate([s[i, others[i]], s[others[i], i]])])
        for i in range(NOISES)
    ]
    assert auc["value"] == pytest.approx(np.mean(wins), abs=1e-6)
    assert auc["baseline"]["floor"] == 0.5
    most = tiny.find(metric="rp_beyond", **row)
    rival = np.maximum(np.sum(a * g, 1), np.sum(b * g, 1))
    assert most["value"] == pytest.approx((np.diag(s) > rival).mean())
    calibrated = tiny.find(metric="rp_calibrated", **row)
    assert (s[others] > calibrated["threshold"]).mean() <= 0.01 + 1e-9


def test_labels_take_turns_and_guidance_is_that_of_a_plain_call(tiny: Tiny) -> None:
    member = SUBJECTS.network(tiny.agenda.study.named("one")).member
    place = tiny.agenda.plan.place(member)
    denoiser = from_pretrained(place.train.place(tiny.store, place.member))
    assert denoiser.network.classes == 3
    bank, t = NoiseBank(2, (1, 8, 8)), torch.from_numpy(TURNS)

    class Plain:
        process, shape = denoiser.process, denoiser.shape

        def __call__(self, x, t, cond=None):
            told, untold = denoiser(x, t, cond), denoiser(x, t)
            return 3 * told - 2 * untold

    for how, wrapped, cond in (
        (How(), denoiser, t),
        (How(label=2), denoiser, torch.full((NOISES,), 2)),
        (How(scale=0.0), denoiser, None),
        (How(scale=3.0), Plain(), t),
    ):
        (batch,) = generate(wrapped, bank, range(NOISES), steps=10, cond=cond)
        np.testing.assert_allclose(batch.images.flatten(1).numpy(), network(tiny, "one", how), rtol=0, atol=1e-3)


def test_closed_forms_are_those_of_the_images_of_the_class(tiny: Tiny) -> None:
    images = tiny.agenda.study.data.load(tiny.store).images[torch.from_numpy(train_ids(tiny))]
    labels, bank = labels_of(tiny)[train_ids(tiny)], NoiseBank(2, (1, 8, 8))
    for c in range(3):
        own = images[torch.from_numpy(labels == c)]
        for made, found in (
            (Gaussian.fit(own, EDM()), SUBJECTS.gaussian(How(label=c))),
            (Empirical(own, EDM()), None),
        ):
            (batch,) = generate(made, bank, range(NOISES), steps=10)
            expected = batch.images.flatten(1).numpy()
            if found is not None:
                np.testing.assert_allclose(drawn(tiny, found), expected, rtol=0, atol=1e-4)
            else:
                turned = drawn(tiny, SUBJECTS.optimum(LARGEST))[c::3]
                np.testing.assert_allclose(turned, expected[c::3], rtol=0, atol=1e-3)


def test_each_class_by_itself(tiny: Tiny) -> None:
    for c in range(3):
        a, b = (unit(tiny, network(tiny, name, How(label=c))) for name in ("one", "two"))
        s, row = a @ b.T, tiny.find(metric="rp_class", label=c)
        assert row["value"] == pytest.approx((np.diag(s) > THRESHOLD).mean())
        assert row["baseline"]["floor"] == pytest.approx((s[~np.eye(NOISES, dtype=bool)] > THRESHOLD).mean())


@pytest.mark.parametrize("u", ["one", "two"])
@pytest.mark.parametrize("v", ["one", "two"])
def test_conditional_rp_is_of_the_nearest_class(tiny: Tiny, u: str, v: str) -> None:
    plain = unit(tiny, network(tiny, u))
    told = [unit(tiny, network(tiny, v, How(label=c))) for c in range(3)]
    normal = unit(tiny, drawn(tiny, tiny.agenda.study.gaussian(LARGEST)))
    normals = [unit(tiny, drawn(tiny, SUBJECTS.gaussian(How(label=c)))) for c in range(3)]

    def best(x: Array, classes: list[Array]) -> Array:
        return np.max([x @ y.T for y in classes], 0)

    s, off = best(plain, told), ~np.eye(NOISES, dtype=bool)
    row = tiny.find(metric="conditional_rp", a=u, b=v)
    assert row["value"] == pytest.approx((np.diag(s) > THRESHOLD).mean())
    assert row["baseline"]["floor"] == pytest.approx((s[off] > THRESHOLD).mean())
    beside = [np.diag(best(plain, normals)), np.diag(best(normal, told))]
    assert row["baseline"]["gaussian"] == pytest.approx(max((x > THRESHOLD).mean() for x in beside))
    beyond = tiny.find(metric="conditional_rp_beyond", a=u, b=v)
    assert beyond["value"] == pytest.approx((np.diag(s) > np.maximum(*beside)).mean())
    wins = [np.mean([s[i, i] > t for j in range(NOISES) if j != i for t in (s[i, j], s[j, i])]) for i in range(NOISES)]
    assert tiny.find(metric="conditional_rp_auc", a=u, b=v)["value"] == pytest.approx(np.mean(wins), abs=1e-6)


def test_labels_are_obeyed_where_they_are_told(tiny: Tiny) -> None:
    train, labels = unit(tiny, real(tiny.agenda, tiny.store)[train_ids(tiny)]), labels_of(tiny)[train_ids(tiny)]
    shares = {}
    for scale in (0.0, 1.0, 3.0):
        images = unit(tiny, network(tiny, "one", How(scale=scale)))
        row = tiny.find(metric="label_obeyed", a="one", scale=scale)
        shares[scale] = row["value"]
        assert row["value"] == pytest.approx((labels[(images @ train.T).argmax(1)] == TURNS).mean())
        held = shuffled(100, 3)[LARGEST:]
        own = unit(tiny, real(tiny.agenda, tiny.store)[held])
        ceiling = (labels[(own @ train.T).argmax(1)] == labels_of(tiny)[held]).mean()
        assert row["baseline"]["ceiling"] == pytest.approx(ceiling)
        assert row["baseline"]["floor"] == pytest.approx(1 / 3)
    assert shares[0.0] < 0.7 < shares[1.0], "the network listens"


@cache
def sweep(n: int) -> Copying:
    return Copying(common=CONFIG.common, settings=SETTINGS, n=n)


@pytest.mark.parametrize(("kind", "n"), [(None, 5), ("class", 60), ("random", 5), ("random", 60), ("each", 5)])
def test_copies_and_the_optimum_by_label(tiny: Tiny, kind: Any, n: int) -> None:
    images, train = drawn(tiny, sweep(n).network(kind)), real(tiny.agenda, tiny.store)[train_ids(tiny, n)]
    row = {"a": "sweep-32", "labels": kind or "none", "n_train": n}
    share = ((unit(tiny, images) @ unit(tiny, train).T).max(1) > THRESHOLD).mean()
    assert tiny.find(metric="memorized", **row)["value"] == pytest.approx(share)
    optimum = drawn(tiny, sweep(n).optimum(kind))
    same = (np.sum(unit(tiny, images) * unit(tiny, optimum), 1) > THRESHOLD).mean()
    assert tiny.find(metric="rp_optimum", **row)["value"] == pytest.approx(same)
    if kind == "each":  # the optimum of one image is that image
        np.testing.assert_allclose(optimum, train[np.arange(NOISES) % n], rtol=0, atol=1e-2)


def test_labels_are_part_of_what_is_trained(tiny: Tiny) -> None:
    """No two kinds are one network, and none shares weights or noise with another."""
    kinds = sweep(5).here
    members = [sweep(5).network(kind).member for kind in kinds]
    assert kinds == [None, "class", "random", "each"]
    assert len({m.model.seed for m in members}) == len({m.model.init_seed for m in members}) == 4
    assert [m.labels and m.labels.classes for m in members] == [None, 3, 3, 5]
    assert sweep(60).here == [None, "class", "random"]
    assert [m.n for m in Transition(common=CONFIG.common, settings=SETTINGS).after()] == [5, 60]


def test_rows_follow_the_schema_and_the_tags(tiny: Tiny) -> None:
    jsonschema.validate({"schema_version": 1, "scores": tiny.rows}, scores_schema([experiment]))
    assert set(experiment.metrics) <= {r["metric"] for r in tiny.rows}
    assert {key for r in tiny.rows for key in r} - {*CORE, *OPTIONAL} == set(experiment.tags)
    keys = [
        tuple(str(r.get(k)) for k in ("metric", "a", "b", "n_train", "labels", "scale", "label")) for r in tiny.rows
    ]
    assert len(set(keys)) == len(keys), "each row is one"
    values = [r["value"] for r in tiny.rows if r["metric"].startswith(("rp", "conditional_rp")) and r["value"]]
    assert len({round(v, 6) for v in values}) > 15, "what the tests above compare can be told apart"


def test_report_and_summary_are_made(tiny: Tiny) -> None:
    run = read_run(tiny.store.root)
    assert all(isinstance(s, Row) for s in run.scores)
    grid = json.loads((tiny.store.root / "grid.json").read_text())
    assert [p["label"] for p in grid["panels"]] == ["no labels", *(f"labels in turn, guidance {s}" for s in (0, 1, 3))]
    page = Page((tiny.store.root / "report" / "index.html").read_text()).text
    for drawing in experiment.drawings(run.scores):
        assert drawing.title in page
    # So few updates make no pictures, and pairs that draw none are in no figure of agreement.
    assert "labels-copying" in {drawing.key for drawing in experiment.drawings(run.scores)}
    assert list(experiment.tables(run.scores, 80))
    assert any(f.sentences for f in experiment.findings(run.scores))
    assert len(of_classes(digits(), [1, 4, 7])) > 100
