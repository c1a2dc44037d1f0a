"""Sentences about made-up rows: each can come out the other way."""

from __future__ import annotations

from typing import Any

import pytest

from samenoise.experiments.inverse import experiment
from samenoise.experiments.inverse.findings import agreement, between_families, findings, pictures, quality
from samenoise.lab.run_files import Row


def row(metric: str, value: float, spread: float = 0.05, **more: Any) -> Row:
    baseline = {key: more.pop(key, None) for key in ("floor", "ceiling", "gaussian")}
    content = {
        "experiment": "inverse",
        "metric": metric,
        "value": value,
        "ci95": [value - spread, value + spread],
        "n": 64,
        "threshold": 0.95,
        "feature": "pixel",
        "a": "one",
        "b": "two",
        "n_train": 1500,
        "width": None,
        "task": "box",
        "baseline": baseline,
    }
    return Row.of({**content, **more})


def pair(value: float, others: float, beyond: float, kin: str = "family", **more: Any) -> list[Row]:
    return [
        row("rp", value, kin=kin, **more),
        row("rp_other_noise", others, kin=kin, **more),
        row("rp_beyond_measurement", beyond, kin=kin, **more),
    ]


def gap(value: float, spread: float = 0.05, as_large: int | None = 1, task: str = "box") -> Row:
    known = {} if as_large is None else {"groupings": 15, "as_large": as_large}
    return row("rp_family_gap", value, spread, a="within", b="across", within=0.6, task=task, **known)


def test_agreement_beyond_the_measurement_is_counted_by_its_interval() -> None:
    first = pair(0.52, 0.031, 0.4)
    (said,) = agreement([*first, *pair(0.8, 0.1, 0.7, a="three")])
    assert said == (
        "Box inpainting: two models draw the same picture from the same noise for 52 % to 80 % of the noises "
        "(2 pairs), from two noises of one measurement for 10 % or less: in every pair more than the measurement makes "
        "agree."
    )
    assert "in 1 of 2 pairs more than" in agreement([*first, *pair(0.1, 0.1, 0.04, a="three")])[0]
    assert "in no pair more than" in agreement(pair(0.1, 0.1, 0.04))[0]
    assert agreement([row("rp", 0.4, task="none", kin="family")]) == [
        "Nothing measured: two models draw the same picture from the same noise for 40 % of the noises (1 pair)."
    ]


def test_a_gap_is_one_of_families_where_no_other_grouping_has_it() -> None:
    assert between_families([gap(0.2)]) == [
        "In box inpainting, two architectures of one family agree for 60 % of the noises, of two families for 40 %: "
        "0.20 (95 % interval 0.15 to 0.25), the largest gap of all 15 ways to group the architectures so."
    ]
    assert (
        "of 15 ways to group the architectures so, 3 have a gap as large: it is not shown"
        in between_families([gap(0.2, as_large=3)])[0]
    )
    assert between_families([gap(0.2, as_large=None)])[0].endswith("0.15 to 0.25).")
    assert "no difference beyond the interval" in between_families([gap(0.04)])[0]
    assert "less within families" in between_families([gap(-0.2)])[0]
    assert "−0.20 (95 % interval −0.25 to −0.15)" in between_families([gap(-0.2)])[0]
    assert between_families([gap(0.2, task="none")])[0].startswith("Where nothing is measured, two")


def test_what_claims_rest_on() -> None:
    rows = [*pair(0.5, 0.0, 0.5), *pair(0.1, 0.0, 0.04, a="three"), gap(0.2), gap(0.2, as_large=3, task="blur")]
    rows += [near(2.1, "one"), row("mmd_gap", -0.2, a="one", b="held-out", task="none")]
    first, second, *_ = findings(rows)
    (seen,) = first.witnesses
    assert (seen.seen, seen.holds) == ("in 1 of 2", None)
    held = {w.needs: w.holds for w in second.witnesses}
    assert held == {
        "box inpainting: more agreement within families": True,
        "box inpainting: a larger gap than in any other grouping": True,
        "Gaussian deblurring: more agreement within families": True,
        "Gaussian deblurring: a larger gap than in any other grouping": False,
        "pictures of one nearer to real images than its Gaussian's": True,
    }
    assert next(findings([*pair(0.1, 0.2, -0.1)])).witnesses[0].holds is False


