"""The report: sentences follow from the scores, numbers are those of the run, nothing hostile gets through."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from report_fixture import (
    MEMORIZED,
    RP,
    SIZES,
    all_rows,
    build_run,
    regime_rows,
    reported_run,
    row,
    split_rows,
    teacher_rows,
    wilson,
)
from samenoise.report.definitions import DEFINITIONS, SETUP
from samenoise.report.plates import drawings
from samenoise.report.run_files import Row, read_run

from samenoise.report import headlines as say
from samenoise.report import rounding, write_report
from samenoise.report.grid import sprite
from samenoise.report.ink import COLOURS, to_svg


def scores(rows: list[dict[str, Any]]) -> list[Row]:
    return [Row.of(r) for r in rows]


def said(rows: list[dict[str, Any]]) -> str:
    text = " ".join(" ".join(h.sentences) for h in say.headlines(scores(rows)))
    return text.replace("\u00a0", " ")


class Page(HTMLParser):
    """The tags of a page, its text outside of style and script, and its cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text, self.raw = "", ""
        self.rows: list[dict[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.raw = tag if tag in ("script", "style") else ""
        given = dict(attrs)
        if tag == "tr" and "data-metric" in given:
            self.rows.append({"metric": given["data-metric"] or ""})
        if tag == "td" and "data-field" in given:
            self.rows[-1][given["data-field"] or ""] = given["data-value"] or ""

    def handle_endtag(self, tag: str) -> None:
        self.raw = ""

    def handle_data(self, data: str) -> None:
        self.text += "" if self.raw else data


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reported_run(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def html(run_dir: Path) -> str:
    return (run_dir / "report" / "index.html").read_text(encoding="utf-8")


# --- rounding


@given(st.floats(0, 1))
def test_shares_are_rounded_against_the_claim(share: float) -> None:
    low, high = (
        float(f(share).removesuffix(" %")) / 100 for f in (rounding.percent_at_least, rounding.percent_at_most)
    )
    assert low <= share + 1e-12
    assert high >= share - 1e-12
    assert high - low <= 0.0101


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rounding.percent_at_least(0.9996), "99.9 %"),
        (rounding.percent_at_most(0.0004), "0.1 %"),
        (rounding.percent_at_most(0.0), "0 %"),
        (rounding.percent_at_least(0.57), "57 %"),  # 0.57 * 100 is 56.99999999999999 in floating point
        (rounding.at_least(0.57), "0.57"),
        (rounding.interval((0.789, float("inf")), 1), "0.7–∞"),
    ],
)
def test_rounding_by_hand(text: str, expected: str) -> None:
    assert text == expected


# --- headlines


def test_headlines_of_the_digits() -> None:
    text = said(all_rows())
    for sentence in (
        "With 8 training images, 99 % of what the width-128 network draws are copies of them; the share is one half at "
        "about N = 97 (95 % interval 88–109); from N = 512 on, none of 512 is a copy.",
        "at N = 1500, 2 % pass for copies, no more than the 7 % of held-out real images that do.",
        "A network twice as wide goes on copying up to an N about 2.3 times as large (95 % interval 2.0–2.8).",
        "RP of mlp-128 and mlp-256 is 0.82 at N = 8, down to 0.24 at N = 256 and 0.57 again at N = 1500: both copy at "
        "the one end and agree on new pictures at the other",
        "draw the same picture for 40 % of the noises at N = 890 (floor 0 %): that is generalization, not memory.",
        "Up to N = 256 the width-256 network is nearer to the empirical optimum, from N = 512 on nearer to the true "
        "distribution's flow (root mean squared distance 1.21 against 2.49 at N = 8192).",
        "At N = 8192 it draws the true flow's picture for 75 % of the noises.",
    ):
        assert sentence in text


def test_no_copy_is_claimed_only_where_every_larger_size_has_none() -> None:
    rows = [row("regimes", "memorized", m, "mlp-64", "train", n, width=64) for n, m in ((8, 0.9), (16, 0), (32, 0.01))]
    assert "none" not in said(rows)
    assert "at N = 32, the largest size, 1 % still are" in said(rows)
    rows[-1]["value"] = 0.0
    assert "from N = 16 on, none of 512 is a copy" in said(rows)


def test_a_network_that_never_copied_and_one_that_never_stopped() -> None:
    none = [row("regimes", "memorized", 0.2, "mlp-64", "train", 8, width=64, floor=0.0)]
    assert "Even with 8 training images, only 20 %" in said(none)
    assert "20 % still are, against 0 % of held-out real images" in said(none)
    always = [row("regimes", "memorized", v, "mlp-64", "train", n, width=64) for n, v in ((8, 0.99), (16, 0.9))]
    always.append(row("regimes", "n50", None, "mlp-64", "train", None, width=64, note="N50 lies above 16"))
    assert "the sweep does not cross one half (N50 lies above 16); at N = 16, the largest size, 91 % still" in said(
        always
    )
    never = [row("regimes", "memorized", 0, "mlp-64", "train", n, width=64) for n in (8, 16)]
    assert said(never) == "The width-64 network copies nothing at any size measured, from N = 8 to 16."


