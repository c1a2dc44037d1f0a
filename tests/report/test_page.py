"""The page: its numbers are those of the run, its parts come and go with them, it asks for nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from directories import build_experiment, build_run, reported_experiment, reported_run
from readings import DEFINITIONS, Page
from rows import Rows
from sweeps import RP, SIZES, all_rows, regime_rows, split_rows, teacher_rows

from samenoise.lab.run_files import read_run
from samenoise.report import write_report
from samenoise.report.ink import COLOURS
from samenoise.report.masthead import pictures


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reported_run(tmp_path_factory)


@pytest.fixture(scope="module")
def html(run_dir: Path) -> str:
    return (run_dir / "report" / "index.html").read_text(encoding="utf-8")


def test_every_number_of_the_table_is_that_of_scores_json(run_dir: Path, html: str) -> None:
    stored = json.loads((run_dir / "scores.json").read_text())["scores"]
    shown = Page(html).rows
    assert len(shown) == len(stored)
    for s, cells in zip(stored, shown, strict=True):
        assert cells["metric"] == s["metric"]
        flat = s | s["baseline"]
        for field in ("value", "n", "threshold", "n_train", "width", "floor", "ceiling", "gaussian"):
            assert (None if cells[field] == "" else float(cells[field])) == flat[field], (s, field)
        assert [float(x) for x in cells["ci95"].split()] == (s["ci95"] or [])


def test_the_head_of_the_page_says_what_the_pictures_are(run_dir: Path) -> None:
    run = read_run(run_dir)
    assert run.grid is not None
    high, wide = run.grid.images.shape[-2:]
    size = f"{wide} × {high} pixels in grey"
    data: dict[str, Any] = {"images": 2496, "name": "/somewhere/my pictures", "skipped": ["a", "b"]}
    known = replace(run, manifest={"data": data})
    assert pictures(known) == f"2,496 pictures of my pictures, 2 left out, {size}"
    assert pictures(replace(known, grid=None)) == "2,496 pictures of my pictures, 2 left out"
    for strange in ({}, {"data": 7}, {"data": {"images": "many", "name": [1], "skipped": 2}}):
        assert pictures(replace(run, manifest=strange)) == size


def test_every_metric_is_defined_and_linked(html: str) -> None:
    page = Page(html)
    for metric in {r["metric"] for r in all_rows()}:
        assert metric in DEFINITIONS
        assert ("id", f"metric-{metric}") in page.attributes


def test_the_page_asks_for_nothing(html: str) -> None:
    addresses = [v for k, v in Page(html).attributes if k in ("src", "href", "xlink:href") and v]
    addresses += re.findall(r"url\(\"?([^)\"]+)", html)
    outside = [a for a in addresses if not a.startswith(("#", "data:", "figures/"))]
    assert outside == []
    assert "@import" not in html


def test_ids_are_unique_and_figures_follow_the_page(html: str) -> None:
    ids = [v for k, v in Page(html).attributes if k == "id"]
    assert len(ids) == len(set(ids))
    for name, value in COLOURS.items():
        for svg in re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL):
            assert value not in svg, name


def test_figures_have_words_for_those_who_do_not_see_them(html: str) -> None:
    labels = [v for k, v in Page(html).attributes if k == "aria-label" and v]
    assert any(f"{RP[0]:.2f} at N = 8" in label and f"{RP[-1]:.2f} at N = 1500" in label for label in labels)


def test_the_same_run_gives_the_same_bytes(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    run_dir = reported_experiment(tmp_path_factory, "solvers")
    again = build_experiment(tmp_path / "again", "solvers", count=12)
    write_report(again)
    files = sorted(p.relative_to(run_dir) for p in (run_dir / "report").rglob("*") if p.is_file())
    assert {p.suffix for p in files} == {".html", ".png", ".pdf"}
    for name in files:
        assert (run_dir / name).read_bytes() == (again / name).read_bytes(), name


@pytest.mark.usefixtures("page_alone")
@pytest.mark.parametrize(
    ("rows", "present", "absent"),
    [
        (regime_rows(), ["agreement-regimes", "copying"], ["agreement-teacher", "distances"]),
        (teacher_rows(), ["agreement-teacher", "distances"], ["agreement-regimes", "copying"]),
        (split_rows(), [], ["agreement-regimes", "copying", "agreement-teacher", "distances"]),
        ([r | {"value": None, "ci95": None} for r in all_rows()], [], ["agreement-regimes", "copying", "distances"]),
        ([], [], ["agreement-regimes", "copying", "agreement-teacher", "distances"]),
    ],
    ids=["regimes", "teacher", "splits", "nulls", "empty"],
)
def test_parts_that_are_missing_leave_their_section_out(
    tmp_path: Path, rows: Rows, present: list[str], absent: list[str]
) -> None:
    page = Page(write_report(build_run(tmp_path, rows, curves=False, grid=False)).read_text(encoding="utf-8"))
    ids = {v for k, v in page.attributes if k == "id"}
    assert set(present) <= ids
    assert not ids & {*absent, "grid", "curves"}
    assert len(page.rows) == len(rows)


@pytest.mark.usefixtures("page_alone")
def test_one_size_and_open_intervals_can_be_drawn(tmp_path: Path) -> None:
    rows = [r for r in regime_rows() if r["n_train"] in (8, None)]
    for r in rows:
        if r["metric"] == "n50":
            r["ci95"] = [0.0, float("inf")]
    assert 'id="copying"' in write_report(build_run(tmp_path, rows, curves=False, grid=False)).read_text()


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"config\.yaml"):
        write_report(tmp_path)
    build_run(tmp_path, curves=False, grid=False)
    (tmp_path / "scores.json").write_text('{"schema_version": 99, "scores": []}')
    with pytest.raises(ValueError, match="99"):
        write_report(tmp_path)


@pytest.mark.usefixtures("page_alone")
def test_large_grids_lie_beside_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samenoise.report.page.INLINE_LIMIT", 100)
    html = write_report(build_run(tmp_path, [], curves=False, channels=3)).read_text()
    named = re.findall(r'data-panel="\d+"\]{--sprite:url\("([^"]+)"\)', html)
    assert len(named) == len(SIZES)
    assert all((tmp_path / "report" / name).is_file() for name in named)
