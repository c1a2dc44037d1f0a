"""The figures of ``dynamics`` hold its scores."""

from __future__ import annotations

from pathlib import Path

import pytest
from experiment_rows import TIMES, UPDATES, dynamics_rows
from readings import drawn


def test_panels_of_the_training_hold_their_size(tmp_path: Path) -> None:
    panels = drawn(tmp_path, "dynamics", "progress").axes
    assert [p.get_title("left") for p in panels if p.get_visible()] == [f"N = {n}" for n in TIMES[128]]
    stored = {
        (r["n_train"], r["update"]): r["value"]
        for r in dynamics_rows()
        if r["metric"] == "memorized" and r["width"] == 256
    }
    for panel, n in zip(panels, TIMES[128], strict=False):
        line = next(line for line in panel.lines if line.get_label() == "copies of mlp-256")
        assert list(line.get_xdata()) == list(UPDATES)
        assert list(line.get_ydata()) == [stored[n, u] for u in UPDATES]


def test_what_was_not_reached_is_a_triangle_at_the_end(tmp_path: Path) -> None:
    axes = drawn(tmp_path, "dynamics", "milestones").axes[0]
    triangles = [line for line in axes.lines if line.get_marker() == "^"]
    assert [list(t.get_ydata()) for t in triangles] == [[UPDATES[-1]]]
    assert list(triangles[0].get_xdata()) == pytest.approx([1024], rel=0.03)
    copies = next(line for line in axes.lines if line.get_label() == "mlp-128 starts to copy")
    assert list(copies.get_ydata()) == [200, 1000, 5000]