def test_a_network_that_stays_at_the_optimum_or_never_was_there() -> None:
    def optimum(*values: float) -> str:
        sizes = zip((8, 16), values, strict=True)
        return said([row("regimes", "rp_optimum", v, "mlp-64", "optimum", n, width=64) for n, v in sizes])

    assert "for 85 % of the noises at N = 8, 1 % at N = 16." in optimum(0.8594, 0.0098)
    for flat in ((0.0, 0.0), (0.5, 0.75)):
        assert f"{100 * flat[1]:.1f} % at N = 16: no fall with N is seen" in optimum(*flat)


@pytest.mark.parametrize(
    ("value", "ci95", "expected"),
    [
        (2.38, [2.0, 2.8], "about 2.3 times as large"),
        (1.2, [0.9, 1.6], "is not settled"),
        (0.8, [0.7, 0.9], "stop copying earlier"),
        (2.0, None, "without an interval"),
        (None, None, "is not determined"),
    ],
)
def test_width(value: float | None, ci95: list[float] | None, expected: str) -> None:
    rows = [row("regimes", "n50_per_doubling", value, "mlp-64", "mlp-128", None, ci95=ci95)]
    assert expected in said(rows)


def agreement(values: list[float], n: int = 512) -> str:
    sizes = [2**k for k in range(3, 3 + len(values))]
    made = [row("regimes", "rp", v, "a", "b", s, ci95=wilson(v, n)) for s, v in zip(sizes, values, strict=True)]
    return said(made)


def test_a_dip_is_claimed_only_beyond_the_intervals() -> None:
    assert "they agree least between the ends" in agreement([0.8, 0.3, 0.6])
    assert "the dip is not established" in agreement([0.8, 0.3, 0.6], n=10)
    assert "the dip is not established" in agreement([0.8, 0.30, 0.31])
    assert "rises to 0.80 at N = 32: no dip" in agreement([0.1, 0.3, 0.8])
    assert "falls to 0.09 at N = 32: no dip" in agreement([0.8, 0.3, 0.1])


def test_nothing_is_concluded_from_what_are_no_pictures() -> None:
    """Networks that return something like their noise agree above every floor."""

    def said_at(distance: float) -> str:
        rows = [row("splits", "rp_split", 0.9, "m/a", "m/b", 100, floor=0.0)]
        rows += [
            row("splits", "nn_distance", distance, name, "data", 100, ci95=None, floor=2.0) for name in ("m/a", "m/b")
        ]
        rows += [row("regimes", "rp", 0.9, "a", "b", 100, gaussian=0.0)]
        rows += [
            row("regimes", "nn_distance", distance, name, "data", 100, ci95=None, floor=2.0) for name in ("a", "b")
        ]
        return said(rows)

    assert "generalization" in said_at(2.9)
    assert "do not explain the agreement" in said_at(2.9)
    assert "generalization" not in said_at(3.1)
    assert "do not explain the agreement" not in said_at(3.1)
    assert said_at(3.1).count("far from all real images") == 2


def test_copying_at_the_one_end_is_claimed_only_where_both_copy() -> None:
    def said_at(other: float) -> str:
        rows = [row("regimes", "rp", v, "a", "b", n, ci95=wilson(v, 512)) for n, v in ((8, 0.8), (16, 0.3), (32, 0.6))]
        rows += [row("regimes", "memorized", m, name, "train", 8) for name, m in (("a", 0.9), ("b", other))]
        return said(rows)

    assert "both copy at the one end" in said_at(0.6)
    assert "both copy at the one end" not in said_at(0.4)


def test_disjoint_data_must_beat_the_floor() -> None:
    def split(value: float, floor: float | None) -> str:
        return said([row("splits", "rp_split", value, "m/a", "m/b", 100, floor=floor)])

    assert "generalization, not memory" in split(0.4, 0.02)
    assert "not shown to be more than chance" in split(0.03, 0.02)
    assert "not shown to be more than chance" in split(0.4, None)


def test_the_gaussian_may_explain_it() -> None:
    assert "do not explain" in said([row("regimes", "rp", 0.6, "a", "b", 100, gaussian=0.1)])
    assert "may explain" in said([row("regimes", "rp", 0.6, "a", "b", 100, gaussian=0.58)])


