"""Rows of a tiny run, computed once more by other code: from the stored images by numpy, and those by a plain loop."""

from __future__ import annotations

import json
from itertools import combinations, pairwise
from typing import Any

import jsonschema
import numpy as np
import pytest
import torch
from readings import Page
from safetensors.numpy import load_file
from tiny import cosines, hashed, pixels, real, shuffled
from tiny_room import Tiny

from samenoise.experiments.inverse import experiment
from samenoise.experiments.inverse.measure import Restored
from samenoise.lab.run_files import CORE, OPTIONAL, read_run
from samenoise.lab.schema import scores_schema
from samenoise.networks.checkpoint import from_pretrained
from samenoise.noise import NoiseBank
from samenoise.process import EDM
from tests.experiments.inverse.tiny_run import TINY

TASKS = ("box", "pool")
MODELS = list(TINY["models"])
M, NOISES, THRESHOLD, NOISE, ZETA = 8, 24, 0.8, 0.1, 6.0
TURN = np.arange(NOISES) % M
FAMILY = {"plain": "mlp", "again": "mlp", "wide": "mlp", "attention": "transformer", "blocks": "transformer"}


def held_out(tiny: Tiny) -> np.ndarray:
    """The images that are measured: the first of those at the end of the shuffled order."""
    return real(tiny.agenda, tiny.store)[shuffled(1797, 3)[-20:][:M]]


def task(tiny: Tiny, name: str) -> Restored:
    return next(m for m in tiny.agenda.measurements if getattr(m, "task", None) == name)


def restored(tiny: Tiny, name: str, label: str, again: bool = False) -> np.ndarray:
    study, measurement = tiny.agenda.study, task(tiny, name)
    prior = study.gaussian(60) if label == "gaussian" else study.named(label)
    return pixels(tiny.store, tiny.agenda.plan.samples(measurement.ask(prior, again)))


def plain(tiny: Tiny, label: str) -> np.ndarray:
    study = tiny.agenda.study
    return pixels(tiny.store, tiny.agenda.plan.samples(study.ask(study.named(label))))


def seen(name: str, images: np.ndarray) -> np.ndarray:
    """What is measured, written out."""
    square = images.reshape(-1, 8, 8)
    if name == "box":
        hidden = np.zeros((8, 8), dtype=bool)
        hidden[3:5, 3:5] = True
        return square[:, ~hidden]
    return square.reshape(-1, 2, 4, 2, 4).mean((2, 4)).reshape(-1, 4)


def measurements(tiny: Tiny, name: str) -> np.ndarray:
    exact = seen(name, held_out(tiny))
    shape = (1, 60) if name == "box" else (1, 2, 2)
    bank = NoiseBank(hashed(f"3/inverse/noise/{name}"), shape)
    return exact + NOISE * bank[:M].flatten(1).numpy()


def mean_image(tiny: Tiny) -> np.ndarray:
    return real(tiny.agenda, tiny.store)[shuffled(1797, 3)[:60]].mean(0)


