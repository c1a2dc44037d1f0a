"""What the terminal prints of ``matrix`` fits it and holds every pair."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from directories import build_experiment
from experiment_rows import MODELS, matrix_rows
from readings import terminal


@pytest.mark.parametrize(("count", "width"), [(6, 80), (10, 80), (16, 100)])
def test_the_table_of_a_matrix_fits_the_terminal(tmp_path: Path, count: int, width: int) -> None:
    text = terminal(build_experiment(tmp_path, "matrix", count), width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    rows = {line.split()[1]: line.split()[2:] for line in lines if re.match(r" ?\d+ \S", line)}
    names = list(MODELS)[:count]
    heads = next(line.split() for line in lines if line.split()[:2] == ["RP", "1"])
    assert heads == ["RP", *map(str, range(1, count)), "Gauss", "optim"]
    values = {(r["a"], r["b"]): r["value"] for r in matrix_rows(count) if r["metric"] == "rp"}
    for i, name in enumerate(names):
        expected = [f"{values[other, name]:.2f}"[1:] for other in names[:i]]
        assert rows[name][:i] == expected
        assert len(rows[name]) == i + 2  # and the two closed forms


def test_a_matrix_too_wide_for_the_terminal_is_a_line_for_each_model(tmp_path: Path) -> None:
    text = terminal(build_experiment(tmp_path, "matrix", 16), 80)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in text
    values = {frozenset((r["a"], r["b"])): r["value"] for r in matrix_rows(16) if r["metric"] == "rp"}
    for name in list(MODELS)[:16]:
        of = {next(iter(pair - {name})): v for pair, v in values.items() if name in pair}
        (line,) = (line for line in lines if re.match(re.escape(name) + r" +\.\d\d ", line))
        found = line.split()
        assert float(found[1]) == pytest.approx(sum(of.values()) / len(of), abs=0.0051)
        assert of[found[3]] == max(of.values())
        assert of[found[5]] == min(of.values())
