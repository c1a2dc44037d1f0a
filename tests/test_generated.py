"""What is generated from the rooms is what they say now, and the schema of rows says it of any rooms."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from docs import generate
from samenoise.lab.experiment import Definition, Experiment, Tag
from samenoise.lab.rooms import ours
from samenoise.lab.run_files import CORE, OPTIONAL
from samenoise.lab.schema import scores_schema

ROW = {
    "experiment": "regimes",
    "metric": "rp",
    "value": 0.5,
    "ci95": [0.4, None],
    "n": 8,
    "threshold": 0.95,
    "feature": "pixel",
    "a": "mlp-8",
    "b": "mlp-16",
    "n_train": 4,
    "width": None,
    "baseline": {"floor": 0.0, "ceiling": 1.0, "gaussian": None},
}


ARGUMENTS = {
    "modules": " lab",
    "coverage": " shares",
    "compared-environments": " diffusers",
    "measured-sizes": " digits",
    "measured-findings": " digits",
    "measured-etas": " digits-solvers",
    "measured-evaluations": " digits-solvers",
    "measured-lengths": " digits-updates",
    "measured-crossed": " digits-matrix",
    "measured-effects": " digits-matrix",
    "measured-models": " digits-matrix",
    "measured-times": " digits-dynamics",
    "measured-adaptations": " digits-finetune",
    "measured-n50": " digits-replicates",
    "measured-replicated": " digits-replicates",
    "measured-sorts": " digits-contrast",
    "measured-drawn": " digits-contrast",
    "measured-kinship": " digits-inverse",
    "measured-restored": " digits-inverse",
}


def room(name: str, **tags: Tag) -> Experiment:
    """An experiment with tags and a metric of its own."""

    class Room(Experiment):
        heading = "Of a test"

        def measurements(self, study, settings):
            return []

    Room.name, Room.tags = name, tags
    Room.metrics = {f"of_{name}": Definition(name, name, name, name)}
    return Room()


def valid(row: dict, *rooms: Experiment) -> bool:
    file = {"schema_version": 1, "scores": [row]}
    return jsonschema.Draft202012Validator(scores_schema(rooms)).is_valid(file)


def test_nothing_generated_is_stale() -> None:
    names = [path.relative_to(generate.ROOT).as_posix() for path in generate.stale()]
    assert names == [], "run `make generated`"


@pytest.mark.parametrize("name", generate.LISTS)
def test_a_stale_list_is_seen_and_written(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    argument = ARGUMENTS.get(name, "")
    page = tmp_path / "page.md"
    page.write_text(f"before\n\n<!-- generated: {name}{argument} -->\nSTALE\n<!-- end -->\n\nafter\n")
    monkeypatch.setattr(generate, "PAGES", [page])
    text = generate.stale()[page]
    assert text.startswith("before\n")
    assert text.endswith("\n<!-- end -->\n\nafter\n")
    assert "STALE" not in text
    page.write_text(text)
    assert page not in generate.stale()


def test_every_list_is_on_a_page() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in generate.PAGES)
    assert {name for name in generate.LISTS if f"<!-- generated: {name}" not in text} == set()


def test_our_experiments_have_a_question_and_words_for_their_settings() -> None:
    for each in ours():
        assert each.question.endswith("?"), each.name
        assert generate.docstrings(each.Settings).keys() == each.Settings.model_fields.keys(), each.name


def test_the_shipped_schema_is_one_and_names_every_key() -> None:
    schema = json.loads(files("samenoise.lab").joinpath("scores.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    row = schema["$defs"]["row"]
    assert row["required"] == list(CORE)
    tags = {tag for each in ours() for tag in each.tags}
    assert set(row["properties"]) == {*CORE, *OPTIONAL, *tags}


def test_a_schema_says_what_rows_of_its_rooms_may_hold() -> None:
    fresh = room("fresh", depth=Tag("depth", {"type": "integer", "description": "How deep."}))
    row = {**ROW, "experiment": "fresh", "metric": "of_fresh", "depth": 3}
    assert valid(row, fresh)
    assert valid({**row, "metric": "rp", "note": "why"}, fresh)
    assert not valid({**row, "depth": "three"}, fresh)
    assert not valid({**row, "height": 3}, fresh)
    assert not valid({**row, "metric": "of_another"}, fresh)
    assert not valid({**row, "experiment": "another"}, fresh)
    assert not valid({key: value for key, value in row.items() if key != "baseline"}, fresh)


def test_a_tag_says_whose_it_is() -> None:
    whole = Tag("depth", {"type": "integer", "description": "How deep."})
    text = Tag("depth", {"type": "string", "description": "In words."})
    one, two, other = room("one", depth=whole), room("two", depth=whole), room("other", depth=text)
    depth = scores_schema([one])["$defs"]["row"]["properties"]["depth"]
    assert depth == {"type": "integer", "description": "Of one: how deep."}
    assert (
        scores_schema([two, one])["$defs"]["row"]["properties"]["depth"]["description"] == "Of one and two: how deep."
    )
    row = {**ROW, "experiment": "other", "metric": "rp"}
    assert valid({**row, "depth": "far"}, one, other)
    assert valid({**row, "depth": 1}, one, other)
    assert not valid({**row, "depth": 0.5}, one, other)


def test_a_tag_cannot_take_the_place_of_a_common_key() -> None:
    with pytest.raises(ValueError, match="'width' is a key of every row"):
        scores_schema([room("wide", width=Tag("width", {"type": "string", "description": "How wide."}))])
