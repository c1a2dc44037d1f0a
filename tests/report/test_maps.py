"""Maps on the page are those of the run: colours, pictures, facts; and without maps there are none."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from directories import build_run
from maps_made import COLUMNS, LINES, MARKED, ROWS, SHEETS, arrays, build_maps
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image
from readings import Page
from rows import row

from samenoise.lab.run_files import read_run
from samenoise.report import maps as maps_of
from samenoise.report import write_report
from samenoise.report.ink import HUES


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = build_maps(tmp_path_factory.mktemp("maps"))
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def html(run_dir: Path) -> str:
    return (run_dir / "report" / "index.html").read_text(encoding="utf-8")


def picture(address: str) -> NDArray[np.uint8]:
    head, _, data = address.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_a_sheet_is_a_small_picture_of_hues_and_a_sprite_of_what_is_drawn(html: str) -> None:
    found = re.findall(
        r'\.atlas\[data-sheet="(\d)"\] \[data-row="(\d)"\]\{--map:url\("(.*?)"\);--sprite:url\("(.*?)"\)\}', html
    )
    assert [(p, r) for p, r, _, _ in found] == [(str(p), str(r)) for p in range(2) for r in range(3)]
    stored = arrays()
    for p, r, colours, sprite in found:
        nearest, similarity = stored["nearest"][int(p), int(r)], stored["similarity"][int(p), int(r)]
        pixels = picture(colours)
        assert pixels.shape == (LINES, COLUMNS, 4)
        for place, pixel in enumerate(pixels.reshape(-1, 4)):
            if nearest[place] < 0:
                assert pixel[3] == 0
                continue
            expected = np.round(255 * np.array([*to_rgb(HUES[nearest[place]]), similarity[place]]))
            np.testing.assert_allclose(pixel, expected, atol=1)
        sheet = picture(sprite)
        assert sheet.shape == (LINES * 8, COLUMNS * 8)
        for place in (0, 8, 29):
            i, j = divmod(place, COLUMNS)
            tile = sheet[8 * i : 8 * i + 8, 8 * j : 8 * j + 8]
            np.testing.assert_array_equal(tile, stored["images"][int(p), int(r), place, 0])


def test_the_facts_are_those_of_the_run(html: str) -> None:
    facts = json.loads(re.findall(r'id="map-facts">(.*?)</script>', html)[0])
    stored = arrays()
    assert (facts["columns"], facts["places"], facts["marked"]) == (COLUMNS, COLUMNS * LINES, MARKED)
    assert (tuple(facts["rows"]), tuple(facts["sheets"])) == (ROWS, SHEETS)
    assert facts["nearest"] == stored["nearest"].tolist()
    assert facts["similarity"][1][2] == [None] * COLUMNS * LINES
    np.testing.assert_allclose(facts["similarity"][0], stored["similarity"][0], atol=0.0051)


def test_labels_are_escaped_and_marks_are_where_they_are(html: str) -> None:
    assert "<b>optimum</b>" not in html
    assert "&lt;b&gt;optimum&lt;/b&gt;" in html
    marks = re.findall(r'class="mark" style="--r:(\d);--c:(\d)">(\d)', html)
    assert marks[:3] == [("1", "1", "1"), ("1", "4", "2"), ("4", "1", "3")]
    assert len(marks) == 3 * len(ROWS)
    shares = [f"{100 * np.mean(arrays()['nearest'][0, 0] == k):.0f} % to {k + 1}" for k in range(3)]
    assert f"MLP, width 8, N = 8: of the places, {', '.join(shares)}" in html


def test_ids_are_unique_and_the_section_is_linked(html: str) -> None:
    page = Page(html)
    ids = [v for k, v in page.attributes if k == "id"]
    assert len(ids) == len(set(ids))
    assert ("href", "#maps") in page.attributes
    assert ("href", "figures/maps.png") in page.attributes


def test_on_paper_a_row_for_each_sheet_and_a_column_for_each_generator(run_dir: Path) -> None:
    maps = read_run(run_dir).maps
    assert maps is not None
    for narrow in (False, True):
        figure = maps_of.plate(maps, narrow)
        sheets = [axes for axes in figure.axes if axes.images]
        assert len(sheets) == 6
        np.testing.assert_array_equal(sheets[4].images[0].get_array(), maps_of._rgba(maps, 1, 1))
        assert [t.get_text() for t in sheets[0].texts] == ["1", "2", "3"]
        assert [tuple(map(float, (line.get_xdata()[0], line.get_ydata()[0]))) for line in sheets[0].lines] == [
            (1.0, 1.0),
            (4.0, 1.0),
            (1.0, 4.0),
        ]
        assert {"N = 8", "N = 64"} <= {t.get_text() for t in figure.texts}
    assert {"maps.png", "maps.pdf"} <= {p.name for p in (run_dir / "report" / "figures").iterdir()}


@pytest.mark.usefixtures("page_alone")
def test_large_maps_lie_beside_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samenoise.report.page.INLINE_LIMIT", 1000)
    page = write_report(build_maps(tmp_path)).read_text(encoding="utf-8")
    assert '--sprite:url("images/map-5.png")' in page
    assert {f"map-{k}.png" for k in range(6)} <= {p.name for p in (tmp_path / "report" / "images").iterdir()}


@pytest.mark.usefixtures("page_alone")
def test_without_maps_there_is_no_section(tmp_path: Path) -> None:
    page = write_report(build_run(tmp_path, [row("regimes", "rp", 0.5, "m", "w", 8)], curves=False)).read_text(
        encoding="utf-8"
    )
    assert 'id="maps"' not in page
    assert 'href="#maps"' not in page
    assert not (tmp_path / "report" / "figures" / "maps.png").exists()


@pytest.mark.parametrize("name", ["maps.json", "maps.safetensors"])
def test_damaged_maps_are_said(tmp_path: Path, name: str) -> None:
    build_maps(tmp_path)
    (tmp_path / name).write_text("[")
    with pytest.raises(ValueError, match=rf"{name} is (damaged|no JSON)"):
        read_run(tmp_path)
    (tmp_path / name).unlink()
    assert read_run(tmp_path).maps is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"marked": [7, 10, 30]}, "30 places in 6 columns, of which"),
        ({"marked": []}, "of which"),
        ({"marked": [7]}, "belong to more than the 1 marked ones"),
        ({"columns": 7}, "30 places in 7 columns"),
        ({"columns": 0}, "30 places in 0 columns"),
        ({"rows": [{"label": "one"}]}, "images is uint8 of shape"),
        ({"rows": [{}] * 3}, "label"),
        ({"sheets": 2}, "a list should be"),
    ],
)
def test_maps_that_do_not_belong_together_are_said(tmp_path: Path, change: dict[str, object], says: str) -> None:
    build_maps(tmp_path)
    about = json.loads((tmp_path / "maps.json").read_text())
    (tmp_path / "maps.json").write_text(json.dumps(about | change))
    with pytest.raises(ValueError, match=rf"maps.safetensors is damaged .*{says}"):
        read_run(tmp_path)
