"""Experiments on a tiny preset: the cells they ask for, and rows equal to an independent computation."""

import json
from importlib.resources import files

import jsonschema
import numpy as np
import pytest
import torch
import yaml
from safetensors.numpy import load_file
from tiny import computed, cosines, find, pixels, teacher, tiny

from samenoise.experiments import sweep
from samenoise.experiments.config import load, presets
from samenoise.experiments.results import other_config, plan, score_cells
from samenoise.experiments.scoring import Drawn, Ledger
from samenoise.experiments.sweep import Sweep
from samenoise.features import Pixel
from samenoise.runs.cell import in_order


@pytest.fixture(scope="module")
def digits_run(tmp_path_factory):
    return tiny(), *computed(tiny(), tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def teacher_run(tmp_path_factory):
    return teacher(), *computed(teacher(), tmp_path_factory.mktemp("teacher"))


def raw(store, sweep, source, ceiling=False):
    return pixels(store, sweep.samples(source, ceiling))


def pool(store, sweep):
    return load_file(store.path(sweep.data) / "images.safetensors")["images"].reshape(sweep.data.count, -1)


def test_rows_equal_an_independent_computation(digits_run):
    config, store, rows = digits_run
    sweep = Sweep(config)
    data = pool(store, sweep).astype(np.float64)
    order = np.argsort(np.random.Philox(key=[0, 0], counter=[0, 0, 0, 1]).random_raw(1797), kind="stable")
    mean = data[order[:40]].mean(0)
    for n in config.sizes:
        a, b, optimum, gaussian = (
            raw(store, sweep, source)
            for source in (sweep.trained(8, n), sweep.trained(16, n), sweep.optimum(n), sweep.gaussian(n))
        )
        other = raw(store, sweep, sweep.trained(8, n), ceiling=True)
        same = cosines(a, b, mean) > 0.95
        row = find(rows, metric="rp", n_train=n)
        assert row["value"] == same.diagonal().mean()
        assert row["baseline"]["floor"] == pytest.approx((same.sum() - same.trace()) / (32 * 31))
        assert row["baseline"]["ceiling"] == 1.0
        assert (cosines(a, other, mean).diagonal() > 0.95).all()
        by_chance = [(cosines(x, gaussian, mean).diagonal() > 0.95).mean() for x in (a, b)]
        assert row["baseline"]["gaussian"] == max(by_chance)
        train, held_out = data[order[:n]], data[order[40:60]]
        copied = (cosines(b, train, mean).max(1) > 0.95).mean()
        memorized = find(rows, metric="memorized", n_train=n, width=16)
        assert memorized["value"] == copied
        assert memorized["baseline"]["floor"] == (cosines(held_out, train, mean).max(1) > 0.95).mean()
        assert find(rows, metric="gl", n_train=n, width=16)["value"] == pytest.approx(1 - copied)
        to_optimum = (cosines(b, optimum, mean).diagonal() > 0.95).mean()
        assert find(rows, metric="rp_optimum", n_train=n, width=16)["value"] == to_optimum
        distance = np.sqrt(((a.astype(np.float64) - b) ** 2).sum(1).mean())
        assert find(rows, metric="pfd", n_train=n)["value"] == pytest.approx(distance, rel=1e-6)
        level = np.abs(np.round((a.clip(-1, 1) + 1) * 127.5) - np.round((b.clip(-1, 1) + 1) * 127.5)).mean(1)
        assert find(rows, metric="mae_score", n_train=n)["value"] == (level < 15).mean()
        gaps = np.sort(np.linalg.norm(b[:, None] - train[None], axis=2), axis=1)
        real = np.linalg.norm(b[:, None] - data[order[:40]][None], axis=2).min(1)
        likeness = find(rows, metric="nn_distance", n_train=n, width=16, experiment="regimes")
        assert likeness["value"] == pytest.approx(np.median(real), rel=1e-5)
        assert find(rows, metric="nn_ratio", n_train=n, width=16)["value"] == (gaps[:, 0] / gaps[:, 1] < 1 / 3).mean()


def test_split_rows_compare_models_without_a_common_image(digits_run):
    config, store, rows = digits_run
    sweep = Sweep(config)
    for n in config.split_sizes:
        a, b = sweep.trained(8, n, "a"), sweep.trained(8, n, "b")
        ids = [set(s.train.models[s.member].subset.ids(sweep.data).tolist()) for s in (a, b)]
        assert not ids[0] & ids[1]
        assert [len(i) for i in ids] == [n, n]
        order = np.argsort(np.random.Philox(key=[0, 0], counter=[0, 0, 0, 1]).random_raw(1797), kind="stable")
        mean = pool(store, sweep)[order[:40]].mean(0)
        same = cosines(raw(store, sweep, a), raw(store, sweep, b), mean).diagonal() > 0.95
        assert find(rows, metric="rp_split", n_train=n)["value"] == same.mean()


def test_teacher_rows_equal_an_independent_computation(teacher_run):
    config, store, rows = teacher_run
    sweep = Sweep(config)
    truth = raw(store, sweep, sweep.teacher()).astype(np.float64)
    for n in config.sizes:
        model, optimum = raw(store, sweep, sweep.trained(16, n)), raw(store, sweep, sweep.optimum(n))
        for metric, a, b in (("e_gen", model, truth), ("e_mem", model, optimum)):
            expected = np.sqrt(((a.astype(np.float64) - b) ** 2).sum(1).mean())
            assert find(rows, metric=metric, n_train=n, width=16)["value"] == pytest.approx(expected, rel=1e-6)
        expected = np.sqrt(((optimum - truth) ** 2).sum(1).mean())
        assert find(rows, metric="pfd", n_train=n)["value"] == pytest.approx(expected, rel=1e-6)


def test_models_that_are_compared_share_no_randomness():
    sweep = Sweep(tiny())
    models = {(w, n, p): s for (w, n, p), s in sweep._members.items()}
    seeds = {key: cell.models[k].seed for key, (cell, k) in models.items()}
    assert len({seeds[8, 4, "a"], seeds[16, 4, "a"], seeds[8, 4, "b"]}) == 3
    starts = [cell.models[k].init_seed for cell, k in models.values()]
    assert len(set(starts)) == len(starts)


def test_cohorts_follow_from_the_preset_alone():
    """Every model is trained once; cohorts have one width and hold at most what the preset says."""
    config = load("digits")
    members = Sweep(config)._members
    assert len(members) == 2 * 9 + 8
    cohorts = {}
    for (width, n, part), (cell, k) in members.items():
        cohorts.setdefault(cell.hash, []).append(k)
        assert (cell.width, cell.models[k].subset.n, cell.models[k].subset.part) == (width, n, part)
    for places in cohorts.values():
        assert len(places) <= config.training.cohort
        assert sorted(places) == list(range(len(places)))
    assert {cell.hash for cell, _ in Sweep(config)._members.values()} == set(cohorts)


def test_run_directory_files_agree(digits_run):
    import pyarrow.parquet as pq

    config, store, rows = digits_run
    content = json.loads((store.root / "scores.json").read_text())
    assert content == {"schema_version": 1, "scores": rows}
    table = pq.read_table(store.root / "scores.parquet").to_pylist()
    assert [row["value"] for row in table] == [row["value"] for row in rows]
    assert [row["floor"] for row in table] == [row["baseline"]["floor"] for row in rows]
    images = pq.read_table(store.root / "images.parquet").to_pylist()
    for row in rows:
        if row["metric"] in ("rp", "rp_optimum", "rp_split", "memorized"):
            same = [
                i for i in images if all(i[key] == row[key] for key in ("experiment", "metric", "a", "b", "n_train"))
            ]
            assert sum(i["match"] for i in same) / len(same) == row["value"]
            assert sorted(i["noise_id"] for i in same) == list(range(32))
    assert yaml.safe_load((store.root / "config.yaml").read_text()) == config.model_dump(mode="json")
    curves = json.loads((store.root / "curves.json").read_text())
    at = curves["thresholds"].index(0.95)
    for curve in curves["curves"]:
        row = find(rows, **{key: curve[key] for key in ("experiment", "metric", "a", "b", "n_train")})
        assert curve["values"][at] == pytest.approx(row["value"])
        assert curve["floor"][at] == pytest.approx(row["baseline"]["floor"])


@pytest.mark.parametrize("which", ["digits_run", "teacher_run"])
def test_scores_follow_the_shipped_schema(which, request):
    _, store, _ = request.getfixturevalue(which)
    schema = json.loads(files("samenoise.experiments").joinpath("scores.schema.json").read_text())
    content = json.loads((store.root / "scores.json").read_text())
    jsonschema.validate(content, schema)
    for key in ("value", "baseline", "ci95", "n"):
        broken = json.loads(json.dumps(content))
        del broken["scores"][0][key]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema)