@pytest.mark.parametrize(
    ("gen", "expected"),
    [
        ((4, 3, 1), "Up to N = 4 the width-64 network is nearer to the empirical optimum, from N = 8 on"),
        ((4, 4, 4), "nowhere in this sweep"),
        ((1, 1, 1), "at every size measured"),
        ((4, 1, 4), "at N = 4 only"),
    ],
)
def test_the_crossing_to_the_true_flow(gen: tuple[float, ...], expected: str) -> None:
    rows = [row("teacher", "e_gen", v, "mlp-64", "teacher", n, width=64) for n, v in zip((2, 4, 8), gen, strict=True)]
    rows += [row("teacher", "e_mem", 2, "mlp-64", "optimum", n, width=64) for n in (2, 4, 8)]
    assert expected in said(rows)


def test_nulls_and_missing_rows_say_nothing() -> None:
    assert said([]) == ""
    nothing = [r | {"value": None, "ci95": None} for r in all_rows()]
    assert said(nothing) == (
        "How copying depends on width is not determined: not every width crosses one half in this sweep."
    )


# --- the page


def test_every_number_of_the_table_is_that_of_scores_json(run_dir: Path, html: str) -> None:
    stored = json.loads((run_dir / "scores.json").read_text())["scores"]
    shown = Page(html).rows
    assert len(shown) == len(stored)
    for s, cells in zip(stored, shown, strict=True):
        assert cells["metric"] == s["metric"]
        flat = s | s["baseline"]
        for field in ("value", "n", "threshold", "n_train", "width", "floor", "ceiling", "gaussian"):
            assert (None if cells[field] == "" else float(cells[field])) == flat[field], (s, field)
        assert [float(x) for x in cells["ci95"].split()] == (s["ci95"] or [])


def test_every_metric_is_defined_and_linked(html: str) -> None:
    page = Page(html)
    for metric in {r["metric"] for r in all_rows()}:
        assert metric in DEFINITIONS
        assert ("id", f"metric-{metric}") in page.attributes


def test_the_page_asks_for_nothing(html: str) -> None:
    addresses = [v for k, v in Page(html).attributes if k in ("src", "href", "xlink:href") and v]
    addresses += re.findall(r"url\(\"?([^)\"]+)", html)
    outside = [a for a in addresses if not a.startswith(("#", "data:", "figures/"))]
    assert outside == []
    assert "@import" not in html


def test_ids_are_unique_and_figures_follow_the_page(html: str) -> None:
    ids = [v for k, v in Page(html).attributes if k == "id"]
    assert len(ids) == len(set(ids))
    for name, value in COLOURS.items():
        for svg in re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL):
            assert value not in svg, name


def test_figures_have_words_for_those_who_do_not_see_them(html: str) -> None:
    labels = [v for k, v in Page(html).attributes if k == "aria-label" and v]
    assert any(f"{RP[0]:.2f} at N = 8" in label and f"{RP[-1]:.2f} at N = 1500" in label for label in labels)


def test_the_same_run_gives_the_same_bytes(run_dir: Path, tmp_path: Path) -> None:
    again = build_run(tmp_path / "again")
    write_report(again)
    files = sorted(p.relative_to(run_dir) for p in (run_dir / "report").rglob("*") if p.is_file())
    assert {p.suffix for p in files} == {".html", ".png", ".pdf"}
    for name in files:
        assert (run_dir / name).read_bytes() == (again / name).read_bytes(), name


HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">$_{'


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    rows = [r | {"a": HOSTILE, "feature": HOSTILE} for r in regime_rows()]
    rows.append(row(HOSTILE, HOSTILE, 0.5, "_hidden", HOSTILE, 8))
    run_dir = build_run(tmp_path, rows, curves=False, label=HOSTILE.replace("{", "") + "{}", name=HOSTILE)
    manifest = json.loads((run_dir / "manifest.json").read_text())
    (run_dir / "manifest.json").write_text(json.dumps(manifest | {HOSTILE: [HOSTILE], "command": HOSTILE}))
    page = Page(write_report(run_dir).read_text(encoding="utf-8"))
    assert page.tags.count("script") == 2  # the data of the grid, the script of the page
    assert page.tags.count("img") == 0
    assert not [k for k, _ in page.attributes if k.startswith("onerror")]
    assert page.text.count("alert(1)") > len(rows)


@pytest.mark.parametrize(
    ("rows", "present", "absent"),
    [
        (regime_rows(), ["agreement-regimes", "copying"], ["agreement-teacher", "distances"]),
        (teacher_rows(), ["agreement-teacher", "distances"], ["agreement-regimes", "copying"]),
        (split_rows(), [], ["agreement-regimes", "copying", "agreement-teacher", "distances"]),
        ([r | {"value": None, "ci95": None} for r in all_rows()], [], ["agreement-regimes", "copying", "distances"]),
        ([], [], ["agreement-regimes", "copying", "agreement-teacher", "distances"]),
    ],
    ids=["regimes", "teacher", "splits", "nulls", "empty"],
)
def test_parts_that_are_missing_leave_their_section_out(
    tmp_path: Path, rows: list[dict[str, Any]], present: list[str], absent: list[str]
) -> None:
    page = Page(write_report(build_run(tmp_path, rows, curves=False, grid=False)).read_text(encoding="utf-8"))
    ids = {v for k, v in page.attributes if k == "id"}
    assert set(present) <= ids
    assert not ids & {*absent, "grid", "curves"}
    assert len(page.rows) == len(rows)


