"""What holds of every figure: nothing touches, nothing leaves it, text can be read, and the scores are in it."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from directories import build_run, reported_run
from experiment_rows import FIGURES
from PIL import Image
from readings import drawings
from sweeps import MEMORIZED, SIZES, all_rows

from samenoise.lab.run_files import read_run
from samenoise.report import reading
from samenoise.report.grid import sprite
from samenoise.report.ink import to_svg


@pytest.fixture(scope="module")
def sweep_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reported_run(tmp_path_factory)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sprite_holds_every_pixel_in_its_place(tmp_path: Path, channels: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 4, channels, 5, 6), dtype=np.uint8)
    (tmp_path / "s.png").write_bytes(sprite(images))
    sheet = np.asarray(Image.open(tmp_path / "s.png")).reshape(15, 24, channels)
    for r in range(3):
        for c in range(4):
            tile = sheet[5 * r : 5 * r + 5, 6 * c : 6 * c + 6]
            assert (tile.transpose(2, 0, 1) == images[r, c]).all()


def test_figures_draw_the_scores(sweep_dir: Path) -> None:
    drawn = {d.key: d for d in drawings(read_run(sweep_dir))}
    axes = drawn["copying"].draw(narrow=False).axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    for width, values in MEMORIZED.items():
        x, y = lines[f"mlp-{width}"].get_data()
        assert list(x) == list(SIZES)
        assert np.abs(np.asarray(y, float) - values).max() <= 0.5 / 512
    assert axes.get_xscale() == "log"
    panel = drawn["curve-regimes-memorized"].draw(narrow=False).axes[0]
    for line in panel.lines:
        if line.get_label() in lines:
            assert line.get_color() == lines[line.get_label()].get_color()


@pytest.mark.parametrize("narrow", [False, True])
def test_no_two_labels_of_sizes_touch_and_no_legend_hides_data(sweep_dir: Path, narrow: bool) -> None:
    for drawing in drawings(read_run(sweep_dir)):
        figure = drawing.draw(narrow=narrow)
        figure.draw_without_rendering()
        axes = figure.axes[0]
        boxes = [t.get_window_extent() for t in axes.get_xticklabels() if t.get_text()]
        assert all(a.x1 < b.x0 for a, b in pairwise(boxes)), drawing.key
        legend = figure.legends[0].get_window_extent()
        assert legend.y0 >= axes.get_window_extent().y1 - 1, drawing.key
        assert legend.x1 <= figure.bbox.x1, drawing.key


def test_text_in_svg_stays_text_of_readable_size(sweep_dir: Path) -> None:
    for drawing in drawings(read_run(sweep_dir)):
        svg = to_svg(drawing.draw(narrow=True), drawing.key)
        width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])  # type: ignore[index]
        sizes = [float(s) for s in re.findall(r"font-size: ([\d.]+)px", svg)]
        assert sizes
        assert min(sizes) * 360 / width >= 9, drawing.key


def test_every_figure_is_there_in_its_section(experiment_dir: Path) -> None:
    run = read_run(experiment_dir)
    experiment = run.scores[0].experiment
    assert [(room and room.name, d.key) for room, d in reading.drawings(run, reading.rooms_of(run))] == [
        (experiment, key) for key in FIGURES[experiment]
    ]


@pytest.mark.parametrize("narrow", [False, True])
def test_nothing_touches_or_leaves_its_figure(experiment_dir: Path, narrow: bool) -> None:
    for drawing in drawings(read_run(experiment_dir)):
        figure = drawing.draw(narrow=narrow)
        figure.draw_without_rendering()
        inside = figure.bbox.padded(1)
        for axes in figure.axes:
            if not axes.get_visible():
                continue
            ticks = [t.get_window_extent() for t in axes.get_xticklabels() if t.get_text() and axes.axison]
            assert all(a.x1 < b.x0 for a, b in pairwise(ticks)), drawing.key
            words = [axes.xaxis.label, axes.yaxis.label, axes.title, *axes.texts]
            for text in (t for t in words if t.get_text()):
                box = text.get_window_extent()
                assert inside.contains(*box.min), (drawing.key, text.get_text())
                assert inside.contains(*box.max), (drawing.key, text.get_text())
        for legend in figure.legends:
            box = legend.get_window_extent()
            assert box.x1 <= figure.bbox.x1, drawing.key
            assert box.y0 >= max(a.get_window_extent().y1 for a in figure.axes if a.get_visible()) - 1, drawing.key


def test_curves_that_are_not_of_sizes_are_left_out(tmp_path: Path) -> None:
    run_dir = build_run(tmp_path, all_rows())
    before = [d.key for d in drawings(read_run(run_dir))]
    file = json.loads((run_dir / "curves.json").read_text())
    file["curves"] += [file["curves"][0] | {"experiment": name} for name in FIGURES]
    (run_dir / "curves.json").write_text(json.dumps(file))
    assert [d.key for d in drawings(read_run(run_dir))] == before
