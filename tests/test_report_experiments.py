"""The report of ``matrix``, ``solvers`` and ``dynamics``: figures hold the scores, sentences claim no more."""

from __future__ import annotations

import io
import json
import math
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from experiment_rows import (
    ETAS,
    GRIDS,
    MODELS,
    NO_PICTURES,
    TIMES,
    UPDATES,
    build_experiment,
    dynamics_rows,
    matrix_rows,
    reported_experiment,
    solver_rows,
    time_row,
)
from matplotlib.figure import Figure
from report_fixture import all_rows, build_run, row, wilson
from rich.console import Console
from samenoise.report.definitions import DEFINITIONS
from samenoise.report.plates import drawings
from samenoise.report.run_files import Row, read_run

from samenoise.report import headlines as say
from samenoise.report import matrix_figures, write_report
from samenoise.report.ink import COLOURS, to_svg
from samenoise.report.summary import summary

EXPERIMENTS = {
    "matrix": ["matrix", "factors", "pictures"],
    "solvers": ["rp-reference", "pfd-reference", "eta"],
    "dynamics": ["progress", "approach", "milestones"],
}
"""Experiment -> its figures."""


def said(rows: list[dict[str, Any]]) -> str:
    text = " ".join(" ".join(h.sentences) for h in say.headlines([Row.of(r) for r in rows]))
    return text.replace("\u00a0", " ")