def test_grid_shows_what_was_sampled(digits_run):
    config, store, _ = digits_run
    sweep = Sweep(config)
    grid, tensors = json.loads((store.root / "grid.json").read_text()), load_file(store.root / "grid.safetensors")
    rows = [row["key"] for row in grid["rows"]]
    P, R, C = tensors["images"].shape[:3]
    assert (3, len(rows), 4) == (P, R, C)
    for p, n in enumerate(config.sizes):
        for key, source in (("mlp-16", sweep.trained(16, n)), ("optimum", sweep.optimum(n))):
            expected = np.round((raw(store, sweep, source)[:4].clip(-1, 1) + 1) * 127.5)
            shown = tensors["images"][p, rows.index(key)].reshape(4, -1)
            assert np.abs(shown - expected).max() <= 1
        near, ids = (
            tensors["images"][p, rows.index("nearest")].reshape(4, -1),
            tensors["nearest_id"][p, rows.index("mlp-16")],
        )
        assert np.abs(near - np.round((pool(store, sweep)[ids] + 1) * 127.5)).max() <= 1
        np.testing.assert_allclose(tensors["similarity"][p][:, 1:, 1:].diagonal(axis1=1, axis2=2), 1, rtol=1e-5)
    assert np.isnan(tensors["similarity"][:, :, 0]).all()


