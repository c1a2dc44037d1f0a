"""The report knows no experiment by name: headings, order, columns and definitions are those of the rooms of a run."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from directories import build_run
from readings import Page, drawings, findings, run_of, terminal
from rooms_made import made
from rows import Rows, row
from sweeps import regime_rows, split_rows, teacher_rows

from samenoise.lab.definitions import SHARED
from samenoise.lab.experiment import Definition, Experiment, Tag
from samenoise.lab.run_files import read_run
from samenoise.report import reading, write_report

Install = Callable[..., None]
HUE = Definition("Hue", "h", "The colour.", "hue(a)")


def tag(heading: str) -> Tag:
    return Tag(heading, {"description": "Made up."})


def of(*experiments: str, **tags: Any) -> Rows:
    return [row(name, "rp", 0.5, "m", "w", 8, **tags) for name in experiments]


def page_of(folder: Path, rows: Rows) -> str:
    return write_report(build_run(folder, rows, curves=False, grid=False)).read_text(encoding="utf-8")


pytestmark = pytest.mark.usefixtures("page_alone")


# --- strangers


@pytest.mark.parametrize("beside", [[], regime_rows()], ids=["alone", "beside"])
def test_rows_of_an_experiment_that_is_not_installed_are_shown_and_named(tmp_path: Path, beside: Rows) -> None:
    strange: Any = {"hue": 0.25, "bands": {"red": [1, 2.5]}, "seen": True, "names": [], "of": ["x", "y"], "none": None}
    rows = beside + of("rainbow", "rainbow", "prism", **strange)
    html = page_of(tmp_path, rows)
    page = Page(html)
    for name in ("rainbow", "prism"):
        said = f"The experiment {name} is not installed here"
        assert page.text.count(said) == 1
        assert " ".join(terminal(tmp_path).split()).count(said) == 1
    assert len(page.rows) == len(rows)
    assert {k: page.rows[-1][k] for k in strange} == {
        "hue": "0.25",
        "bands": '{"red": [1, 2.5]}',
        "seen": "True",
        "names": "",
        "of": "x y",
        "none": "",
    }
    assert re.findall(r"<button[^>]*>(\w+)</button>", html)[-8:-2] == list(strange)
    assert "do not bear on copying" not in page.text
    assert ("is of a kind that is drawn here" in page.text) == (not beside)
    assert ("Copying" in page.text) == bool(beside)


def test_installed_experiments_are_no_strangers(tmp_path: Path) -> None:
    assert "not installed" not in page_of(tmp_path, regime_rows())
    assert "not installed" not in terminal(tmp_path)


# --- definitions


def test_two_rooms_that_mean_different_things_by_one_metric_are_an_error(tmp_path: Path, install: Install) -> None:
    other = Definition("Hue", "h²", "The colour.", "hue(a)")
    install(made("one", metrics={"hue": HUE}), made("two", metrics={"hue": other}))
    with pytest.raises(ValueError, match="'two' defines 'hue'"):
        page_of(tmp_path, of("one", "two"))
    install(made("one", metrics={"rp": HUE}))  # shared by all
    with pytest.raises(ValueError, match="'one' defines 'rp'"):
        page_of(tmp_path, of("one"))


def test_two_rooms_may_share_a_definition(tmp_path: Path, install: Install) -> None:
    install(made("one", metrics={"hue": HUE}), made("two", metrics={"hue": HUE}))
    html = page_of(tmp_path, [*of("one", "two"), row("two", "hue", 0.5, "m", "w", 8)])
    assert html.count('id="metric-hue"') == 1
    assert html.count('title="The colour."') == 1
    rooms = [made("one", metrics={"hue": HUE})]
    assert reading.definitions(rooms) == SHARED | {"hue": HUE}


# --- figures


def test_figures_of_one_key_get_distinct_keys(tmp_path: Path, install: Install) -> None:
    install(made("one", keys=["dots", "grid", "dots"]), made("two", keys=["dots", "dots-two", "same-noise"]))
    run_dir = build_run(tmp_path, of("one", "two"), curves=False)
    keys = [d.key for d in drawings(read_run(run_dir))]
    assert keys == ["dots", "grid-one", "dots-one", "dots-two", "dots-two-two", "same-noise-two"]
    ids = [v for k, v in Page(write_report(run_dir).read_text(encoding="utf-8")).attributes if k == "id"]
    assert len(ids) == len(set(ids))
    assert set(keys) <= set(ids)
    assert {f"{key}.png" for key in [*keys, "same-noise", "strip"]} == {p.name for p in tmp_path.rglob("*.png")}


def test_a_room_called_curves_has_its_figures_under_its_heading(tmp_path: Path, install: Install) -> None:
    install(made("curves", keys=["arc"]))
    html = page_of(tmp_path, of("curves"))
    assert "<h3>All of curves</h3>" in html
    assert "At every threshold" not in html


@pytest.mark.parametrize("order", list(permutations(["one", "two", "three"])), ids=" ".join)
def test_sections_and_findings_are_in_the_order_of_experiments(
    tmp_path: Path, install: Install, order: tuple[str, ...]
) -> None:
    install(*(made(name, keys=["dots"], says=[f"{name} says.", f"{name} adds."]) for name in ("three", "one", "two")))
    rows = of(*order, order[0])
    assert re.findall(r"<h3>(.*?)</h3>", page_of(tmp_path, rows)) == [f"All of {name}" for name in order]
    assert [s for f in findings(rows) for s in f.sentences] == [f"{n} {v}." for n in order for v in ("says", "adds")]


def test_headings_of_our_own_are_those_of_their_rooms(tmp_path: Path) -> None:
    rows = teacher_rows() + split_rows() + regime_rows()
    found = re.findall(r"<h3>(.*?)</h3>", page_of(tmp_path, rows))
    assert found == [room.heading for room in reading.rooms_of(run_of(rows)) if room.name != "splits"]  # draws nothing
    assert found == ["With a known true distribution", "Training sizes and widths"]


def test_a_sweep_of_one_size_has_its_curves(tmp_path: Path, install: Install) -> None:
    def keys(experiment: str) -> list[str]:
        run = read_run(build_run(tmp_path, of(experiment)))
        one = [c for c in run.curves if c.n_train == 8 and c.metric == "rp"]
        curves = tuple(type(c)(**vars(c) | {"experiment": experiment}) for c in one)
        return [d.key for d in drawings(type(run)(**vars(run) | {"curves": curves}))]

    install(made("one", columns={"rp": "RP"}), made("two"))
    assert keys("one") == ["curve-one-rp"]
    assert keys("two") == []


# --- columns


def tagged(name: str, **headings: str) -> Experiment:
    return made(name, tags={key: tag(heading) for key, heading in headings.items()})


def test_columns_of_tags_come_from_rooms(tmp_path: Path, install: Install) -> None:
    install(tagged("one", hue="Hue of a", unused="Never"), tagged("two", depth="Depth"))
    html = page_of(tmp_path, of("one", hue=0.25) + of("two", depth=3, raw="x"))
    headings = re.findall(r"<button[^>]*>([^<]+)</button>", html)
    assert headings[headings.index("width") + 1 : headings.index("feature")] == ["Hue of a", "Depth", "raw"]
    first, second = Page(html).rows
    assert (first["hue"], first["depth"], first["raw"]) == ("0.25", "", "")
    assert (second["hue"], second["depth"], second["raw"]) == ("", "3", "x")


def test_two_experiments_in_one_table_keep_their_values(tmp_path: Path, install: Install) -> None:
    install(made("one", columns={"rp": "first"}), made("two", columns={"rp": "second"}))
    rows = [row("one", "rp", 0.25, "m", "w", 8), row("two", "rp", 0.75, "m", "w", 8)]
    lines = terminal(build_run(tmp_path, rows, curves=False, grid=False)).splitlines()
    assert lines[0].split() == ["first", "second"]
    assert lines[2].split() == ["8", "0.250", "0.750"]