@pytest.fixture(scope="module", params=EXPERIMENTS)
def run_dir(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reported_experiment(tmp_path_factory.getbasetemp(), request.param)


def drawn(folder: Path, experiment: str, key: str, narrow: bool = False, count: int = 16) -> Figure:
    run = read_run(build_experiment(folder, experiment, count))
    return next(d for d in drawings(run) if d.key == key).draw(narrow=narrow)


# --- figures


def test_every_figure_is_there_in_its_section(run_dir: Path) -> None:
    run = read_run(run_dir)
    experiment = run.scores[0].experiment
    assert [(d.key, d.section) for d in drawings(run)] == [(key, experiment) for key in EXPERIMENTS[experiment]]


@pytest.mark.parametrize("narrow", [False, True])
def test_nothing_touches_or_leaves_its_figure(run_dir: Path, narrow: bool) -> None:
    for drawing in drawings(read_run(run_dir)):
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


def test_lines_of_the_solvers_hold_their_scores(tmp_path: Path) -> None:
    axes = drawn(tmp_path, "solvers", "pfd-reference").axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    x, y = lines["Heun, mlp-flow"].get_data()
    assert list(x) == [2 * steps - 1 for steps in GRIDS["heun"]]
    assert list(y) == pytest.approx([6 * (4 / nfe) ** 2 for nfe in x])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    eta = drawn(tmp_path, "solvers", "eta").axes[0]
    for line in eta.lines[:4]:
        assert list(line.get_xdata()) == [e for e in ETAS if e or "same" not in str(line.get_label())]
    own = next(line for line in eta.lines if "own" in str(line.get_label()))
    assert own.get_ydata()[-1] == pytest.approx(0.01, abs=0.001)


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


# --- sentences


def pair(value: float, a: str = "a", b: str = "b", n: int = 512, **more: Any) -> dict[str, Any]:
    more = {"floor": 0.0, "gaussian": 0.0, "differs": ["framework"]} | more
    return row("matrix", "rp", value, a, b, 100, ci95=wilson(value, n), **more)


def near(name: str, distance: float) -> dict[str, Any]:
    return row("matrix", "nn_distance", distance, name, "data", 100, floor=1.0)


def test_the_matrix_in_words() -> None:
    text = said(matrix_rows())
    for sentence in (
        "Of 105 pairs of models that both draw pictures,",
        "The whole 95 % interval of each of the 105 lies above its floor and above what the Gaussian",
        "draws its picture for 1 % of the noises.",
        "At most 2 % of a model's pictures match a training image (mlp-edm); 7 % of held-out real images do.",
        "Far from the data is what mlp-edm-ct (2.90 against 1.12) draws",
    ):
        assert sentence in text


def test_the_pairs_that_agree_most_and_least_are_named() -> None:
    text = said([pair(0.7988), pair(0.5, "a", "c", floor=0.011), pair(0.6, "b", "c")])
    assert "Of 3 pairs of models, a and b agree most: RP 0.79 (floor 0.00, Gaussian 0.00)" in text
    assert "a and c agree least: RP 0.50 (floor 0.02, Gaussian 0.00)" in text
    assert said([pair(0.7988)]).startswith("a and b agree on RP 0.79")


@pytest.mark.parametrize("below", [{"floor": 0.49}, {"gaussian": 0.49}, {"floor": None}, {"gaussian": None}])
def test_every_pair_must_stand_above_both_baselines(below: dict[str, Any]) -> None:
    rows = [pair(0.8), pair(0.5, "a", "c"), pair(0.6, "b", "c")]
    assert "each of the 3 lies above" in said(rows)
    rows[1]["baseline"] |= below  # inside the interval of 0.50, if known
    assert "1 of 3 pairs cannot be told from chance" in said(rows)
    assert "training set scores: a and c." in said(rows)


def test_pairs_with_a_model_that_draws_nothing_count_for_nothing() -> None:
    rows = [pair(0.8), pair(0.99, "a", "c"), pair(0.0, "b", "c"), near("a", 1.49), near("b", 1.0), near("c", 1.51)]
    text = said(rows)
    assert "a and b agree on RP 0.80" in text
    assert "interval of the pair lies above" in text
    assert "Far from the data is what c (1.51 against 1.00) draws" in text
    rows[-1]["value"] = 1.49
    assert "a and c agree most" in said(rows)
    assert "at most 1.5 times as far" in said(rows)
    everything = [pair(0.9), near("a", 2.0), near("b", 2.0)]
    assert "In 1 pair of 1 a model draws no pictures, so that their agreement says nothing" in said(everything)
    assert "above its floor" not in said(everything)


def test_what_a_choice_costs_is_claimed_beyond_the_intervals_only() -> None:
    def cost(value: float, n: int = 512) -> str:
        return said([pair(0.7, differs=["seed"], n=n), pair(value, "a", "c", n=n)])

    assert "differ in the seed alone have RP 0.70 (1 pair). In the framework alone: 0.40 (1 pair), 0.2" in cost(0.4)
    assert "no difference beyond the intervals" in cost(0.69)
    assert "no difference beyond the intervals" in cost(0.4, n=10)
    assert "0.1" in cost(0.82).partition("framework")[2]
    assert "more" in cost(0.82)
    # A pair that differs in two things shows what neither costs.
    two = [
        pair(0.7, differs=["seed"]),
        pair(0.4, "a", "c"),
        pair(0.6, "b", "c"),
        pair(0.1, "c", "d", differs=["seed", "width"]),
    ]
    assert "0.50 on average (2 pairs, 0.40–0.60), 0.19 less" in said(two)
    assert "nothing to set it against" in said(two[1:])


def test_models_that_copy_are_said_to() -> None:
    rows = [
        pair(0.9),
        row("matrix", "rp_optimum", 0.85, "a", "optimum", 100),
        row("matrix", "rp_optimum", 0.1, "b", "optimum", 100),
    ]
    assert "For at least half of the noises, a draws what the closed-form optimum" in said(rows)
    assert "agree because they copy" in said(rows)
    rows[1]["value"] = 0.49
    assert "agree because they copy" not in said(rows)
    assert "the nearest, a, draws its picture for 49 % of the noises" in said(rows)


def at(solver: str, nfe: int, value: float, a: str = "m", **more: Any) -> dict[str, Any]:
    how = {"solver": solver, "steps": nfe, "nfe": nfe, "eta": 0.0, "floor": 0.0, "ceiling": 1.0}
    return row("solvers", "rp_reference", value, a, "reference", 100, **(how | more))


def test_a_solver_has_arrived_where_every_finer_grid_and_every_model_has() -> None:
    rows = [at("heun", 9, 0.5), at("heun", 17, 1.0), at("heun", 35, 1.0)]
    assert "with Heun from 17 evaluations of the network on (floor at most 0.00)" in said(rows)
    assert "with Heun from 35" in said([at("heun", 9, 1.0), at("heun", 17, 0.5), at("heun", 35, 1.0)])
    assert "with Heun from 35" in said([*rows, at("heun", 17, 0.9, "w"), at("heun", 35, 1.0, "w")])
    assert "Not within the grids tried: Heun (RP 0.91 at 35)" in said([*rows, at("heun", 35, 0.9, "w")])
    assert "Heun from 17" in said([at("heun", 9, 0.5), at("heun", 17, 0.9, ceiling=0.9)])
    assert "Heun from 9" in said([at("heun", 9, 1.0), at("heun", 9, 0.1, eta=0.5)])  # fresh noise is another matter


def test_the_solvers_in_words() -> None:
    text = said(solver_rows())
    assert "Heun from 143 evaluations of the network on and DPM-Solver++(2M) from 160" in text
    assert "Not within the grids tried: DDIM (RP 0.86 at 200)." in text
    assert (
        "is 0.66 at eta = 0 and falls to 0.01 at eta = 1 (floor 0.01) where each draws fresh noise of its own" in text
    )
    assert "with the same fresh noise for both it is 0.5" in text


def test_fresh_noise_that_changes_nothing_is_said_to() -> None:
    def eta(own: tuple[float, float], shared: float | None) -> str:
        rows = []
        for e, value in zip((0.0, 1.0), own, strict=True):
            how = {"solver": "ddim", "steps": 50, "nfe": 50, "eta": e}
            rows.append(row("solvers", "rp", value, "a", "b", 100, **how))
            if shared is not None:
                rows.append(row("solvers", "rp_shared", shared, "a", "b", 100, **how))
        return said(rows)

    assert "falls to 0.10 at eta = 1" in eta((0.6, 0.1), 0.5)
    assert "it is 0.50." in eta((0.6, 0.1), 0.5)
    assert "no fall beyond the intervals" in eta((0.6, 0.58), 0.5)
    assert "does not bring it back: 0.11" in eta((0.6, 0.1), 0.11)
    assert "same fresh noise" not in eta((0.6, 0.1), None)


def test_the_training_in_words() -> None:
    text = said(dynamics_rows())
    for sentence in (
        "The width-128 network first comes within 5 % of its lowest distance to the truth after 100 updates at N = 16 "
        "and after 200 updates at N = 1024, no change beyond the spacing of the checkpoints for 64 times as many "
        "images.",
        "The width-128 network starts to copy after 200 updates at N = 16 and after 5000 updates at N = 256, 25.0 "
        "times as many for 16 times as many images (as N to the power 1.2). At N = 1024 it does not in 20000 updates.",
        "At N = 64, 256 and 1024 the width-256 network has generalized before it starts to copy; at N = 16 the one is "
        "not seen to come before the other.",
    ):
        assert sentence in text


def timed(metric: str, times: dict[int, int | None]) -> list[dict[str, Any]]:
    made = [time_row(metric, u, experiment="dynamics", a="m", n_train=n, width=64) for n, u in times.items()]
    return [*made, row("dynamics", "rp", 0.5, "m", "w", 16, update=UPDATES[-1])]


def test_growth_is_claimed_beyond_the_checkpoints_and_an_exponent_from_three_sizes() -> None:
    two = said(timed("memorization_time", {16: 100, 1024: 2000}))
    assert "20.0 times as many for 64 times as many images." in two
    assert "power" not in two
    assert "no change beyond the spacing" in said(timed("memorization_time", {16: 100, 1024: 200}))
    assert "fewer for 64 times" in said(timed("memorization_time", {16: 2000, 1024: 100}))
    assert "power 1.0)" in said(timed("memorization_time", {10: 100, 100: 1000, 1000: 10000}))


def test_times_that_were_not_reached() -> None:
    never = said(timed("memorization_time", {16: None, 64: None}))
    assert never == "The width-64 network starts to copy at no size in 20000 updates."
    assert "At N = 64 it does not in 20000 updates." in said(timed("memorization_time", {16: 100, 64: None}))
    assert "is at no size done generalizing" in said(timed("generalization_time", {16: None}))


@pytest.mark.parametrize(
    ("copying", "expected"),
    [
        (1000, "At N = 16 the width-64 network has generalized before it starts to copy."),
        (None, "At N = 16 the width-64 network has generalized before it starts to copy."),
        (200, "At N = 16 the width-64 network has generalized before it starts to copy."),
        (100, "there is nowhere to stop early"),
        (50, "there is nowhere to stop early"),
    ],
)
def test_the_window_needs_a_checkpoint_between(copying: int | None, expected: str) -> None:
    assert expected in said(timed("generalization_time", {16: 100}) + timed("memorization_time", {16: copying}))


# --- the page, the terminal


def test_experiments_do_not_mix(tmp_path: Path) -> None:
    new = matrix_rows(4) + solver_rows() + dynamics_rows()
    before, after = said(all_rows()), said(all_rows() + new)
    assert after.startswith(before)
    old = [d.key for d in drawings(read_run(build_run(tmp_path / "a", all_rows())))]
    both = [d.key for d in drawings(read_run(build_run(tmp_path / "b", all_rows() + new)))]
    assert [key for key in both if key in old] == old
    assert set(both) - set(old) == {key for keys in EXPERIMENTS.values() for key in keys}
    tables = [terminal(tmp_path / name).partition("\n\n")[2] for name in ("a", "b")]
    assert "".join(tables[0].split()[-60:]) in "".join(tables[1].split())


def test_curves_that_are_not_of_sizes_are_left_out(tmp_path: Path) -> None:
    run_dir = build_run(tmp_path, all_rows())
    before = [d.key for d in drawings(read_run(run_dir))]
    file = json.loads((run_dir / "curves.json").read_text())
    file["curves"] += [file["curves"][0] | {"experiment": name} for name in EXPERIMENTS]
    (run_dir / "curves.json").write_text(json.dumps(file))
    assert [d.key for d in drawings(read_run(run_dir))] == before


def test_the_page_shows_what_is_particular_to_an_experiment(run_dir: Path) -> None:
    html = (run_dir / "report" / "index.html").read_text(encoding="utf-8")
    columns = set(re.findall(r'<td[^>]* data-field="(\w+)"', html))
    extra = {"matrix": {"differs"}, "solvers": {"solver", "steps", "nfe", "eta"}, "dynamics": {"update"}}
    stored = json.loads((run_dir / "scores.json").read_text())["scores"]
    experiment = stored[0]["experiment"]
    assert columns & set().union(*extra.values()) == extra[experiment]
    for metric in {r["metric"] for r in stored}:
        assert metric in DEFINITIONS
    legends = {"matrix": "hidden", "solvers": "<legend>Setting</legend>", "dynamics": "<legend>Setting</legend>"}
    fieldset = html.partition('<fieldset class="panels"')[2].partition("</fieldset>")[0]
    assert legends[experiment] in fieldset
    for key in EXPERIMENTS[experiment]:
        assert f'id="{key}"' in html


def test_rows_without_values_draw_and_say_nothing(tmp_path: Path) -> None:
    rows = [r | {"value": None, "ci95": None} for r in matrix_rows(4) + solver_rows()]
    assert said(rows) == ""
    html = write_report(build_run(tmp_path, rows, curves=False, grid=False)).read_text()
    assert "is of a kind that is drawn" in html


HOSTILE = '</script><img src=x onerror="alert(2)">$_{'


def test_hostile_labels_stay_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for form in ("rasterize", "to_pdf"):  # the page is what is looked at
        monkeypatch.setattr(f"samenoise.report.page.{form}", lambda figure: b"")
    rows = [r | {"a": HOSTILE} for r in solver_rows() + dynamics_rows() if r["a"] != "mlp-256"]
    rows += [pair(0.5, HOSTILE, f"_{HOSTILE}", differs=[HOSTILE]), near(HOSTILE, 1.0)]
    html = write_report(build_run(tmp_path, rows, curves=False, grid=False)).read_text(encoding="utf-8")
    assert "<img" not in html
    assert html.count("<script") == 1


def terminal(run_dir: Path, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width)
    for part in summary(run_dir, width):
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(("count", "width"), [(6, 80), (10, 80), (16, 100)])
def test_the_table_of_a_matrix_fits_the_terminal(tmp_path: Path, count: int, width: int) -> None:
    text = terminal(build_experiment(tmp_path, "matrix", count), width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    rows = {line.split()[1]: line.split()[2:] for line in lines if re.match(r" ?\d+ \S", line)}
    names = list(MODELS)[:count]
    heads = next(line.split() for line in lines if line.split()[:1] == ["RP"])
    assert heads == ["RP", *map(str, range(1, count)), "Gauss", "optim"]
    values = {(r["a"], r["b"]): r["value"] for r in matrix_rows(count) if r["metric"] == "rp"}
    for i, name in enumerate(names):
        expected = [f"{values[other, name]:.2f}"[1:] for other in names[:i]]
        assert rows[name][:i] == expected
        assert len(rows[name]) == i + 2  # and the two closed forms


def test_a_matrix_too_wide_for_the_terminal_is_a_line_for_each_model(tmp_path: Path) -> None:
    text = terminal(build_experiment(tmp_path, "matrix", 16), 80)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in text
    values = {frozenset((r["a"], r["b"])): r["value"] for r in matrix_rows(16) if r["metric"] == "rp"}
    for name in list(MODELS)[:16]:
        of = {next(iter(pair - {name})): v for pair, v in values.items() if name in pair}
        (line,) = (line for line in lines if re.match(re.escape(name) + r" +\.\d\d ", line))
        found = line.split()
        assert float(found[1]) == pytest.approx(sum(of.values()) / len(of), abs=0.0051)
        assert of[found[3]] == max(of.values())
        assert of[found[5]] == min(of.values())


def test_the_tables_of_solvers_and_of_the_training(tmp_path: Path) -> None:
    text = terminal(build_experiment(tmp_path / "s", "solvers"), 80)
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"143\s+Heun\s+1\.00\s+0\.99\s+0\.0047", text)
    text = terminal(build_experiment(tmp_path / "d", "dynamics"), 80)
    assert re.search(r"1024\s+200\s+–\s+200\s+10000", text)