def test_every_score_has_its_interval_floor_and_n(digits_run, teacher_run):
    for _, _, rows in (digits_run, teacher_run):
        assert {row["metric"] for row in rows} >= {
            "rp",
            "rp_calibrated",
            "memorized",
            "gl",
            "nn_ratio",
            "memorized_heldout",
        }
        for row in rows:
            if row["value"] is None:
                assert row["note"]
                continue
            low, high = row["ci95"]
            assert low <= row["value"] <= high
            assert row["n"] > 0
            if row["metric"] not in ("memorized_heldout", "n50", "n50_per_doubling"):
                assert row["baseline"]["floor"] is not None
                assert row["baseline"]["gaussian"] is not None


def test_every_preset_plans(monkeypatch):
    monkeypatch.setattr(sweep, "fingerprint", lambda spec: spec.path)  # whether or not its files are here
    for name in presets():
        config = load(name)
        assert score_cells(config)
        assert len({cell.hash for cell in in_order(plan(config))}) == len(in_order(plan(config)))


def test_another_config_in_the_folder_is_said(digits_run):
    config, store, _ = digits_run
    assert other_config(config, store) == ""
    assert "--out keeps both" in other_config(tiny(seed=1), store)


def test_baselines_are_the_least_favourable_of_their_pairs():
    """Of several ceilings the lowest counts, of several Gaussians the highest."""
    pixel, ids = Pixel(torch.zeros(1, 2, 2)), torch.arange(4)

    def drawn(name, kinds):
        images = torch.eye(4)[kinds].reshape(4, 1, 2, 2)
        return Drawn.real(name, images, ids, "bank", pixel, 0.95)

    a, b, half, quarter = (
        drawn("a", [0, 1, 2, 3]),
        drawn("b", [0, 1, 2, 0]),
        drawn("h", [0, 1, 0, 0]),
        drawn("q", [0, 0, 0, 0]),
    )
    ledger = Ledger("regimes", 8)
    ledger.pair("rp", a, b, ceilings=[(a, a), (a, half)], gaussians=[(a, quarter), (a, half)])
    [row, _] = ledger.rows
    assert (row["value"], row["baseline"]) == (0.75, {"floor": 1 / 12, "ceiling": 0.5, "gaussian": 0.5})


def test_seed_changes_models_and_not_the_noise():
    one, other = Sweep(tiny()), Sweep(tiny(seed=1))
    assert one.trained(8, 4).train.hash != other.trained(8, 4).train.hash
    assert one.config.sampling == other.config.sampling
