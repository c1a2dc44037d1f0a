"""Sentences about made-up rows: each can come out the other way."""

from __future__ import annotations

from typing import Any

import pytest

from samenoise.experiments.encoding import experiment
from samenoise.experiments.encoding.findings import agreement, findings, plateaus, references, smoothness
from samenoise.lab.run_files import Row


def row(metric: str, value: float, n: int, spread: float = 0.02, **more: Any) -> Row:
    baseline = {key: more.pop(key, None) for key in ("floor", "ceiling", "gaussian")}
    content = {
        "experiment": "encoding",
        "metric": metric,
        "value": value,
        "ci95": [value - spread, value + spread],
        "n": 12,
        "threshold": 0.95,
        "feature": "pixel",
        "a": "mlp-8",
        "b": "mlp-16",
        "n_train": n,
        "width": None,
        "path": "spherical",
        "baseline": baseline,
    }
    return Row.of({**content, **more})


def maps(values: dict[int, float], floor: float = 0.6, **more: Any) -> list[Row]:
    return [row("map_agreement", v, n, floor=floor, **more) for n, v in values.items()]


def test_agreement_is_beyond_the_places_where_its_interval_is() -> None:
    (said,) = agreement([*maps({8: 0.9, 64: 0.7, 512: 0.95}), row("memorized", 0.985, 8, a="mlp-8", b="train")])
    assert said == (
        "The maps of mlp-8 and mlp-16 put the same anchor to a place for 90 % at N = 8 (99 % copies), 70 % at N = 64 "
        "and 95 % at N = 512 (maps of two planes: 0.60 or less): more than the places explain at every size. They "
        "agree least between the ends, at N = 64."
    )
    assert "explain at N = 8 and 512 alone." in agreement(maps({8: 0.9, 64: 0.61, 512: 0.95}))[0]
    assert "at no size more than the places explain." in agreement(maps({8: 0.61, 64: 0.6}))[0]
    assert "is not shown: the intervals overlap" in agreement(maps({8: 0.73, 64: 0.7, 512: 0.95}))[0]
    for monotone in ({8: 0.9, 64: 0.92, 512: 0.95}, {8: 0.9, 64: 0.7}):
        assert "least between" not in agreement(maps(monotone))[0]


def test_what_claims_rest_on() -> None:
    first, *_ = findings(maps({8: 0.9, 64: 0.61, 512: 0.5}))
    assert [w.holds for w in first.witnesses] == [True, None, False]
    assert first.witnesses[1].settles == "more planes"


def test_neighbours_belong_together_more_than_any_two_places() -> None:
    rows = [row("map_smoothness", v, n, b="plane", width=8, floor=0.4) for n, v in {8: 0.95, 64: 0.903}.items()]
    assert smoothness(rows) == [
        "The width-8 network puts neighbouring noises to the same anchor for 90 % or more (least at N = 64), any two "
        "places of a plane for 40 %: more at every size."
    ]
    rows.append(row("map_smoothness", 0.41, 512, b="plane", width=8, floor=0.4))
    assert "more at every size" not in smoothness(rows)[0]


@pytest.mark.parametrize(
    ("last", "says"),
    [
        (0.2, "60 % of the places at N = 8, 20 % at N = 64: where it copies, a picture reaches farther."),
        (0.8, "80 % at N = 64: where it copies, a picture reaches less far."),
        (0.63, "63 % at N = 64: no difference beyond the intervals."),
    ],
)
def test_how_far_an_anchors_picture_reaches(last: float, says: str) -> None:
    rows = [row("anchor_share", v, n, b="plane", width=8) for n, v in {8: 0.6, 64: last}.items()]
    copying = row("memorized", 0.8, 8, b="train", width=8, floor=0.1)
    assert plateaus([*rows, copying])[0].endswith(says)
    for other in ({"value": 0.4, "ci95": [0.3, 0.49]}, {"ci95": [0.5, 0.9]}, {"floor": 0.79}):
        one = row(**{"metric": "memorized", "value": 0.8, "n": 8, "b": "train", "width": 8, "floor": 0.1} | other)
        assert "where it copies" not in plateaus([*rows, one])[0]
    assert plateaus(rows)[0].endswith(says.replace("where it copies", "at the smaller size"))
    assert plateaus(rows[:1]) == ["The width-8 network draws an anchor's picture at 60 % of the places at N = 8."]


def test_whose_map_it_is() -> None:
    rows = [
        *maps({8: 0.9, 64: 0.4}, b="optimum", width=8),
        *maps({8: 0.5, 64: 0.7}, b="noise", width=8),
        row("map_smoothness", 0.9, 8, b="plane", width=8),
    ]
    assert references(rows) == [
        "The map of the width-8 network is that of the empirical optimum for 90 % of the places at N = 8 and 40 % at "
        "N = 64, and that of the noise itself for 50 % of the places at N = 8 and 70 % at N = 64."
    ]
    assert agreement(rows) == [], "these are no maps of two networks"
    assert references(rows[:2]) == []


def test_figure_and_table_hold_the_values() -> None:
    rows = [
        *maps({8: 0.9, 64: 0.7}),
        *maps({8: 0.8, 64: 0.3}, b="optimum", width=8),
        *maps({8: 0.5, 64: 0.6}, b="noise", width=8),
        *(row("map_smoothness", 0.95, n, b="plane", width=8) for n in (8, 64)),
        *(row("anchor_share", 0.4, n, b="plane", width=8) for n in (8, 64)),
    ]
    (drawing,) = experiment.drawings(tuple(rows))
    assert "mlp-8 and mlp-16: 0.90 at N = 8, 0.70 at N = 64" in drawing.alt
    axes = drawing.draw().axes[0]
    lines = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert lines["mlp-8 and mlp-16"] == [0.9, 0.7]
    assert lines["mlp-8 and optimum"] == [0.8, 0.3]
    assert lines["mlp-8 and noise itself"] == [0.5, 0.6]
    assert lines["two planes"] == [0.6, 0.6]
    (table,) = experiment.tables(tuple(rows), 80)
    cells = [list(column.cells) for column in table.columns]
    assert cells == [
        ["8", "64"],
        ["0.90", "0.70"],
        ["0.60", "0.60"],
        ["0.80", "0.30"],
        ["0.95", "0.95"],
        ["0.40", "0.40"],
    ]


def test_nothing_is_said_of_nothing() -> None:
    assert [f for f in findings([]) if f.sentences] == []
    assert list(experiment.drawings(())) == []
