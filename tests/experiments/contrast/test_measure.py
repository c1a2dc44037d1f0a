"""Rows of a tiny run, computed once more by other code, from the stored images."""

from __future__ import annotations

import json
from itertools import combinations

import jsonschema
import numpy as np
import pytest
from tiny import cosines, drawn, hashed, real, shuffled
from tiny_room import Tiny

from samenoise.experiments.contrast import experiment
from samenoise.experiments.contrast.measure import permuted
from samenoise.experiments.contrast.models import kin, models
from samenoise.lab.schema import scores_schema
from samenoise.lab.study import Study
from tests.experiments.contrast.tiny_run import NAMES, TINY, config

NOISES, THRESHOLD = 24, 0.3
SORT = {name: name.split("-")[0] if "-" in name else "diffusion" for name in NAMES}


def images(tiny: Tiny, name: str) -> np.ndarray:
    (measurement,) = tiny.agenda.measurements
    return drawn(tiny.agenda, tiny.store, models(tiny.agenda.study, measurement.settings)[name].wanted)


def train(tiny: Tiny) -> np.ndarray:
    return real(tiny.agenda, tiny.store)[shuffled(1797, 3)[:40]]


def test_every_pair_has_its_rows_and_says_what_the_two_are(tiny: Tiny) -> None:
    pairs = {(row["a"], row["b"]): row for row in tiny.rows if row["metric"] == "rp"}
    assert list(pairs) == list(combinations(NAMES, 2))
    for (a, b), row in pairs.items():
        assert row["sorts"] == sorted({SORT[a], SORT[b]})
        assert row["kin"] == ("sort" if SORT[a] != SORT[b] else "seed"), (a, b)
    for metric in ("rp_permuted", "rp_permuted_auc", "rp_permuted_top1", "rp_auc", "rp_top1"):
        others = {(row["a"], row["b"]): row for row in tiny.rows if row["metric"] == metric}
        assert list(others) == list(pairs)
        assert all(row["kin"] == pairs[pair]["kin"] for pair, row in others.items())


@pytest.mark.parametrize(("a", "b"), [("plain", "again"), ("gan-mlp-8", "gan-mlp-8-seed1"), ("again", "vae-conv-4")])
def test_scores_are_those_of_the_stored_images(tiny: Tiny, a: str, b: str) -> None:
    """With the noises as they are, and with those of b permuted."""
    every = cosines(images(tiny, a), images(tiny, b), train(tiny).mean(0))
    order = permuted(NOISES, hashed("3/permuted"))
    for metric, similar in (("rp", every), ("rp_permuted", every[:, order])):
        own, others = np.diag(similar), similar[~np.eye(NOISES, dtype=bool)].reshape(NOISES, -1)
        back = similar.T[~np.eye(NOISES, dtype=bool)].reshape(NOISES, -1)
        assert tiny.find(metric=metric, a=a, b=b)["value"] == pytest.approx((own > THRESHOLD).mean())
        auc = np.mean([(own[:, None] > each).mean() for each in (others, back)])
        assert tiny.find(metric=f"{metric}_auc", a=a, b=b)["value"] == pytest.approx(auc, abs=2e-3)
        top1 = np.mean([(own > each.max(1)).mean() for each in (others, back)])
        assert tiny.find(metric=f"{metric}_top1", a=a, b=b)["value"] == pytest.approx(top1, abs=1e-9)


def test_two_of_a_sort_differ_in_the_seed_alone_or_in_more() -> None:
    two = config(vae={**TINY["contrast"]["vae"], "networks": {"mlp": 8, "conv": 4}})
    every = {**two.common.models, "wide": two.common.models["plain"].model_copy(update={"width": 32})}
    found = models(Study(two.common.model_copy(update={"models": every})), two.settings["contrast"])
    for a, b, expected in (
        ("plain", "again", "seed"),
        ("plain", "wide", "architecture"),
        ("vae-mlp-8", "vae-mlp-8-seed1", "seed"),
        ("vae-mlp-8", "vae-conv-4", "architecture"),
        ("vae-mlp-8-seed1", "vae-conv-4", "architecture"),
        ("gan-mlp-8", "vae-mlp-8", "sort"),
        ("gan-mlp-8", "plain", "sort"),
    ):
        assert kin(found[a], found[b]) == kin(found[b], found[a]) == expected, (a, b)


def test_the_manifest_says_what_every_model_is(tiny: Tiny) -> None:
    found = json.loads((tiny.store.root / "manifest.json").read_text())["networks"]
    assert list(found) == NAMES
    layers = 2 * (2 * (8 * 8 + 8) + 2 * 8) + 2 * 8  # of width 8: two blocks of two layers and a norm, and a norm
    assert found["gan-mlp-8-seed1"] == {
        "parameters": (6 * 8 + 8) + layers + (8 * 64 + 64),
        "architecture": "mlp",
        "width": 8,
        "latent": 6,
        "procedure": "gan",
        "updates": 20,
        "nfe": 1,
    }
    assert [found[name]["procedure"] for name in NAMES] == ["standard", "standard", "gan", "gan", "vae", "vae"]


def test_some_shares_are_inside(tiny: Tiny) -> None:
    """So that a number taken from the wrong place is another number."""
    for metric in ("rp", "rp_permuted", "rp_auc", "rp_permuted_auc"):
        inside = {row["value"] for row in tiny.rows if row["metric"] == metric and 0 < row["value"] < 1}
        assert len(inside) > 3, metric


def test_every_model_stands_beside_held_out_images(tiny: Tiny) -> None:
    everything, ours = real(tiny.agenda, tiny.store), train(tiny)
    held_out = everything[shuffled(1797, 3)[-20:]]

    def near(x: np.ndarray) -> float:
        return float(np.median(np.sqrt(((x[:, None] - ours[None]) ** 2).sum(-1)).min(1)))

    for name in NAMES:
        row = tiny.find(metric="nn_distance", a=name)
        assert row["value"] == pytest.approx(near(images(tiny, name)), rel=1e-5)
        assert row["baseline"]["floor"] == pytest.approx(near(held_out), rel=1e-5)
        assert row["sorts"] == [SORT[name]]
        for metric in ("mmd_gap", "memorized", "nn_ratio"):
            assert tiny.find(metric=metric, a=name)["sorts"] == [SORT[name]]


@pytest.mark.parametrize("count", [2, 3, 24, 97])
def test_a_permutation_leaves_nothing_in_its_place(count: int) -> None:
    for seed in range(20):
        order = permuted(count, seed)
        assert sorted(order) == list(range(count))
        assert not (order == np.arange(count)).any()
    assert count == 2 or any((permuted(count, 0) != permuted(count, seed)).any() for seed in range(1, 9))


def test_no_two_trainings_share_a_seed(tiny: Tiny) -> None:
    (measurement,) = tiny.agenda.measurements
    found = models(tiny.agenda.study, measurement.settings)
    cells = [each.wanted.train for name, each in found.items() if SORT[name] != "diffusion"]
    members = [each.wanted.member.model for name, each in found.items() if SORT[name] == "diffusion"]
    seeds = [seed for each in (*cells, *members) for seed in (each.init_seed, each.seed)]
    assert len(seeds) == len(set(seeds)) == 2 * len(NAMES)
    assert {each.subset.n for each in (*cells, *members)} == {40}


def test_rows_are_as_the_schema_says(tiny: Tiny) -> None:
    jsonschema.validate({"schema_version": 1, "scores": tiny.rows}, scores_schema([experiment]))
