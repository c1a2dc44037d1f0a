"""The figures of ``matrix`` hold its scores and can be read."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from experiment_rows import MODELS, NO_PICTURES, matrix_rows
from readings import drawn

from samenoise.experiments.matrix import figures as matrix_figures
from samenoise.report.ink import COLOURS, to_svg


@pytest.mark.parametrize("count", [2, 6, 16, 20])
@pytest.mark.parametrize("narrow", [False, True])
def test_the_map_holds_every_pair_and_is_readable(tmp_path: Path, count: int, narrow: bool) -> None:
    figure = drawn(tmp_path, "matrix", "matrix", narrow, count)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    names = list(MODELS)[:count]
    shown = {(round(t.get_position()[0], 3), round(t.get_position()[1], 3)): t for t in axes.texts}
    numbers = [t for t in axes.texts if t.get_text().isdigit()]
    values = {frozenset((r["a"], r["b"])): r["value"] for r in matrix_rows(count) if r["metric"] == "rp"}
    longest = max(map(len, names))
    layout = matrix_figures._Layout(names, 3, figure.get_figwidth())
    for i, a in enumerate(names):
        for j, b in enumerate(names):
            text = shown[tuple(round(x, 3) for x in layout.middle(i, j))].get_text()  # type: ignore[index]
            assert text == ("·" if i == j else str(math.floor(100 * values[frozenset((a, b))]))), (a, b)
    for name in names:  # beside its row, or in the list
        assert sum(t.get_text() == name for t in axes.texts) == 1
    boxes = [t.get_window_extent() for t in numbers]
    for k, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[k + 1 :]), (numbers[k].get_text(), longest)
    svg = to_svg(figure, "k")
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])  # type: ignore[index]
    sizes = [float(s) for s in re.findall(r"font-size: ([\d.]+)px", svg)]
    assert min(sizes) * (360 if narrow else 560) / width >= 9
    assert not any(value in svg for value in COLOURS.values())


def test_long_names_make_room_for_the_cells() -> None:
    names = [f"a-network-with-a-very-long-name-{k}" for k in range(20)]
    for width in (3.75, 5.5):
        layout = matrix_figures._Layout(names, 3, width)
        assert layout.listed
        assert 72 * layout.cell >= 2 * 0.636 * layout.font  # two digits
    assert not matrix_figures._Layout(names[:3], 3, 5.5).listed


def test_colours_of_the_map_run_from_0_to_1_whatever_the_scores(tmp_path: Path) -> None:
    opacity = matrix_figures._opacity
    assert opacity(0) == 0
    assert opacity(0.5) * 2 == opacity(1) == opacity(1.2)
    figure = drawn(tmp_path, "matrix", "matrix", count=3)
    patches = {round(p.get_alpha(), 6) for p in figure.axes[0].patches if p.get_alpha() is not None}
    for r in matrix_rows(3):
        if r["metric"] == "rp":
            assert round(opacity(r["value"]), 6) in patches


def test_pairs_at_chance_are_framed(tmp_path: Path) -> None:
    figure = drawn(tmp_path, "matrix", "matrix")
    framed = [p.get_gid() for p in figure.axes[0].patches if str(p.get_gid()).startswith("fallen")]
    k = list(MODELS).index(NO_PICTURES)
    assert set(framed) == {f"fallen-{i}-{j}" for i in range(16) for j in range(16) if i != j and k in (i, j)}


def test_factors_hold_the_pairs_that_differ_in_one_thing(tmp_path: Path) -> None:
    axes = drawn(tmp_path, "matrix", "factors").axes[0]
    counted: dict[str, list[float]] = {}
    for r in matrix_rows():
        if r["metric"] == "rp" and len(r["differs"]) == 1 and NO_PICTURES not in (r["a"], r["b"]):
            counted.setdefault(r["differs"][0], []).append(r["value"])
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    bars = [line for line in axes.lines if line.get_linestyle() == "-" and line.get_marker() == "None"]
    found = [sorted(line.get_xdata()) for line in dots]
    assert sorted(found) == sorted(map(sorted, counted.values()))
    means = [line.get_xdata()[0] for line in bars]
    assert means == sorted(means) == pytest.approx([np.mean(line.get_xdata()) for line in dots])
    for label, line in zip(axes.get_yticklabels(), dots, strict=True):
        assert label.get_text().endswith(f"{len(line.get_xdata())} pair{'s' if len(line.get_xdata()) > 1 else ''}")
    assert any(line.get_xdata()[0] == pytest.approx(np.mean(counted["seed"])) for line in axes.lines[-1:])
