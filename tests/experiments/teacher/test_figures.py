"""The figure of ``teacher`` holds both distances."""

from __future__ import annotations

from readings import drawings, run_of
from sweeps import TEACHER, TEACHER_SIZES, teacher_rows


def test_distances_hold_both_and_that_between_the_exact_flows() -> None:
    axes = next(d for d in drawings(run_of(teacher_rows())) if d.key == "distances").draw(narrow=False).axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    for label, metric in (
        ("mlp-256 to the true flow (E_gen)", "e_gen"),
        ("mlp-256 to the optimum (E_mem)", "e_mem"),
        ("optimum to the true flow", "pfd"),
    ):
        assert list(lines[label].get_xdata()) == list(TEACHER_SIZES)
        assert list(lines[label].get_ydata()) == list(TEACHER[metric])
