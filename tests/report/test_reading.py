"""A run is read by the rooms of its rows."""

from __future__ import annotations

from pathlib import Path

from directories import build_run
from experiment_rows import FIGURES, dynamics_rows, matrix_rows, solver_rows
from readings import drawings, said, terminal
from sweeps import all_rows

from samenoise.lab.run_files import Row, read_run
from samenoise.report import write_report


def test_nulls_and_missing_rows_say_nothing() -> None:
    assert said([]) == ""
    nothing = [r | {"value": None, "ci95": None} for r in all_rows()]
    assert said(nothing) == (
        "How copying depends on width is not determined: not every width crosses one half in this sweep."
    )


def test_experiments_do_not_mix(tmp_path: Path) -> None:
    new = matrix_rows(4) + solver_rows() + dynamics_rows()
    before, after = said(all_rows()), said(all_rows() + new)
    assert after.startswith(before)
    old = [d.key for d in drawings(read_run(build_run(tmp_path / "a", all_rows())))]
    both = [d.key for d in drawings(read_run(build_run(tmp_path / "b", all_rows() + new)))]
    assert [key for key in both if key in old] == old
    assert set(both) - set(old) == {key for keys in FIGURES.values() for key in keys}
    tables = [terminal(tmp_path / name).partition("\n\n")[2] for name in ("a", "b")]
    assert "".join(tables[0].split()[-60:]) in "".join(tables[1].split())


def test_rows_without_values_draw_and_say_nothing(tmp_path: Path) -> None:
    rows = [r | {"value": None, "ci95": None} for r in matrix_rows(4) + solver_rows()]
    assert said(rows) == ""
    html = write_report(build_run(tmp_path, rows, curves=False, grid=False)).read_text()
    assert "is of a kind that is drawn" in html


def test_headlines_of_the_digits() -> None:
    text = said(all_rows())
    for sentence in (
        "With 8 training images, 97 % of what the width-128 network draws are copies of them; the share is one half at "
        "about N = 97 (95 % interval 88–109), however copies are counted; from N = 512 on, none of 512 is a copy.",
        "at N = 1500, 2 % pass for copies, no more beyond the noise than the 7 % of held-out real images that do.",
        "A network twice as wide goes on copying up to an N about 2.3 times as large: 2.3 (2.0–2.8) beyond what real "
        "images pass for, 2.3 (2.0–2.8) at the calibrated threshold and 2.4 (2.0–2.9) by the nearest-neighbour ratio.",
        "RP of mlp-128 and mlp-256 is 0.82 at N = 8, down to 0.24 at N = 256 and 0.57 again at N = 1500: both copy at "
        "the one end and agree on new pictures at the other",
        "draw the same picture for 40 % of the noises at N = 890 (floor 0 %): on these, that is "
        "generalization, not memory.",
        "Up to N = 256 the width-256 network is nearer to the empirical optimum, from N = 512 on nearer to the true "
        "distribution's flow (root mean squared distance 1.21 against 2.49 at N = 8192).",
        "At N = 8192 it draws the true flow's picture for 75 % of the noises.",
    ):
        assert sentence in text


def test_an_interval_with_one_open_end_reads_as_infinite_there() -> None:
    def read(ci95: object) -> object:
        return Row.of({"experiment": "regimes", "metric": "n50", "value": None, "ci95": ci95}).ci95

    assert read([8.7, None]) == (8.7, float("inf"))
    assert read([None, 8.0]) == (float("-inf"), 8.0)
    assert read([None, None]) is None
    assert read([float("nan"), 1.0]) is None
