"""The terminal: no line is longer than it is wide, no number is cut or parted from its unit, and it disagrees with no
sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from directories import build_run
from readings import terminal
from rows import Rows, row
from sweeps import all_rows, regime_rows

from samenoise.lab.run_files import Row
from samenoise.report.rounding import at_least
from samenoise.report.tables import by_size


def many(models: int) -> Rows:
    """Copies of many models at three sizes, and RP of the first two."""
    rows = [row("regimes", "rp", 0.449, "mlp-1", "mlp-2", n, floor=0.1) for n in (8, 64, 32768)]
    for k in range(models):
        rows += [row("regimes", "memorized", 0.123 + k / 512, f"mlp-{k}", "train", n) for n in (8, 64, 32768)]
    return rows


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("models", [1, 7, 30])
def test_every_digit_is_shown_however_many_columns(tmp_path: Path, width: int, models: int) -> None:
    rows = many(models)
    text = terminal(build_run(tmp_path, rows, curves=False, grid=False), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    shown = re.findall(r"(?<=\s)\d\.\d{3}\b", text)
    floors = ["0.100"] * 3
    assert sorted(shown) == sorted([at_least(r["value"], 3) for r in rows] + floors), "cut off, as in sentences"
    assert len(re.findall(r"^ *32768 ", text, re.MULTILINE)) == len(re.findall(r"^ +N ", text, re.MULTILINE)) >= 1


def test_what_fits_is_one_table() -> None:
    columns = {"regimes": {"rp": "RP", "memorized": "copied"}}
    rows = [Row.of(r) for r in many(7)]
    assert len(by_size(rows, columns, 80)) == 1
    assert len(by_size(rows, columns, 60)) == 2
    assert by_size([], columns, 80) == []


def test_no_number_is_parted_from_its_unit(tmp_path: Path) -> None:
    run_dir = build_run(tmp_path, all_rows(), curves=False, grid=False)
    for width in (60, 80):
        lines = terminal(run_dir, width).splitlines()
        assert not [line for line in lines if line.startswith("%") or re.search(r"\bN =$", line)]


def test_sentences_and_tables_do_not_disagree(tmp_path: Path) -> None:
    """A sentence rounds against its claim; the table has the digit that shows it."""
    text = terminal(build_run(tmp_path, regime_rows(), curves=False, grid=False), 80)
    said = re.search(r"RP\sof\s+mlp-128\s+and\s+mlp-256\s+is\s+(\d\.\d\d)\s+at\s+N = 8,", text)
    shown = re.search(r"^ +8 +(\d\.\d{3})", text, re.MULTILINE)
    assert said
    assert shown
    assert shown[1].startswith(said[1]), "rounded down"