def test_one_size_and_open_intervals_can_be_drawn(tmp_path: Path) -> None:
    rows = [r for r in regime_rows() if r["n_train"] in (8, None)]
    for r in rows:
        if r["metric"] == "n50":
            r["ci95"] = [0.0, float("inf")]
    assert 'id="copying"' in write_report(build_run(tmp_path, rows, curves=False, grid=False)).read_text()


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"config\.yaml"):
        write_report(tmp_path)
    build_run(tmp_path, curves=False, grid=False)
    (tmp_path / "scores.json").write_text('{"schema_version": 99, "scores": []}')
    with pytest.raises(ValueError, match="99"):
        write_report(tmp_path)


def test_large_grids_lie_beside_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samenoise.report.page.INLINE_LIMIT", 100)
    html = write_report(build_run(tmp_path, [], curves=False, channels=3)).read_text()
    named = re.findall(r'--sprite:url\("([^"]+)"\)', html)
    assert len(named) == len(SIZES)
    assert all((tmp_path / "report" / name).is_file() for name in named)


# --- pictures and figures


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sprite_holds_every_pixel_in_its_place(tmp_path: Path, channels: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 4, channels, 5, 6), dtype=np.uint8)
    (tmp_path / "s.png").write_bytes(sprite(images))
    sheet = np.asarray(Image.open(tmp_path / "s.png")).reshape(15, 24, channels)
    for r in range(3):
        for c in range(4):
            tile = sheet[5 * r : 5 * r + 5, 6 * c : 6 * c + 6]
            assert (tile.transpose(2, 0, 1) == images[r, c]).all()


def test_figures_draw_the_scores(run_dir: Path) -> None:
    drawn = {d.key: d for d in drawings(read_run(run_dir))}
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
def test_no_two_labels_of_sizes_touch_and_no_legend_hides_data(run_dir: Path, narrow: bool) -> None:
    for drawing in drawings(read_run(run_dir)):
        figure = drawing.draw(narrow=narrow)
        figure.draw_without_rendering()
        axes = figure.axes[0]
        boxes = [t.get_window_extent() for t in axes.get_xticklabels() if t.get_text()]
        assert all(a.x1 < b.x0 for a, b in pairwise(boxes)), drawing.key
        legend = figure.legends[0].get_window_extent()
        assert legend.y0 >= axes.get_window_extent().y1 - 1, drawing.key
        assert legend.x1 <= figure.bbox.x1, drawing.key


def test_text_in_svg_stays_text_of_readable_size(run_dir: Path) -> None:
    for drawing in drawings(read_run(run_dir)):
        svg = to_svg(drawing.draw(narrow=True), drawing.key)
        width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])  # type: ignore[index]
        sizes = [float(s) for s in re.findall(r"font-size: ([\d.]+)px", svg)]
        assert sizes
        assert min(sizes) * 360 / width >= 9, drawing.key


# --- recomputing


def test_the_printed_code_runs(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(0)
    train, heldout, a = (torch.rand(12, 1, 4, 4, generator=generator) * 2 - 1 for _ in range(3))
    b = torch.cat([a[:6], train[6:]])
    for name, images in (("a", a), ("b", b)):
        save_file({"images": images, "ids": torch.arange(12)}, str(tmp_path / name))
    names: dict[str, Any] = {"path_a": str(tmp_path / "a"), "path_b": str(tmp_path / "b")}
    names |= {"train": train, "heldout": heldout, "sizes": [2, 4, 8], "widths": [1, 2]}
    flags = np.random.default_rng(0).random((3, 50)) < np.array([[0.9], [0.5], [0.1]])
    exec(SETUP, names)
    names |= {"updates": [1, 2, 4, 8], "e_gen": [4, 2.2, 2.1, 2], "copied": [0, 0.12, 0.2, 0.9], "floor": 0.05}
    assert eval(DEFINITIONS["generalization_time"].code, names) == 4
    assert eval(DEFINITIONS["memorization_time"].code, names) == 4
    for metric, definition in DEFINITIONS.items():
        if metric.endswith("_time"):
            continue
        names["flags"] = np.stack([flags, flags]) if metric == "n50_per_doubling" else flags
        found = eval(definition.code.split("  #")[0], names)
        assert found.n > 0, metric
    assert eval(DEFINITIONS["rp"].code, names).value == 0.5
    assert eval(DEFINITIONS["memorized"].code, names).value == 0.0
