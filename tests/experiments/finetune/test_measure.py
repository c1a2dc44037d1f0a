"""Rows of a tiny run, computed once more by other code from the stored images; and what an adaptation is made of."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tiny import content, cosines, hashed, pixels, shuffled
from tiny_room import Tiny

from samenoise.cells import record
from samenoise.cells.adapting import AdaptCell
from samenoise.experiments.finetune import experiment
from samenoise.experiments.finetune.measure import Adaptations
from samenoise.generators.adapted import Adapted
from samenoise.generators.sampling import SampleCell
from samenoise.lab.run_files import CORE, OPTIONAL
from samenoise.lab.schema import scores_schema
from samenoise.networks.checkpoint import WEIGHTS
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store
from tests.experiments.finetune.tiny_run import config

SIZES, WAYS = (3, 12), ("all", "lora")
SEED, R, THRESHOLD = 3, 2, 0.8
Array = np.ndarray


def at(tiny: Tiny, n: int) -> Adaptations:
    return next(m for m in tiny.agenda.measurements if isinstance(m, Adaptations) and m.n == n)


def drawn(tiny: Tiny, n: int, name: str) -> list[Array]:
    """Images of every replicate; those of ``all again`` are one."""
    of, way = at(tiny, n), name.removesuffix(" again")
    wanted: Any = {"scratch": of.scratch, "pretrained": of.pretrained}.get(name)
    wanted = of.adapted(way, again=way != name) if wanted is None else wanted
    return [pixels(tiny.store, tiny.agenda.plan.samples(tiny.agenda.study.ask(one))) for one in wanted.each]


def adapt_cell(tiny: Tiny, way: str, n: int = 3, replicate: int = 0) -> AdaptCell:
    generator = tiny.agenda.plan.generator(at(tiny, n).adapted(way).each[replicate])
    assert isinstance(generator, Adapted)
    return generator.adapt


def new(tiny: Tiny) -> Array:
    images = load_file(tiny.store.path(tiny.agenda.study.data) / "images.safetensors")["images"]
    return images.reshape(len(images), -1)[shuffled(len(images), SEED)]


def old(tiny: Tiny) -> Array:
    data = at(tiny, 3).before.data
    images = load_file(tiny.store.path(data) / "images.safetensors")["images"]
    return images.reshape(len(images), -1)[shuffled(len(images), hashed(f"{SEED}/finetune/pretrained"))]


def same(tiny: Tiny, a: Array, b: Array) -> Array:
    return cosines(a, b, new(tiny)[:12].mean(0)) > THRESHOLD


def copies(tiny: Tiny, images: Array, n: int) -> Array:
    return same(tiny, images, new(tiny)[:n]).any(1)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("way", WAYS)
def test_every_pair_from_the_images(tiny: Tiny, n: int, way: str) -> None:
    made = {name: drawn(tiny, n, name) for name in (way, f"{way} again", "scratch", "pretrained")}

    def rp(a: list[Array], b: list[Array]) -> float:
        return float(np.mean([same(tiny, x, y).diagonal().mean() for x in a for y in b]))

    row = tiny.find(metric="rp", n_train=n, a=way, kin="others")
    assert row["value"] == pytest.approx(rp(made[way][:1], made[way][1:]))
    assert "lineage" not in row
    row = tiny.find(metric="rp", n_train=n, a=way, kin="again")
    assert row["value"] == pytest.approx(rp(made[way][:1], made[f"{way} again"]))
    assert row["lineage"] == "pretrained"
    row = tiny.find(metric="rp_scratch", n_train=n, a=way)
    assert row["value"] == pytest.approx(rp(made[way], made["scratch"]))
    assert "lineage" not in row
    row = tiny.find(metric="rp_pretrained", n_train=n, a=way)
    own = [same(tiny, x, y).diagonal().mean() for x, y in zip(made[way], made["pretrained"], strict=True)]
    assert row["value"] == pytest.approx(np.mean(own)), "each with what it was itself"
    assert row["lineage"] == "pretrained"
    assert (row["replicates"], row["width"], row["trained"]) == (R, 96, adapt_cell(tiny, way, n).trained(tiny.store))


@pytest.mark.parametrize("n", SIZES)
def test_copies_and_how_many_fewer(tiny: Tiny, n: int) -> None:
    copied = {name: np.stack([copies(tiny, x, n) for x in drawn(tiny, n, name)]) for name in (*WAYS, "scratch")}
    for name in copied:
        assert tiny.find(metric="memorized", n_train=n, a=name)["value"] == pytest.approx(copied[name].mean())
    for a, b in (("lora", "all"), ("all", "scratch"), ("lora", "scratch")):
        row = tiny.find(metric="copies_fewer", n_train=n, a=a, b=b)
        assert row["value"] == pytest.approx(copied[b].mean() - copied[a].mean())
        assert row["ci95"][0] <= row["value"] <= row["ci95"][1]
        ratio = [tiny.find(metric="nn_ratio", n_train=n, a=name)["value"] for name in (a, b)]
        assert tiny.find(metric="copies_fewer_ratio", n_train=n, a=a, b=b)["value"] == pytest.approx(
            ratio[1] - ratio[0]
        )
        own = [tiny.find(metric="memorized_calibrated", n_train=n, a=name)["value"] for name in (a, b)]
        found = tiny.find(metric="copies_fewer_calibrated", n_train=n, a=a, b=b)["value"]
        assert found == pytest.approx(own[1] - own[0])
    if n == 3:
        assert copied["all"].mean() > 0.1 + copied["lora"].mean(), "there is something to tell"


@pytest.mark.parametrize("n", SIZES)
def test_old_pictures_from_the_images(tiny: Tiny, n: int) -> None:
    references = old(tiny)[-30:], new(tiny)[-40:][:30]

    def share(images: Array) -> float:
        far = [np.linalg.norm(images[:, None].astype(np.float64) - x[None], axis=2).min(1) for x in references]
        return float((far[0] < far[1]).mean())

    found = {}
    for name in (*WAYS, "scratch", "pretrained"):
        row = tiny.find(metric="old_share", n_train=n, a=name)
        found[name] = row["value"]
        assert row["value"] == pytest.approx(np.mean([share(x) for x in drawn(tiny, n, name)]))
        assert row["baseline"]["floor"] == pytest.approx(share(new(tiny)[:12]))
        assert row["baseline"]["ceiling"] == pytest.approx(share(old(tiny)[:60]))
        assert ("trained" in row) == (name in WAYS)
    assert found["pretrained"] > found["all"]
    assert len(set(found.values())) > 3


def test_losses_on_unseen_images_are_those_of_the_adaptation(tiny: Tiny) -> None:
    cells = [adapt_cell(tiny, "lora", 12, k) for k in range(R)]
    losses = [load_file(tiny.store.path(cell) / "unseen.safetensors")["loss"][-1, 0] for cell in cells]
    assert {len(each) for each in losses} == {40}
    assert tiny.find(metric="unseen_loss", n_train=12, a="lora")["value"] == pytest.approx(np.mean(losses))
    assert not [r for r in tiny.rows if r["metric"] == "unseen_loss" and r["a"] == "pretrained"]


def test_an_adaptation_starts_from_the_pretrained_network(tiny: Tiny) -> None:
    """Low-rank additions are what is left when its weights are taken off."""
    for replicate in range(R):
        cell = adapt_cell(tiny, "lora", 3, replicate)
        assert cell.start.train.models[cell.start.member].subset.n == 60
        before = load_file(cell.start.train.place(tiny.store, cell.start.member) / WEIGHTS)
        after = load_file(tiny.store.path(cell) / WEIGHTS)
        assert before.keys() == after.keys()
        for name in before:
            values = np.linalg.svd(after[name] - before[name], compute_uv=False)
            assert values[1] > 1e-3
            assert values[2] < 1e-4 * values[0], "rank 2"


def test_no_update_draws_the_pictures_of_before_bit_for_bit(tiny: Tiny) -> None:
    before = drawn(tiny, 3, "pretrained")[0]
    for way in WAYS:
        cell = adapt_cell(tiny, way)
        still = cell.model_copy(update={"training": cell.training.model_copy(update={"updates": 0})})
        sampling = tiny.agenda.config.common.sampling
        samples = SampleCell(generator=Adapted(adapt=still), sampling=sampling, batch=sampling.batch, device="cpu")
        tiny.store.compute(still)
        tiny.store.compute(samples)
        assert pixels(tiny.store, samples).tobytes() == before.tobytes()


def test_an_adaptation_goes_on_where_it_was_stopped(tiny: Tiny, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(record, "CHECKPOINT_SHARE", 1e9)
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    cell, store = adapt_cell(tiny, "lora"), Store(tmp_path / "broken")
    for need in in_order(cell.needs()):
        store.compute(need)

    def stop(share: float) -> None:
        if share >= 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        store.compute(cell, stop)
    seen: list[float] = []
    store.compute(cell, seen.append)
    assert seen[0] > 0.4
    assert content(store.path(cell)) == content(tiny.store.path(cell))


def test_images_of_another_shape_are_refused(tiny: Tiny, tmp_path) -> None:
    cell = adapt_cell(tiny, "all")

    class Wide(type(cell.data)):  # type: ignore[misc]
        def load(self, store):
            found = super().load(store)
            return type(found)(found.name, torch.nn.functional.pad(found.images, (0, 1)), found.labels)

    fields = {name: getattr(cell.data, name) for name in type(cell.data).model_fields}
    wide = cell.model_copy(update={"data": Wide(**fields)})
    tiny.store.compute(wide.data)
    with pytest.raises(
        ValueError, match=r"shape \(1, 8, 8\) cannot be adapted to digits, of shape \(1, 8, 9\): give both"
    ):
        tiny.store.compute(wide)


def test_rows_follow_the_schema_and_the_tags(tiny: Tiny) -> None:
    jsonschema.validate({"schema_version": 1, "scores": tiny.rows}, scores_schema([experiment]))
    assert set(experiment.metrics) <= {r["metric"] for r in tiny.rows}
    assert {key for r in tiny.rows for key in r} - {*CORE, *OPTIONAL} == set(experiment.tags)
    assert set(experiment.columns) <= {r["metric"] for r in tiny.rows}


def test_the_grid_shows_what_was_drawn_before_and_after(tiny: Tiny) -> None:
    grid = json.loads((tiny.store.root / "grid.json").read_text())
    tensors = load_file(tiny.store.root / "grid.safetensors")
    keys = [row["key"] for row in grid["rows"]]
    assert keys == ["noise", *WAYS, "from scratch", "nearest", "before", "optimum", "gaussian"]
    assert [p["label"] for p in grid["panels"]] == ["N = 3", "N = 12"]
    for key, name in (("before", "pretrained"), ("lora", "lora"), ("from scratch", "scratch")):
        shown = tensors["images"][0, keys.index(key)].reshape(4, -1).astype(np.int64)
        wanted = np.round((drawn(tiny, 3, name)[0][:4].clip(-1, 1) + 1) * 127.5)
        assert np.abs(shown - wanted).max() <= 1


def test_the_config_of_a_run_can_be_read_again(tiny: Tiny) -> None:
    again = type(tiny.agenda.config).of(tiny.agenda.config.dump())
    assert again == config()
