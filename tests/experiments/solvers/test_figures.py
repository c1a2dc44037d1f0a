"""The figures of ``solvers`` hold its scores."""

from __future__ import annotations

from pathlib import Path

import pytest
from experiment_rows import ETAS, GRIDS, solver_rows
from readings import drawings, drawn, run_of

from samenoise.experiments.solvers import figures


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


@pytest.mark.parametrize(
    ("key", "metric", "labels"),
    [
        ("rp-reference", "rp_reference", ("ceiling", "floor")),
        ("pfd-reference", "pfd_reference", ("numerical noise", "mismatched pairs")),
    ],
)
def test_of_all_baselines_the_least_favourable_is_a_line(key: str, metric: str, labels: tuple[str, str]) -> None:
    """A share must come near its ceiling and lie above its floor; a distance, the other way round."""
    rows = solver_rows()
    beside = [r["baseline"] for r in rows if r["metric"] == metric]
    for k, each in enumerate(beside):
        each |= {"ceiling": 0.9 + k / 1000, "floor": 0.1 + k / 1000}
    axes = next(d for d in drawings(run_of(rows)) if d.key == key).draw(narrow=False).axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    ceiling, floor = (lines[label] for label in labels)
    least, most = (min, max) if metric == "rp_reference" else (max, min)
    plain = [r["baseline"] for r in rows if r["metric"] == metric and not r["eta"]]
    assert ceiling.get_ydata()[0] == pytest.approx(least(each["ceiling"] for each in plain))
    assert floor.get_ydata()[0] == pytest.approx(most(each["floor"] for each in plain))
    assert ceiling.get_linestyle() == "-"
    assert floor.get_linestyle() != "-"


def test_a_distance_of_nothing_is_no_line_on_a_scale_of_logarithms() -> None:
    rows = solver_rows()
    for r in rows:
        r["baseline"]["ceiling"] = 0.0
    found = {d.key: d.draw(narrow=False).axes[0] for d in drawings(run_of(rows))}
    assert "numerical noise" not in [line.get_label() for line in found["pfd-reference"].lines]
    assert "ceiling" in [line.get_label() for line in found["rp-reference"].lines], "a share of 0 is one"


def test_numbers_of_evaluations_stand_below_where_they_do_not_touch(tmp_path: Path) -> None:
    assert figures._spaced([5, 7, 8, 12, 100]) == [5, 8, 100]
    axes = drawn(tmp_path, "solvers", "rp-reference").axes[0]
    tried = {2 * steps - 1 if name == "heun" else steps for name, grid in GRIDS.items() for steps in grid}
    assert list(axes.get_xticks()) == figures._spaced(sorted(tried))
