"""The figure of ``updates`` holds its scores, and so does the terminal's table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from directories import build_run
from readings import drawings, run_of, terminal
from rows import Rows, row

from tests.experiments.updates.made import COUNTS, agreed, copied

SHARES = {(64, 128): [0.1, 0.3, 0.5, 0.75], (64, 256): [0.5, 0.75, 1.0, 1.0], (128, 128): [0.0, 0.0, 0.25, 0.5]}


def rows() -> Rows:
    made = [r for (n, width), shares in SHARES.items() for r in copied(shares, n=n, width=width)]
    real = [row("updates", "memorized_heldout", share, "held-out", "train", n) for n, share in ((64, 0.25), (128, 0.5))]
    distances = [row("updates", "nn_distance", 3.0, "mlp-128", "train", 64, updates=u) for u in COUNTS]
    return [*made, *real, *agreed([0.2, 0.3, 0.4, 0.5]), *distances]


@pytest.mark.parametrize("narrow", [False, True])
def test_a_panel_for_each_size_holds_its_networks_and_real_images(narrow: bool) -> None:
    (drawing,) = drawings(run_of(rows()))
    figure = drawing.draw(narrow=narrow)
    panels = [p for p in figure.axes if p.get_visible()]
    assert [p.get_title("left") for p in panels] == ["N = 64", "N = 128"]
    for panel, n, real in zip(panels, (64, 128), (0.25, 0.5), strict=True):
        lines = {line.get_label(): line for line in panel.lines}
        assert set(lines) == {"held-out real images", *(f"mlp-{w}" for m, w in SHARES if m == n)}
        assert set(lines["held-out real images"].get_ydata()) == {real}
        for (m, width), shares in SHARES.items():
            if m == n:
                assert list(lines[f"mlp-{width}"].get_xdata()) == list(COUNTS)
                assert list(lines[f"mlp-{width}"].get_ydata()) == pytest.approx(shares, abs=1e-3)
        bands = len(panel.collections)
        assert bands == sum(m == n for m, _ in SHARES)
    colours = {line.get_color() for p in panels for line in p.lines if line.get_label() == "mlp-128"}
    assert len(colours) == 1, "a network keeps its colour"
    assert list(panels[0].get_xticks()) == list(COUNTS)
    assert [t.get_text() for t in panels[-1].get_xticklabels()][-1] == "4k"


def test_the_figure_is_told_in_words() -> None:
    (drawing,) = drawings(run_of(rows()))
    assert drawing.key == "copies-updates"
    assert "mlp-256, N = 64: 0.50 after 500, 0.75 after 1000, 1.00 after 2000, 1.00 after 4000." in drawing.alt
    assert "training of its own" in drawing.caption
    assert list(drawings(run_of(agreed([0.1] * 4)))) == [], "without copies there is none"


def test_labels_of_many_numbers_are_thinned_and_the_last_one_stays() -> None:
    made = [r | {"updates": updates} for updates in [100 * 2**k for k in range(12)] for r in copied([0.1] * 4)[:1]]
    (drawing,) = drawings(run_of(made))
    labels = [t.get_text() for t in drawing.draw(narrow=True).axes[0].get_xticklabels()]
    assert len(labels) == 12
    assert labels[-1] == "204.8k"
    assert 4 <= sum(map(bool, labels)) <= 7


def test_the_table_has_a_line_for_each_number_of_updates(tmp_path: Path) -> None:
    text = terminal(build_run(tmp_path, rows(), curves=False, grid=False), 80)
    table = text[text.rindex("copied") :]
    assert re.search(r"updates +128 +256 +128:256 +128", table)
    assert re.search(r"64 +500 +0\.10 +0\.50 +0\.20 +3\.00", table)
    assert re.search(r"\n +4000 +0\.75 +1\.00 +0\.50 +3\.00", table)
    assert re.search(r"128 +500 +0\.00 +– +– +–", table)
    assert max(map(len, table.splitlines())) <= 80
