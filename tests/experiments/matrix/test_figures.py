"""The figures of ``matrix`` hold its scores and can be read."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from experiment_rows import MODELS, NO_PICTURES, matrix_rows
from readings import drawings, drawn, run_of

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


def test_beside_the_map_every_model_has_its_baselines(tmp_path: Path) -> None:
    rows = matrix_rows(6)
    for k, r in enumerate(rows):
        r["baseline"] |= {"floor": (k % 40) / 1000, "ceiling": None}
        if r["metric"] in ("rp_gaussian", "rp_optimum"):
            r["value"] = k / 500
    drawing = next(d for d in drawings(run_of(rows)) if d.key == "matrix")
    axes, names = drawing.draw(narrow=False).axes[0], list(MODELS)[:6]
    layout = matrix_figures._Layout(names, 3, axes.figure.get_figwidth())
    shown = {tuple(round(x, 3) for x in t.get_position()): t.get_text() for t in axes.texts}
    heads = {t.get_text(): t.get_position()[0] for t in axes.texts if t.get_text() in matrix_figures.SIDES}
    for k, side in enumerate(("floor", "Gaussian", "optimum")):
        assert heads[side] == pytest.approx(layout.middle(0, 6 + k)[0])
        for i, name in enumerate(names):
            own = [r for r in rows if name in (r["a"], r["b"])]
            if side == "floor":
                value = max(r["baseline"]["floor"] for r in own if r["metric"] == "rp")
            else:
                [value] = [r["value"] for r in own if r["metric"] == f"rp_{side.lower()}"]
            assert shown[tuple(round(x, 3) for x in layout.middle(i, 6 + k))] == str(math.floor(100 * value + 1e-9))
    assert not layout.listed
    for i, name in enumerate(names):
        [text] = [t for t in axes.texts if t.get_text() == name]
        assert text.get_position()[1] == pytest.approx(layout.middle(i, 0)[1]), "beside its row"


def test_numbers_tell_models_by_their_agreement_and_distance(tmp_path: Path) -> None:
    axes = drawn(tmp_path, "matrix", "pictures", count=6).axes[0]
    names, rows = list(MODELS)[:6], matrix_rows(6)
    far = {r["a"]: r["value"] for r in rows if r["metric"] == "nn_distance"}
    assert len(axes.texts) >= 2
    for text in axes.texts:
        name = names[int(text.get_text()) - 1]
        agree = [r["value"] for r in rows if r["metric"] == "rp" and name in (r["a"], r["b"])]
        assert text.xy == pytest.approx((far[name], np.mean(agree)))
    real, farthest = (line for line in axes.lines if len(set(line.get_xdata())) == 1 and line.get_marker() == "None")
    assert farthest.get_xdata()[0] == pytest.approx(matrix_figures.FARTHEST * real.get_xdata()[0])
    assert str(farthest._dash_pattern) != str(real._dash_pattern)


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
    frames = [p for p in figure.axes[0].patches if str(p.get_gid()).startswith("fallen")]
    assert not any(p.get_fill() for p in frames), "the number is seen"
    framed = [p.get_gid() for p in frames]
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
    labels = axes.get_yticklabels()
    for label, line in zip(labels, dots, strict=True):
        assert label.get_text().endswith(f"{len(line.get_xdata())} pair{'s' if len(line.get_xdata()) > 1 else ''}")
    [seeds] = [line for line in axes.lines if line.get_label() == "another seed, mean"]
    assert seeds.get_xdata()[0] == pytest.approx(np.mean(counted["seed"]))
    colours = {label.get_text().split("\n")[0]: line.get_color() for label, line in zip(labels, dots, strict=True)}
    assert colours.pop("seed") == COLOURS["muted"]
    assert set(colours.values()) == {COLOURS["blue"]}
