"""The files of a run directory: they agree with one another, with the schema, and with what made them."""

import json
import shutil

import jsonschema
import pytest
import yaml
from tiny import find, tiny

from samenoise.lab.agenda import Agenda
from samenoise.lab.collect import _tables, collect, other_config
from samenoise.runs.store import Store


def test_run_directory_files_agree(digits_run):
    import pyarrow.parquet as pq

    agenda, store, rows = digits_run
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
    assert yaml.safe_load((store.root / "config.yaml").read_text()) == agenda.config.dump()
    curves = json.loads((store.root / "curves.json").read_text())
    at = curves["thresholds"].index(0.95)
    for curve in curves["curves"]:
        row = find(rows, **{key: curve[key] for key in ("experiment", "metric", "a", "b", "n_train")})
        assert curve["values"][at] == pytest.approx(row["value"])
        assert curve["floor"][at] == pytest.approx(row["baseline"]["floor"])


def test_a_grid_of_another_config_does_not_stay(digits_run, tmp_path, monkeypatch):
    agenda, store, _ = digits_run
    here = Store(shutil.copytree(store.root, tmp_path / "run"))
    assert (here.root / "grid.json").exists()
    monkeypatch.setattr(Agenda, "panels", [])
    collect(Agenda(agenda.config), here, "samenoise run")
    assert not (here.root / "grid.json").exists()
    assert not (here.root / "grid.safetensors").exists()
    assert (here.root / "scores.json").exists()


def test_images_of_another_config_do_not_stay(tmp_path):
    (tmp_path / "images.parquet").write_bytes(b"of another config")
    _tables([{"value": 0.5, "baseline": {"floor": None}}], [], Store(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scores.parquet", "store.json"]


@pytest.mark.parametrize("which", ["digits_run", "teacher_run"])
def test_scores_follow_the_shipped_schema(which, request, follows_schema):
    _, store, _ = request.getfixturevalue(which)
    content = json.loads((store.root / "scores.json").read_text())
    follows_schema(content)
    for key in ("value", "baseline", "ci95", "n"):
        broken = json.loads(json.dumps(content))
        del broken["scores"][0][key]
        with pytest.raises(jsonschema.ValidationError):
            follows_schema(broken)


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
            bare = row["metric"].startswith(("memorized_heldout", "n50", "unseen"))
            assert (row["baseline"]["floor"] is None) == bare
            assert (row["baseline"]["gaussian"] is None) == (bare or row["metric"].endswith("_beyond"))


def test_another_config_in_the_folder_is_said(digits_run):
    agenda, store, _ = digits_run
    assert other_config(agenda.config, store) == ""
    assert "--out keeps both" in other_config(tiny(seed=1), store)