@pytest.mark.parametrize("name", TASKS)
def test_what_was_measured_is_the_formula(tiny: Tiny, name: str) -> None:
    found = task(tiny, name).measured.load(tiny.store)
    np.testing.assert_allclose(found.y.flatten(1).numpy(), measurements(tiny, name), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(found.truth.flatten(1).numpy(), held_out(tiny))


@pytest.mark.parametrize("label", ["plain", "attention"])
def test_images_are_a_plain_loop_of_dps(tiny: Tiny, label: str) -> None:
    """Heun under EDM with a correction after each step, written out for all noises at once."""
    place = tiny.agenda.plan.place(tiny.agenda.study.named(label).member)
    denoiser = from_pretrained(place.train.place(tiny.store, place.member))
    y = torch.from_numpy(measurements(tiny, "box")[TURN]).float()
    hidden = torch.zeros(8, 8, dtype=torch.bool)
    hidden[3:5, 3:5] = True
    grid = EDM().grid(8)
    x = grid[0].float() * NoiseBank(2, (1, 8, 8))[:NOISES]
    for t, s in pairwise(grid):
        x = x.requires_grad_()
        D = denoiser(x, t)
        misfit = (D[:, 0][:, ~hidden] - y).square().sum(1).sqrt().sum()
        gradient = torch.autograd.grad(misfit, x)[0]
        x, D = x.detach(), D.detach()
        slope = (x - D) / t.float()
        end = x + (s - t).float() * slope
        if s > 0:
            with torch.no_grad():
                other = (end - denoiser(end, s)) / s.float()
            end = x + (s - t).float() * (slope + other) / 2
        x = end - ZETA * gradient
    np.testing.assert_allclose(x.flatten(1).numpy(), restored(tiny, "box", label), rtol=0, atol=5e-4)


@pytest.mark.parametrize("name", TASKS)
def test_every_pair_from_the_images(tiny: Tiny, name: str) -> None:
    mean, drawn = mean_image(tiny), {label: restored(tiny, name, label) for label in (*MODELS, "gaussian")}
    values = set()
    for a, b in combinations(MODELS, 2):
        same = cosines(drawn[a], drawn[b], mean) > THRESHOLD
        row = tiny.find(metric="rp", task=name, a=a, b=b)
        assert row["value"] == same.diagonal().mean()
        assert row["kin"] == (
            "seed" if {a, b} == {"plain", "again"} else "family" if FAMILY[a] == FAMILY[b] else "across"
        )
        one = TURN[:, None] == TURN
        others = [same[one & (j == TURN)[:, None] & ~np.eye(NOISES, dtype=bool)].mean() for j in range(M)]
        row = tiny.find(metric="rp_other_noise", task=name, a=a, b=b)
        assert row["value"] == pytest.approx(np.mean(others))
        assert row["baseline"]["floor"] == pytest.approx(same[~one].mean())
        beyond = [same.diagonal()[j == TURN].mean() - others[j] for j in range(M)]
        row = tiny.find(metric="rp_beyond_measurement", task=name, a=a, b=b)
        assert row["value"] == pytest.approx(np.mean(beyond))
        assert row["ci95"][0] <= row["value"] <= row["ci95"][1]
        assert row["n"] == M
        values.add(row["value"])
    assert len(values) > 4


@pytest.mark.parametrize("name", TASKS)
def test_every_model_from_the_images(tiny: Tiny, name: str) -> None:
    truth, y = held_out(tiny), measurements(tiny, name)
    gaussian = restored(tiny, name, "gaussian")

    def psnr(images: np.ndarray) -> float:
        error = ((images - truth[TURN]).astype(np.float64) ** 2).mean(1)
        return float((10 * np.log10(4 / error)).mean())

    def misfit(images: np.ndarray) -> float:
        return float(np.sqrt(((seen(name, images) - y[TURN]) ** 2).mean(1)).mean())

    ridge = NOISE**2
    alone = np.zeros((M, 8, 8))
    if name == "box":
        hidden = np.zeros((8, 8), dtype=bool)
        hidden[3:5, 3:5] = True
        alone[:, ~hidden] = y / (1 + ridge)
    else:
        alone = (y.reshape(M, 2, 2) / 16 / (1 / 16 + ridge)).repeat(4, 1).repeat(4, 2)
    for label in MODELS:
        images = restored(tiny, name, label)
        row = tiny.find(metric="psnr", task=name, a=label)
        assert row["value"] == pytest.approx(psnr(images), abs=1e-4)
        assert row["baseline"]["floor"] == pytest.approx(psnr(alone.reshape(M, 64)[TURN]), abs=1e-4)
        assert row["baseline"]["gaussian"] == pytest.approx(psnr(gaussian), abs=1e-4)
        row = tiny.find(metric="misfit", task=name, a=label)
        assert row["value"] == pytest.approx(misfit(images), abs=1e-5)
        assert row["baseline"]["floor"] == pytest.approx(misfit(plain(tiny, label)), abs=1e-5)
        assert row["baseline"]["ceiling"] == pytest.approx(misfit(truth[TURN]), abs=1e-5)
        assert row["family"] == ("MLPs" if FAMILY[label] == "mlp" else "transformers")


@pytest.mark.parametrize("name", ["none", *TASKS])
def test_the_gap_between_families(tiny: Tiny, name: str) -> None:
    """plain and again are one architecture: what the two agree on counts as one pair, on average."""
    mean = mean_image(tiny)
    drawn = {label: plain(tiny, label) if name == "none" else restored(tiny, name, label) for label in MODELS}

    def rp(a: str, b: str) -> float:
        return float((cosines(drawn[a], drawn[b], mean).diagonal() > THRESHOLD).mean())

    within = [(rp("plain", "wide") + rp("again", "wide")) / 2, rp("attention", "blocks")]
    across = [
        rp(a, b) if a == "wide" else (rp("plain", b) + rp("again", b)) / 2
        for a in ("wide", "one")
        for b in ("attention", "blocks")
    ]
    row = tiny.find(metric="rp_family_gap", task=name)
    assert row["value"] == pytest.approx(np.mean(within) - np.mean(across))
    assert row["within"] == pytest.approx(np.mean(within))
    assert row["n"] == (NOISES if name == "none" else M)
    units = {("one", "wide"): within[0], ("attention", "blocks"): within[1]}
    units |= dict(
        zip([("wide", "attention"), ("wide", "blocks"), ("one", "attention"), ("one", "blocks")], across, strict=True)
    )
    gaps = []
    for partner in ("wide", "attention", "blocks"):
        inside = [
            k for k in units if set(k) in ({"one", partner}, {"one", "wide", "attention", "blocks"} - {"one", partner})
        ]
        gaps.append(np.mean([units[k] for k in inside]) - np.mean([v for k, v in units.items() if k not in inside]))
    assert row["groupings"] == 3
    assert row["as_large"] == sum(g >= gaps[0] - 1e-12 for g in gaps)


def test_rows_follow_the_schema_and_the_tags(tiny: Tiny) -> None:
    jsonschema.validate({"schema_version": 1, "scores": tiny.rows}, scores_schema([experiment]))
    assert set(experiment.metrics) <= {r["metric"] for r in tiny.rows}
    used = {key for r in tiny.rows for key in r} - {*CORE, *OPTIONAL}
    assert used == set(experiment.tags)
    assert {r["task"] for r in tiny.rows} == {"none", *TASKS}
    assert all(("zeta" in r) == (r["task"] != "none") for r in tiny.rows)


def test_the_grid_shows_the_measurement_and_the_image(tiny: Tiny) -> None:
    grid = json.loads((tiny.store.root / "grid.json").read_text())
    tensors = load_file(tiny.store.root / "grid.safetensors")
    assert [p["label"] for p in grid["panels"]] == list(TASKS)
    keys = [row["key"] for row in grid["rows"]]
    assert keys == ["noise", *MODELS, "nearest", "measurement", "truth", "gaussian"]

    def shown(panel: int, key: str) -> np.ndarray:
        return tensors["images"][panel, keys.index(key)].reshape(4, -1).astype(np.int64)

    def levels(images: np.ndarray) -> np.ndarray:
        return np.round((images.clip(-1, 1) + 1) * 127.5)

    for p, name in enumerate(TASKS):
        assert np.abs(shown(p, "truth") - levels(held_out(tiny)[:4])).max() <= 1
        assert np.abs(shown(p, "plain") - levels(restored(tiny, name, "plain")[:4])).max() <= 1
    picture = np.zeros((4, 8, 8))
    hidden = np.zeros((8, 8), dtype=bool)
    hidden[3:5, 3:5] = True
    picture[:, ~hidden] = measurements(tiny, "box")[:4]
    assert np.abs(shown(0, "measurement") - levels(picture.reshape(4, 64))).max() <= 1


def test_manifests_say_how_it_was_drawn(tiny: Tiny) -> None:
    measurement, study = task(tiny, "box"), tiny.agenda.study
    cell = tiny.agenda.plan.samples(measurement.ask(study.named("plain")))
    manifest: dict[str, Any] = cell.manifest(tiny.store)
    assert manifest["method"] == {"name": "dps", "zeta": ZETA}
    assert manifest["operator"]["name"] == "box"
    assert manifest["measured"]["noise"] == NOISE
    assert manifest["nfe"] == 2 * 8 - 1, "Heun's calls, and none more"
    found = json.loads((tiny.store.root / "manifest.json").read_text())
    assert set(found["networks"]) == set(MODELS)
    assert found["sampler"]["nfe"] == 15


def test_report_and_summary_are_made(tiny: Tiny) -> None:
    run = read_run(tiny.store.root)
    page = Page((tiny.store.root / "report" / "index.html").read_text()).text
    assert "Farther from held-out images than what the Gaussian" in page, "these networks have learnt nothing"
    assert "what was measured" in page
    for table in experiment.tables(run.scores, 80):
        assert table.row_count == 0, "pairs of models that draw no pictures count for nothing"
