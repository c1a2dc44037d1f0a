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
    styles = [line._dash_pattern for line in lines.values() if "mlp-128" not in str(line.get_label())]
    assert len(set(map(str, styles))) == 3, "to the truth, to the optimum, between the two"
    for to in ("true flow (E_gen)", "optimum (E_mem)"):
        assert lines[f"mlp-256 to the {to}"].get_color() != lines["optimum to the true flow"].get_color()
    assert lines["mlp-256 to the optimum (E_mem)"].get_color() == lines["mlp-256 to the true flow (E_gen)"].get_color()
