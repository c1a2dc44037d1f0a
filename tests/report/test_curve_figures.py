"""Scores over all thresholds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from directories import build_run
from matplotlib.lines import Line2D
from readings import DEFINITIONS
from sweeps import regime_rows

from samenoise.lab.experiment import Drawing
from samenoise.lab.run_files import Run, read_run
from samenoise.report.curve_figures import curve_drawings


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return read_run(build_run(tmp_path_factory.mktemp("run"), regime_rows(), grid=False))


def agreement(run: Run) -> Drawing:
    return next(d for d in curve_drawings(run, DEFINITIONS) if d.key == "curve-regimes-rp")


def marked(drawing: Drawing) -> set[float]:
    """Where vertical lines stand."""
    lines: list[Line2D] = [line for axes in drawing.draw().axes for line in axes.lines]
    return {x for x, other in (line.get_xdata() for line in lines if len(line.get_xdata()) == 2) if x == other}


def test_the_threshold_is_marked_where_the_scores_have_one_alone(run: Run) -> None:
    drawing = agreement(run)
    assert marked(drawing) == {0.95}
    assert "Vertical line: the threshold of the scores, 0.95." in drawing.caption
    scores = [replace(s, threshold=0.9) if (s.metric, s.n_train) == ("rp", 8) else s for s in run.scores]
    drawing = agreement(replace(run, scores=tuple(scores)))
    assert marked(drawing) == set()
    assert "Vertical line" not in drawing.caption
