"""``updates``: a whole training for each number, from the same weights and noise, and rows as the data give them."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import expected_row
import jsonschema
import numpy as np
import pytest
import rescored
from lively import Run, find
from recomputed import World, beside_real
from safetensors.torch import load_file

from samenoise.experiments.updates import experiment
from samenoise.experiments.updates.measure import trained_for
from samenoise.generators.trained import Unplanned
from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.lab.schema import scores_schema
from samenoise.lab.study import Study
from samenoise.runs.store import Store
from tests.experiments.updates.made import LENGTHS, PRESET

SIZES, WIDTHS, THRESHOLD = PRESET["sizes"], PRESET["widths"], PRESET["threshold"]
COPIES = ("memorized", "gl", "memorized_calibrated", "gl_calibrated", "nn_ratio")


def agenda(**changes: Any) -> Agenda:
    return Agenda(Config.of({**PRESET, **changes}))


def members(found: Agenda) -> list[Unplanned]:
    """Every network that is asked for."""
    wanted = [ask.wanted for ask in found.asks]
    return [each for k, each in enumerate(wanted) if isinstance(each, Unplanned) and each not in wanted[:k]]


@pytest.fixture(scope="module")
def worlds() -> dict[int, World]:
    """By number of updates: what it should have drawn."""
    return {u: World({**PRESET, "training": {**PRESET["training"], "updates": u}}) for u in LENGTHS}


def test_every_number_of_updates_has_a_whole_training_from_the_same_seeds() -> None:
    found = members(agenda())
    assert len(found) == len(LENGTHS) * len(SIZES) * len(WIDTHS)
    for size in SIZES:
        for width in WIDTHS:
            same = [m.member for m in found if (m.member.model.subset.n, m.member.width) == (size, width)]
            assert [m.training.updates for m in same] == list(LENGTHS)
            assert len({m.model_copy(update={"training": None}).model_dump_json() for m in same}) == 1, "but for that"
    assert {m.update for m in found} == {None}, "the end of a training, not a look on the way"
    for each in found:
        recipe = each.member.training.recipe()
        assert recipe.lr_at(recipe.updates) == pytest.approx(0, abs=1e-12), "each schedule has its own end"
        assert recipe.lr_at(recipe.updates // 2) == pytest.approx(recipe.lr / 2, rel=1e-9)


def test_nothing_but_the_number_of_updates_is_another() -> None:
    study = Study(agenda().config.common)
    longer = trained_for(study, 600)
    expected = {**study.common.model_dump(), "training": {**study.common.training.model_dump(), "updates": 600}}
    assert longer.common.model_dump() == expected
    assert study.common.training.updates == 2000


def test_replicates_are_asked_for() -> None:
    assert {each.replicates for each in members(agenda(replicates=3))} == {3}


def test_widths_of_one_length_train_in_cohorts_of_their_sizes() -> None:
    found = agenda()
    cells = {found.plan.place(m.member).train.hash: found.plan.place(m.member).train for m in members(found)}
    assert sorted((c.width, c.training.updates) for c in cells.values()) == [(w, u) for w in WIDTHS for u in LENGTHS]
    assert {tuple(model.subset.n for model in c.models) for c in cells.values()} == {tuple(SIZES)}


def test_a_short_training_is_no_look_at_a_long_one(lively_updates: Run) -> None:
    """Weights differ, whatever the number of updates: another schedule from the same start."""
    store, plan = Store(lively_updates.folder), agenda().plan
    study = Study(agenda().config.common)
    ends = {u: plan.place(trained_for(study, u).model(32, 5).member) for u in LENGTHS}
    assert len({place.train.hash for place in ends.values()}) == 3
    weights = [load_file(next(p.train.place(store, p.member).rglob("*.safetensors"))) for p in ends.values()]
    for name in weights[0]:
        assert not any((weights[0][name] == other[name]).all() for other in weights[1:]), name


def expected_rows(world: World, n: int) -> dict[tuple[str, str, str], rescored.Expected]:
    """Rows of one size after one number of updates, by metric and by the names of what is compared."""
    mean, gaussian = world.mean, world.drawn("gaussian", n)
    train, held_out = world.real(world.ids(n)), world.real(world.held_out_ids)
    a, b = (world.drawn("network", w, n) for w in WIDTHS)
    both = rescored.pair("rp", a, b, world, THRESHOLD, [(a, gaussian), (b, gaussian)])
    found = {(metric, "mlp-32", "mlp-64"): row for metric, row in both.items()}
    for w, name, x in ((32, "mlp-32", a), (64, "mlp-64", b)):
        copies = rescored.copying(x, train, held_out, gaussian, mean, THRESHOLD)
        found |= {(metric, name, "train"): row for metric, row in copies.items()}
        unseen = rescored.unseen(*world.unseen(partial(world.network, w, n, "a")))
        beside = beside_real(world, name, x, gaussian, unseen)
        found |= {(metric, one, other): row for ((one, other), metric), row in beside.items()}
    return found


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("updates", LENGTHS)
def test_every_row_is_what_the_data_give(lively_updates: Run, worlds: dict[int, World], updates: int, n: int) -> None:
    """Networks trained again by themselves for this number of updates, drawn again, and scored in NumPy."""
    rows = [row for row in lively_updates.rows if (row.get("updates"), row["n_train"]) == (updates, n)]
    expected = expected_rows(worlds[updates], n)
    assert sorted((row["metric"], row["a"], row["b"]) for row in rows) == sorted(expected)
    for row in rows:
        expected_row.check(row, expected[row["metric"], row["a"], row["b"]])
        assert row["experiment"] == "updates"
        assert row["width"] == (None if row["metric"].startswith("rp") else int(row["a"].removeprefix("mlp-")))


@pytest.mark.parametrize("n", SIZES)
def test_held_out_images_are_asked_once_for_each_size(lively_updates: Run, worlds: dict[int, World], n: int) -> None:
    world = worlds[150]
    row = find(lively_updates.rows, metric="memorized_heldout", n_train=n)
    train, held_out = world.real(world.ids(n)), world.real(world.held_out_ids)
    expected_row.check(row, rescored.heldout(held_out, train, world.mean, THRESHOLD)["memorized_heldout"])
    assert "updates" not in row


def test_rows_of_different_trainings_are_different_numbers(lively_updates: Run) -> None:
    """So that a row of another number of updates, or another width, would be seen."""
    shares = [row for row in lively_updates.rows if row["metric"] in ("memorized", "rp")]
    assert np.mean([0 < row["value"] < 1 for row in shares]) > 0.6
    for metric, count in (("memorized", 12), ("rp", 6), ("nn_distance", 12)):
        values = [row["value"] for row in lively_updates.rows if row["metric"] == metric]
        assert len(values) == count
        assert len(set(values)) > 0.75 * count


def test_rows_follow_the_schema(lively_updates: Run) -> None:
    content = json.loads((lively_updates.folder / "scores.json").read_text())
    jsonschema.validate(content, scores_schema([experiment]))
    content["scores"][0]["updates"] = 0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, scores_schema([experiment]))


def test_the_grid_shows_every_size_after_every_number_of_updates(lively_updates: Run, worlds: dict[int, World]) -> None:
    labels = [panel["label"] for panel in lively_updates.grid["panels"]]
    assert labels == [f"N = {n}, {u} updates" for n in SIZES for u in LENGTHS]
    keys = [row["key"] for row in lively_updates.grid["rows"]]
    assert keys == ["noise", "mlp-32", "mlp-64", "nearest", "optimum", "gaussian"]
    shown = PRESET["shown"]
    for p, (n, u) in enumerate((n, u) for n in SIZES for u in LENGTHS):
        drawn = rescored.levels(worlds[u].drawn("network", 64, n)[:shown])
        images = lively_updates.tensors["images"][p, keys.index("mlp-64")].reshape(shown, -1)
        assert np.abs(images.astype(int) - drawn).max() <= 1


def test_the_report_has_the_figure_and_the_findings(lively_updates: Run) -> None:
    html = (lively_updates.folder / "report" / "index.html").read_text(encoding="utf-8")
    assert 'id="copies-updates"' in html
    assert "Copying with more updates" in html
    assert 'data-field="updates"' in html
    assert (lively_updates.folder / "report" / "figures" / "copies-updates.png").is_file()
