"""Run directories of earlier releases open, and say what their rows allow: claims whose witnesses were not measured
then are kept back, all else is said in the same words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from old_directory import build_old_run
from readings import Page, drawings, terminal

from samenoise.lab.run_files import read_run
from samenoise.report import reading, write_report

WORDS = json.loads((Path(__file__).parent / "old_words.json").read_text(encoding="utf-8"))
"""What is made of the two directories: findings, and the keys of figures, which are those of samenoise 0.1.0."""


@pytest.mark.parametrize("truth", [False, True], ids=["real", "truth"])
def test_an_old_run_says_and_draws_what_it_did(tmp_path: Path, truth: bool) -> None:
    run, before = read_run(build_old_run(tmp_path, truth)), WORDS["truth" if truth else "real"]
    rooms = reading.rooms_of(run)
    found = {f.title: [s.replace("\u00a0", " ") for s in f.sentences] for f in reading.findings(run, rooms)}
    assert found == before["findings"]
    assert [d.key for d in drawings(run)] == before["figures"]
    assert reading.strangers(run) == []


@pytest.mark.usefixtures("page_alone")
def test_the_page_and_the_terminal_open_an_old_run(tmp_path: Path) -> None:
    run_dir = build_old_run(tmp_path)
    page = Page(write_report(run_dir).read_text(encoding="utf-8"))
    assert len(page.rows) == len(json.loads((run_dir / "scores.json").read_text())["scores"])
    (n50,) = (r for r in page.rows if (r["metric"], r["width"]) == ("n50", "128"))
    assert (n50["value"], n50["ci95"], n50["slope"]) == ("", "", "-3.13")
    assert "splits_width: null" in page.text
    assert "not installed" not in page.text + terminal(run_dir)
