"""The files at the top of a run directory are hostile too: a run writes them anew, and a report refuses in a sentence
what it cannot read; both leave alone what is outside."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fuzz import world
from things import THINGS, Outside, plant, seen

from samenoise.lab.agenda import Agenda
from samenoise.lab.collect import collect, other_config
from samenoise.lab.run_files import read_run
from samenoise.report import write_report
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.store import Store

FILES = (
    *("config.yaml", "manifest.json", "scores.json", "curves.json", "grid.json", "grid.safetensors"),
    *("scores.parquet", "images.parquet", "report", "store.json"),
)
READ = FILES[:6]
NEEDED = FILES[:3]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Agenda, dict[str, Any]]]:
    with world.installed():
        root, agenda = world.made(tmp_path_factory.mktemp("toy")), world.agenda()
        yield root, agenda, world.kept(root, agenda)


@pytest.fixture
def hostile(template: Any, tmp_path: Path) -> tuple[Path, Outside]:
    return world.restored(template[0], tmp_path / "run"), Outside(tmp_path / "outside")


@pytest.mark.parametrize("thing", THINGS)
def test_a_run_writes_its_files_whatever_has_their_names(template: Any, hostile: Any, thing: str) -> None:
    _, agenda, right = template
    root, outside = hostile
    for name in FILES:
        plant(thing, root / name, outside)
    store = Store(root)
    other_config(agenda.config, store)
    collect(agenda, store, "samenoise run toy.yaml --out run")
    write_report(root)
    assert world.kept(root, agenda) == right
    assert outside.is_as_it_was()


@pytest.mark.parametrize("place", ["report/index.html", "report/figures", "report/figures/same-noise.png"])
@pytest.mark.parametrize("thing", ["a folder", "a link to a file", "a link to a folder", "a link to nothing"])
def test_a_report_is_written_into_its_own_folder(template: Any, hostile: Any, thing: str, place: str) -> None:
    _, agenda, right = template
    root, outside = hostile
    plant(thing, root / place, outside)
    write_report(root)
    assert world.kept(root, agenda) == right
    assert outside.is_as_it_was()


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("thing", [thing for thing in THINGS if thing not in ("nothing", "folders without an end")])
def test_a_report_of_what_cannot_be_read_is_refused_by_name(hostile: Any, thing: str, name: str) -> None:
    root, outside = hostile
    if name in ("config.yaml", "manifest.json") and thing in ("a file", "an empty file", "a hard link"):
        name = "scores.json"  # a mapping of anything is good enough for the two
    plant(thing, root / name, outside)
    before = seen(root)
    with pytest.raises(Unreadable, match=name.replace(".", r"\.")) as error:
        write_report(root)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 1000
    assert seen(root) == before
    assert outside.is_as_it_was()


def test_a_report_of_what_is_not_there(hostile: Any) -> None:
    root, _ = hostile
    for name in set(READ) - set(NEEDED):
        (root / name).unlink()
    write_report(root)
    for name in NEEDED:
        content = (root / name).read_bytes()
        (root / name).unlink()
        with pytest.raises(FileNotFoundError, match=name):
            write_report(root)
        (root / name).write_bytes(content)


ROW = {
    "value": ["x", [1], {}, True, 10**400],
    "ci95": [3, "ab", [1], [1, 2, 3], ["a", "b"], [True, 1]],
    "n": ["x", 1.5, True, [1]],
    "n_train": ["x", {}],
    "baseline": [3, "x", [1], {"floor": "x"}],
    "metric": [3, None, []],
    "a": [3, ["x"], "\ud800"],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in ROW.items() for value in values])
def test_a_row_that_is_none_is_refused(hostile: Any, key: str, value: Any) -> None:
    root, _ = hostile
    content = json.loads((root / "scores.json").read_text())
    content["scores"][0][key] = value
    (root / "scores.json").write_text(json.dumps(content))
    if (key, value) == ("metric", None):
        read_run(root)
        return
    with pytest.raises(Unreadable, match=r"scores\.json"):
        read_run(root)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.yaml", b"name: \xe4"),
        ("config.yaml", b"[1, 2]"),
        ("config.yaml", b"name: a\nname: b"),
        ("manifest.json", b"[]"),
        ("manifest.json", b'{"a": "\\ud800"}'),
        ("manifest.json", b'{"a": ' + b"9" * 6000 + b"}"),
        ("scores.json", b"{}"),
        ("scores.json", b'{"schema_version": 1, "scores": 3}'),
        ("scores.json", b'{"schema_version": 1, "scores": [3]}'),
        ("scores.json", b'{"schema_version": [[["' + b"x" * 5000 + b'"]]], "scores": []}'),
        ("scores.json", "{}".encode("utf-16")),
        ("scores.json", b"[" * 5_000_000),
        ("scores.json", b"[" + b"[]," * 4_000_001 + b"1]"),
        ("curves.json", b'{"schema_version": 1, "thresholds": [0, 1], "curves": [{"experiment": "e", "metric": "m"}]}'),
        (
            "curves.json",
            b'{"schema_version": 1, "thresholds": [0, 1], "curves": [{"experiment": "", "metric": "", "values": [1]}]}',
        ),
        ("grid.json", b'{"schema_version": 1}'),
        ("grid.safetensors", b"\xff" * 8),
        ("grid.safetensors", b""),
    ],
)
def test_content_that_is_none_is_refused(hostile: Any, name: str, content: bytes) -> None:
    root, _ = hostile
    (root / name).write_bytes(content)
    with pytest.raises(Unreadable, match=name.replace(".", r"\.")) as error:
        read_run(root)
    assert len(str(error.value)) < 1000
    assert str(error.value).isprintable()


@pytest.mark.parametrize(("key", "value"), [("noise_ids", [0]), ("rows", [{"label": "x"}]), ("panels", [])])
def test_a_grid_that_does_not_fit_its_pictures_is_refused(hostile: Any, key: str, value: Any) -> None:
    root, _ = hostile
    about = json.loads((root / "grid.json").read_text())
    (root / "grid.json").write_text(json.dumps({**about, key: value}))
    with pytest.raises(Unreadable, match=r"grid\.safetensors"):
        read_run(root)


def test_what_a_terminal_obeys_is_no_part_of_a_row(hostile: Any) -> None:
    root, _ = hostile
    content = json.loads((root / "scores.json").read_text())
    content["scores"][0] |= {"a": "\x1b[2Jx\n", "tag": ["\x1b"], "other": {"\x07": "\x00"}}
    (root / "scores.json").write_text(json.dumps(content))
    row = read_run(root).scores[0]
    assert row.a == r"\x1b[2Jx\n"
    assert dict(row.tags) == {"tag": (r"\x1b",), "other": {r"\x07": r"\x00"}}


def test_the_config_in_the_folder_is_compared_by_what_it_says(template: Any, hostile: Any) -> None:
    _, agenda, _ = template
    root, _ = hostile
    store, content = Store(root), yaml.safe_load((root / "config.yaml").read_text())
    (root / "config.yaml").write_text(json.dumps(content))
    assert other_config(agenda.config, store) == "", "in another form"
    for data in (b"\xff\xfe", b"a: &a [*a]", json.dumps({**content, "seed": 7}).encode(), b"x" * 300_000):
        (root / "config.yaml").write_bytes(data)
        assert "another config" in other_config(agenda.config, store)
    os.unlink(root / "config.yaml")
    assert other_config(agenda.config, store) == ""
