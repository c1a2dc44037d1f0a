"""The figures of ``solvers`` hold its scores."""

from __future__ import annotations

from pathlib import Path

import pytest
from experiment_rows import ETAS, GRIDS
from readings import drawn


def test_lines_of_the_solvers_hold_their_scores(tmp_path: Path) -> None:
    axes = drawn(tmp_path, "solvers", "pfd-reference").axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    x, y = lines["Heun, mlp-flow"].get_data()
    assert list(x) == [2 * steps - 1 for steps in GRIDS["heun"]]
    assert list(y) == pytest.approx([6 * (4 / nfe) ** 2 for nfe in x])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    eta = drawn(tmp_path, "solvers", "eta").axes[0]
    for line in eta.lines[:4]:
        assert list(line.get_xdata()) == [e for e in ETAS if e or "same" not in str(line.get_label())]
    own = next(line for line in eta.lines if "own" in str(line.get_label()))
    assert own.get_ydata()[-1] == pytest.approx(0.01, abs=0.001)
    [ceiling] = [line for line in eta.lines if "ceiling" in str(line.get_label())]
    assert ceiling.get_ydata() == pytest.approx([0.97 - 0.1 * e for e in ETAS if e], abs=0.001)
    assert ceiling.get_xdata() == pytest.approx([e for e in ETAS if e])
