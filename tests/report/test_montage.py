"""The grid on paper."""

from __future__ import annotations

import numpy as np
import pytest
from directories import build_run
from matplotlib.patches import Rectangle

from samenoise.lab.run_files import Grid, read_run
from samenoise.report.grid import montage, starting_row


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Grid:
    grid = read_run(build_run(tmp_path_factory.mktemp("run"), [], curves=False)).grid
    assert grid is not None
    assert len(grid.panels) == 9
    return grid


def test_the_first_the_middle_and_the_last_panel_are_shown_under_their_own_names(grid: Grid) -> None:
    axes = montage(grid).axes[0]
    named = [text.get_text() for text in axes.texts if text.get_weight() == "bold"]
    assert named == ["N = 8", "N = 128", "N = 1500"]
    shown = [image.get_array() for image in axes.images]
    rows = [k for k, row in enumerate(grid.rows) if row["kind"] != "noise"]
    expected = [grid.images[p, r, c] for p in (0, 4, 8) for r in rows for c in range(10)]
    assert len(shown) == len(expected)
    assert all((a.transpose(2, 0, 1) == b).all() for a, b in zip(shown, expected, strict=True))


def test_a_frame_is_round_every_picture_that_matches_the_first_networks(grid: Grid) -> None:
    reference = starting_row(grid)
    matches = grid.similarity[[0, 4, 8], :10, reference] > grid.threshold
    matches[..., reference] = False
    axes = montage(grid).axes[0]
    assert sum(isinstance(patch, Rectangle) for patch in axes.patches) == int(np.sum(matches)) > 0