def near(value: float, a: str) -> Row:
    return row("nn_distance", value, a=a, b="data", floor=2.0, task="none")


def test_models_that_draw_nothing_count_for_nothing() -> None:
    rows = [*pair(0.5, 0.0, 0.5), *pair(0.9, 0.0, 0.9, b="three"), gap(0.2), near(2.1, "one"), near(2.9, "two")]
    assert pictures(rows) == []
    assert "(2 pairs)" in agreement(rows)[0]
    assert len(between_families(rows)) == 1
    rows.append(near(3.1, "three"))
    (said,) = pictures(rows)
    assert said.startswith("Far from the data is what three (3.10 against 2.00) draws where nothing is measured")
    assert "for 50 % of the noises (1 pair)" in agreement(rows)[0]
    assert between_families(rows) == []
    gaps = {"b": "held-out", "task": "none", "floor": -0.04}
    rows += [row("mmd_gap", v, 0.01, a=name, **gaps) for name, v in (("one", -0.02), ("two", 0.0151), ("three", 0.0))]
    (said,) = pictures(rows)
    assert "the Gaussian of the training set draws is what two (0.015, 0.005–0.026) draws where nothing is" in said
    assert "three" not in said, "the distance of distributions decides where it is known"


def test_quality_is_beside_no_model_and_the_gaussian() -> None:
    rows = [
        row("psnr", 12.0, 0.5, a="one", b="truth", floor=11.0, gaussian=10.0),
        row("psnr", 11.2, 0.5, a="two", b="truth", floor=11.0, gaussian=10.0),
        row("misfit", 0.08, 0.01, a="one", b="measurement", ceiling=0.05),
        row("misfit", 0.11, 0.01, a="two", b="measurement", ceiling=0.05),
    ]
    assert quality(rows) == [
        "Box inpainting: PSNR 11.2 (two) to 12.0 (one); the pseudo-inverse alone has 11.0, the Gaussian 10.0; 1 of 2 "
        "models beyond it. What is measured of reconstructions is off by 0.08 to 0.11 on average, of the image itself "
        "by 0.05."
    ]
    assert "models beyond it" not in quality(rows[:1])[0]
    assert "none of 1 models beyond it" in quality(rows[1:2])[0]


@pytest.mark.parametrize("narrow", [False, True])
def test_figures_and_table_hold_the_values(narrow: bool) -> None:
    rows: list[Row] = []
    for task in ("none", "box", "blur"):
        for k, kin in enumerate(("seed", "family", "across", "across")):
            more = {"task": task, "a": f"m{k}", "b": "w"}
            rows += pair(0.9 - 0.2 * k, 0.05, 0.5, kin, **more) if task != "none" else [row("rp", 0.5, kin=kin, **more)]
        if task != "none":
            for name, fam, value in (("m0", "MLPs", 13.0), ("m1", "transformers", 12.0)):
                rows.append(row("psnr", value, a=name, b="truth", family=fam, floor=9.0, gaussian=10.0, task=task))
    drawings = {d.key: d for d in experiment.drawings(tuple(rows))}
    assert list(drawings) == ["inverse-agreement", "inverse-quality"]
    axes = drawings["inverse-agreement"].draw(narrow=narrow).axes[0]
    dots = sorted(x for line in axes.lines if line.get_marker() == "o" for x in line.get_xdata())
    assert dots == pytest.approx(sorted([0.5] * 4 + [0.9, 0.7, 0.5, 0.3] * 2))
    assert (
        "box inpainting: another seed 0.90 over 1, one family 0.70 over 1, two families 0.40 over 2"
        in drawings["inverse-agreement"].alt
    )
    axes = drawings["inverse-quality"].draw(narrow=narrow).axes[0]
    dots = sorted(x for line in axes.lines if line.get_marker() == "o" for x in line.get_xdata())
    assert dots == [12.0, 12.0, 13.0, 13.0]
    (table,) = experiment.tables(tuple(rows), 80)
    cells = [list(column.cells) for column in table.columns]
    assert cells[0] == ["none", "box", "blur"]
    assert cells[1:4] == [[".50", ".90", ".90"], [".50", ".70", ".70"], [".50", ".40", ".40"]]
    assert cells[6] == ["–", "12.5", "12.5"]


def test_nothing_is_said_of_nothing() -> None:
    assert [f for f in findings([]) if f.sentences] == []
    assert list(experiment.drawings(())) == []
