"""Sentences about made-up rows: each can come out the other way."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from samenoise.experiments.conditional import experiment
from samenoise.experiments.conditional.copies import copying, optimum, witnesses
from samenoise.experiments.conditional.findings import classes, findings, guidance, pictures, with_and_without, within
from samenoise.lab.run_files import Row

N = 256


def row(metric: str, value: float | None, a: str = "m", b: str = "u", spread: float = 0.02, **more: Any) -> Row:
    keys = ("floor", "ceiling", "gaussian", "floor_ci95", "gaussian_ci95")
    baseline = {key: more.pop(key, None) for key in keys}
    content = {
        "experiment": "conditional",
        "metric": metric,
        "value": value,
        "ci95": None if value is None else [value - spread, value + spread],
        "n": N,
        "threshold": 0.95,
        "feature": "pixel",
        "a": a,
        "b": b,
        "n_train": 1500,
        "width": None,
        "baseline": baseline,
    }
    return Row.of({**content, **more})


def kind_of_rp(metric: str, value: float, a: str = "m", b: str = "u", **more: Any) -> list[Row]:
    """A pair that agrees by all ways to tell."""
    floor = more.pop("floor", 0.02)
    told = {"floor": floor, "gaussian": more.pop("gaussian", 0.05), **more}
    return [
        row(metric, value, a, b, **told),
        row(f"{metric}_calibrated", value, a, b, floor=0.01, **more),
        row(f"{metric}_auc", 0.9, a, b, floor=0.5, **more),
        row(f"{metric}_beyond", 0.9, a, b, floor=0.33, **more),
        row(f"{metric}_clean", value, a, b, floor=floor, **more),
    ]


def models(gap: float = -0.02, **more: Any) -> list[Row]:
    rows = []
    for name in ("m", "u"):
        rows += [
            row("mmd_gap", gap, name, "held-out", spread=0.005, **more),
            row("nn_distance", 1.0, name, "data", **more),
        ]
    return rows


TOLD: dict[str, Any] = {"labels": "class", "scale": 1.0}
NONE: dict[str, Any] = {"labels": "none"}


def run(value: float = 0.5, alone: float = 0.4, beyond: float = 0.4, gap: float = -0.02) -> list[Row]:
    rows = [*kind_of_rp("rp", value, **TOLD), row("rp_beyond_label", beyond, **TOLD), *models(gap, **TOLD)]
    return [*rows, *kind_of_rp("rp", alone, **NONE), *models(**NONE)]


def test_agreement_is_claimed_beyond_the_label_and_the_gaussian_of_the_class() -> None:
    found = within(run())
    assert found.sentences[0] == (
        "Models agree on the pictures of a class: two models that are told the label draw the same picture from the "
        "same noise for 50 % of the noises (1 pair), from two noises of one label for 2 % or less, and the Gaussian of "
        "the class for 5 % or less; beyond the intervals it is above the one in 1 and above the other in 1."
    )
    assert all(w.holds for w in found.witnesses)
    assert len(found.witnesses) == 9, "beyond the label, six of agreement, and two models that have learnt"
    withheld = "That all models agree on the pictures of a class, and not by means and covariances, is not shown"
    for other in (run(beyond=0.01), run(beyond=-0.1), run(gap=0.0)):
        assert within(other).sentences[0].startswith(withheld)
    far = [*kind_of_rp("rp", 0.5, **TOLD, gaussian=0.6), row("rp_beyond_label", 0.4, **TOLD), *models(**TOLD)]
    assert "agreement above that with a Gaussian" in within(far).sentences[0]
    assert within([]).sentences == []


@pytest.mark.parametrize(
    ("alone", "says"),
    [
        (0.4, "the label makes that more in 1 of 1 pair, less in 0, beyond the intervals."),
        (0.6, "the label makes that more in 0 of 1 pair, less in 1, beyond the intervals."),
        (0.51, "in no pair does the label change that beyond the intervals."),
    ],
)
def test_beside_the_same_models_without_labels(alone: float, says: str) -> None:
    said = within(run(alone=alone)).sentences[1]
    assert said.startswith("Without labels, the same models agree for ")
    assert said.endswith(says)


def test_classes_are_told_apart() -> None:
    rows = [row("rp_class", v, floor=0.1, gaussian=g, label=c, **TOLD) for c, v, g in ((0, 0.8, 0.2), (1, 0.11, 0.3))]
    assert classes([*rows, *models(**TOLD)]) == [
        "Models agree least on class 1 (11 % of the noises, mean of all pairs) and most on class 0 (80 %); in 1 of 2 "
        "pairs and classes more than on two noises of the class, and in 1 more than with the Gaussian of the class."
    ]


def test_conditional_rp_is_beside_other_noises_of_all_classes() -> None:
    rows = [*models(**TOLD), *models(**NONE)]
    for a, b, value in (("m", "m", 0.4), ("m", "u", 0.3), ("u", "m", 0.35), ("u", "u", 0.5)):
        rows += kind_of_rp("conditional_rp", value, a, b, floor=0.1, **TOLD)
    rows.append(row("rp_unlabelled", 0.6, "m", "m", floor=0.01, labels="class", scale=0.0))
    found = with_and_without(rows)
    assert found.sentences == [
        "Models with labels and without agree: what a model without labels draws is what one with labels draws of some "
        "class from the same noise for 30 % to 50 % of the noises (4 pairs), from another noise for 10 % or less, and "
        "the Gaussians of the classes for 5 % or less; beyond the intervals it is above the one in 4 and above the "
        "other in 4.",
        "Told no label, a network that knows them draws the picture of its twin that knows none for 60 % of the "
        "noises, in 1 of 1 model beyond the floor (1 %).",
    ]
    weak = [*models(**TOLD), *models(**NONE), *kind_of_rp("conditional_rp", 0.1, "m", "u", floor=0.1, **TOLD)]
    assert with_and_without(weak).sentences[0].startswith("That all models with labels and without agree")


def test_guidance_is_told_scale_by_scale() -> None:
    rows: list[Row] = []
    for scale, value, obeyed in ((0.0, 0.5, 0.1), (1.0, 0.5, 0.9), (4.0, 0.7, 1.0)):
        tags = {"labels": "class", "scale": scale}
        rows += [
            *models(**tags),
            row("rp", value, floor=0.1, **tags),
            row("label_obeyed", obeyed, "m", "train", **tags),
        ]
    said = guidance(rows)
    assert said[1] == (
        "At guidance 1, models agree for 50 % of the noises (two noises of one label: 10 % or less); 90 % of the "
        "pictures are nearest to a training image of their label."
    )
    assert said[-1] == "From guidance 1 to 4, agreement grows in 1 of 1 pair and falls in 0, beyond the intervals."
    far = [s for s in rows if s.tag("scale") != 4.0] + models(0.1, labels="class", scale=4.0)
    far.append(row("rp", 0.7, floor=0.1, labels="class", scale=4.0))
    assert guidance(far)[-1] == "At guidance 4, fewer than two models draw pictures."
    assert "with labels at guidance 4" in pictures(far)[0]
    assert pictures(rows) == [
        "No model draws clearly farther from held-out images than the Gaussian of the training set, at any scale."
    ]


def n50(
    kind: str,
    value: float | None,
    spread: float = 5.0,
    ways: tuple[str, ...] = ("excess", "calibrated", "ratio"),
    note: str = "",
) -> list[Row]:
    more: dict[str, Any] = {"labels": kind, "n_train": None, "spread": spread, "note": note}
    rows = [row(f"labels_n50_{way}", value, "sweep-256", "train", **more) for way in ways]
    shares = [row("memorized", v, "sweep-256", "train", labels=kind, n_train=n) for n, v in ((16, 0.95), (512, 0.02))]
    return rows + shares


@pytest.mark.parametrize(
    ("value", "says", "holds"),
    [
        (200.0, "a larger N50 than without labels, however copies are counted.", True),
        (50.0, "a smaller N50 than without labels, however copies are counted.", False),
        (103.0, "no other N50 than without labels, beyond the intervals.", None),
    ],
)
def test_n50_by_labels(value: float, says: str, holds: bool | None) -> None:
    rows = [*n50("none", 100.0), *n50("random", value)]
    alone, told = copying(rows)
    assert alone == "With no labels, half of the pictures are copies at N = 100 (95 % interval 95–105)."
    assert told.startswith("With random labels, half of the pictures are copies at N = ")
    assert told.endswith(says)
    assert [w.holds for w in witnesses(rows)] == [holds] * 3


def test_n50_that_depends_on_what_counts_as_a_copy() -> None:
    mixed = [*n50("none", 100.0), *n50("each", 200.0, ways=("excess",)), *n50("each", 100.0, ways=("ratio",))[:1]]
    told = copying(mixed)[1]
    what = "a larger N50 than without labels beyond what real images pass for"
    assert told.endswith(f": {what}, else no other beyond the intervals.")
    assert "by the nearest-neighbour ratio and N = 200" in told


def test_a_network_that_copies_all_that_was_tried_copies_more() -> None:
    rows = [*n50("none", 100.0), *n50("each", None, note="more than half is memorized at every size from 16 to 512")]
    rows = [replace(s, ci95=(512.0, math.inf)) if s.note else s for s in rows]
    assert copying(rows)[1] == (
        "With a label for each image, more than half of the pictures are copies up to N = 512, the most tried: a "
        "larger N50 than without labels, however copies are counted."
    )
    assert [w.holds for w in witnesses(rows)] == [True] * 3


def test_a_sweep_without_a_crossing_says_so() -> None:
    assert copying(n50("class", None)) == [
        "With the labels of the data, 95 % of the pictures match a training image at N = 16 and 2 % at N = 512: the "
        "sweep does not cross one half."
    ]


def test_the_optimum_at_both_ends() -> None:
    rows = n50("none", 100.0)
    rows += [row("rp_optimum", v, "sweep-256", "optimum", labels="none", n_train=n) for n, v in ((16, 0.8), (512, 0.0))]
    assert optimum(rows) == [
        "With no labels, a network draws the picture of the empirical optimum for 80 % of the noises at N = 16 and 0 % "
        "at N = 512."
    ]


def test_figures_and_tables_hold_the_values() -> None:
    rows = [*run(0.6), *n50("none", 100.0), *n50("random", 200.0)]
    rows += [
        row("memorized_excess", v, "sweep-256", "train", labels="random", n_train=n) for n, v in ((16, 0.9), (512, 0.1))
    ]
    rows += [row("rp_class", 0.7, floor=0.1, gaussian=0.2, label=c, **TOLD) for c in (0, 1)]
    rows += [row("rp", 0.8, floor=0.1, labels="class", scale=4.0), *models(labels="class", scale=4.0)]
    rows += [row("label_obeyed", v, "m", "train", labels="class", scale=s) for s, v in ((1.0, 0.9), (4.0, 0.99))]
    agreement, guided, copied = experiment.drawings(tuple(rows))
    assert "labels 0.60 to 0.60 over 1" in agreement.alt
    assert "class 1 0.70 to 0.70 over 1" in agreement.alt
    assert guided.alt.endswith("at 1 0.60 to 0.60; at 4 0.80 to 0.80.")
    assert copied.alt.endswith("random labels 0.90 at N = 16, 0.10 at N = 512.")
    axes = agreement.draw().axes[0]
    assert [list(line.get_xdata()) for line in axes.lines if line.get_label() == "a pair"] == [[0.4]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["no labels", "labels", "class 0", "class 1"]
    lines = {line.get_label(): list(line.get_ydata()) for line in guided.draw(narrow=True).axes[0].lines}
    assert lines["RP of a pair"] == [0.6, 0.8]
    assert lines["pictures of their label"] == [0.9, 0.99]
    assert list(copied.draw().axes[0].lines[0].get_ydata()) == [0.9, 0.1]
    scales, kinds = ([list(column.cells) for column in table.columns] for table in experiment.tables(tuple(rows), 80))
    assert scales[:2] == [["no labels", "1", "4"], [".40", ".60", ".80"]]
    assert kinds[:2] == [["random labels"], ["200"]]


def test_nothing_is_said_of_nothing() -> None:
    assert [f for f in findings([]) if f.sentences] == []
    assert list(experiment.drawings(())) == []
