"""The strip at the head of the page: one noise along all sizes, the one that shows most, and nothing that is not so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from directories import reported_run
from matplotlib.patches import Rectangle
from readings import Page

from samenoise.lab.run_files import Grid, read_run
from samenoise.report.grid import labels
from samenoise.report.strip import drawn, strip, telling_panel

KINDS = ("noise", "model", "model", "nearest", "optimum")
SIZES = (8, 64, 1500)


def grid(agree: list[list[float]], copies: list[list[float]]) -> Grid:
    """Two networks at three sizes and some noises, with these similarities to one another and to the nearest training
    image; every picture is of one grey level, its own."""
    P, C, R = len(SIZES), len(agree[0]), len(KINDS)
    similarity = np.full((P, C, R, R), np.nan, np.float32)
    similarity[:, :, 1, 2] = similarity[:, :, 2, 1] = agree
    similarity[:, :, 2, 3] = similarity[:, :, 3, 2] = copies
    near = np.full((P, R, C), np.nan, np.float32)
    near[:, 1] = near[:, 2] = copies
    images = np.arange(P * R * C, dtype=np.uint8).reshape(P, R, C, 1, 1, 1) * np.ones((1, 1, 1, 1, 2, 2), np.uint8)
    rows = tuple({"label": f"{kind} {k}", "kind": kind} for k, kind in enumerate(KINDS))
    panels = tuple({"label": f"N = {n}", "n_train": n} for n in SIZES)
    ids = np.zeros((P, R, C), np.int64)
    return Grid(images, similarity, ids, near, "pixel", 0.95, tuple(range(10, 10 + C)), rows, panels)


AGREE = [[0.99, 0.99, 0.99, 0.2], [0.99, 0.1, 0.3, 0.1], [0.99, 0.97, 0.3, 0.97]]
COPIES = [[0.99, 0.99, 0.99, 0.3], [0.5, 0.5, 0.5, 0.5], [0.98, 0.4, 0.4, 0.4]]
"""The first noise gives copies throughout, the second both regimes, the third no agreement at the end, the fourth no
copies at the start."""


def test_the_noise_that_shows_both_regimes_is_taken() -> None:
    found = strip(grid(AGREE, COPIES))
    assert found is not None
    assert (found.noise, found.panels) == (11, ("N = 8", "N = 64", "N = 1500"))
    assert found.matches.tolist() == [[True, False, True], [True, False, True], [True, False, False]]


@pytest.mark.parametrize("order", [[1, 0, 2, 3], [3, 2, 1, 0]])
def test_wherever_it_stands(order: list[int]) -> None:
    found = strip(grid(*([[row[k] for k in order] for row in values] for values in (AGREE, COPIES))))
    assert found is not None
    assert found.noise == 10 + order.index(1)


def test_two_sizes_are_enough() -> None:
    """Both ends are seen; that there is nothing between asks nothing of a noise."""
    made = grid(AGREE, COPIES)
    ends = [0, 2]
    few = replace(
        made,
        images=made.images[ends],
        similarity=made.similarity[ends],
        nearest_id=made.nearest_id[ends],
        nearest_similarity=made.nearest_similarity[ends],
        panels=tuple(made.panels[p] for p in ends),
    )
    found = strip(few)
    assert found is not None
    assert (found.noise, found.panels) == (11, ("N = 8", "N = 1500"))
    assert len(drawn(found).axes[0].images) == 6
    assert strip(replace(few, panels=few.panels[:1], images=few.images[:1])) is None


def test_its_pictures_are_those_of_the_grid() -> None:
    made = grid(AGREE, COPIES)
    found = strip(made)
    assert found is not None
    assert found.labels == ("model 1", "model 2", "nearest training image to model 2")
    assert (found.images == made.images[:, [1, 2, 3], 1].swapaxes(0, 1)).all()
    plate = drawn(found).axes[0]
    assert len(plate.images) == 9
    assert sum(isinstance(patch, Rectangle) for patch in plate.patches) == int(found.matches.sum())


def test_there_is_none_where_nothing_runs_along_sizes() -> None:
    made = grid(AGREE, COPIES)
    assert strip(replace(made, panels=tuple({**panel, "n_train": 8} for panel in made.panels))) is None
    alone = tuple({**row, "kind": "model" if k == 1 else "optimum"} for k, row in enumerate(made.rows))
    assert strip(replace(made, rows=alone)) is None


def test_the_grid_opens_where_most_pictures_are_the_same_and_new() -> None:
    assert telling_panel(grid(AGREE, COPIES)) == 2
    assert telling_panel(grid([[0.9] * 4, [0.97] * 4, [0.99] * 4], [[0.1] * 4, [0.1] * 4, [0.99] * 4])) == 1
    assert telling_panel(grid([[0.1] * 4] * 3, COPIES)) == 0, "nowhere: at the first"
    assert telling_panel(grid([[0.99] * 4] * 3, [[0.1] * 4] * 3)) == 2, "everywhere: at the last"


def test_the_nearest_training_image_says_whose_it_is() -> None:
    assert labels(grid(AGREE, COPIES))[3] == "nearest 3 to model 2"


def test_the_page_begins_with_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    run_dir = reported_run(tmp_path_factory)
    html = (run_dir / "report" / "index.html").read_text(encoding="utf-8")
    assert html.index('class="strip') < html.index('id="findings"')
    kept = read_run(run_dir).grid
    assert kept is not None
    found = strip(kept)
    assert found is not None
    said = [value for key, value in Page(html).attributes if key == "aria-label" and value and ", N = " in value]
    assert len(said) == found.matches.size
    assert sum(value.endswith(": the same") for value in said) == found.matches.sum()
    assert f'value="{telling_panel(kept)}" checked' in html
    assert (run_dir / "report" / "figures" / "strip.png").is_file()
