"""Sentences about made-up rows: each can come out the other way."""

from __future__ import annotations

from typing import Any

import pytest

from samenoise.experiments.lowrank.findings import (
    beyond,
    copying,
    dip,
    edge,
    findings,
    growth,
    samples,
    telling_apart,
)
from samenoise.lab.run_files import Row


def row(metric: str, value: float | None, spread: float | None = 0.0, **more: Any) -> Row:
    baseline = {key: more.pop(key, None) for key in ("floor", "ceiling", "gaussian")}
    ends = None if value is None or spread is None else [value - spread, value + spread]
    content = {
        "experiment": "lowrank",
        "metric": metric,
        "value": value,
        "ci95": ends,
        "n": 32,
        "threshold": None,
        "feature": "pixel",
        "a": "mlp-128",
        "b": "heldout",
        "n_train": 8,
        "width": 128,
        "baseline": baseline,
    }
    return Row.of({**content, **more})


def curve(values: dict[float, float], n: int = 8, **more: Any) -> list[Row]:
    return [row("jacobian_rank", v, sigma=s, where="heldout", n_train=n, ceiling=64, **more) for s, v in values.items()]


def closed(optimum: float, gaussian: float, n: int = 8) -> list[Row]:
    both = (("optimum", optimum), ("gaussian", gaussian))
    return [row("rank_dip_depth", v, a=a, width=None, where="heldout", n_train=n) for a, v in both]


U_SHAPE = {0.1: 60.0, 1.0: 20.0, 80.0: 45.0}


def test_a_dip_is_said_with_its_least_depth() -> None:
    rows = [*curve(U_SHAPE), row("rank_dip_depth", 25, 1.26, where="heldout"), *closed(-1, 0)]
    first, second = dip(rows)
    assert "at middle noise at N = 8" in first
    assert "a rank of 20.0 of 64 at σ = 1, at least 23.7 less than at either end" in first
    assert second == "The Gaussian of the training set and the empirical optimum have no such dip at any size."


def test_a_dip_within_its_interval_is_none() -> None:
    rows = [*curve(U_SHAPE), row("rank_dip_depth", 1, 1.5, where="heldout"), *closed(-1, 0)]
    assert dip(rows)[0] == "The width-128 network has no lowest rank at middle noise at any size measured."
    assert edge(rows) == []


def test_closed_forms_that_dip_are_named() -> None:
    rows = [*curve(U_SHAPE), row("rank_dip_depth", 25, 1, where="heldout"), *closed(-1, 3)]
    assert dip(rows)[1:] == [
        "So does the Gaussian of the training set at N = 8, by 3.0 at most.",
        "The empirical optimum has no such dip at any size.",
    ]


def test_sizes_without_a_dip_are_named() -> None:
    rows = [*curve(U_SHAPE), *curve(U_SHAPE, n=64)]
    rows += [row("rank_dip_depth", 25, 1, where="heldout"), row("rank_dip_depth", 0, 1, where="heldout", n_train=64)]
    assert dip(rows)[0].endswith("; at N = 64 no dip is seen.")


@pytest.mark.parametrize(("gain", "words"), [(0.012, "the network's own error"), (0.0003, "not shown to be an error")])
def test_the_right_side_is_an_error_where_the_gain_says_so(gain: float, words: str) -> None:
    shared = {"where": "heldout", "floor": 0.00011, "gaussian": 0.00042}
    rows = [
        row("rank_dip_depth", 25, 1, where="heldout"),
        row("jacobian_gain", 0.9, sigma=0.1, **shared),
        row("jacobian_gain", gain, gain / 10, sigma=80.0, **shared),
    ]
    [sentence] = edge(rows)
    assert words in sentence
    if gain > 0.01:
        assert "is 0.010 or more, those of the closed forms at most 0.00042" in sentence


def gaps(*values: tuple[int, float, float]) -> list[Row]:
    return [row("rank_copy_gap", v, spread, n_train=n, sigma=0.08) for n, v, spread in values]


def test_copying_shows_and_ends() -> None:
    [sentence] = copying(gaps((8, 23, 2), (128, 10, 1), (512, 0.5, 1), (1500, 0.2, 0.9)))
    assert "at least 21.0 directions fewer at images it was trained on than at held-out ones at N = 8" in sentence
    assert "at N = 512 and 1500 no difference is seen (95 % interval -0.7–1.1 at N = 1500)" in sentence


def test_copying_that_does_not_end_is_said() -> None:
    [sentence] = copying(gaps((8, 23, 2), (128, 10, 1)))
    assert sentence.endswith("still at least 9.0 fewer at N = 128.")
    [sentence] = copying(gaps((8, 23, 2), (128, 22, 1)))
    assert sentence.endswith("still at least 21.0 fewer at N = 128.") or "not shown to be less" in sentence


def test_no_copying_is_said() -> None:
    [sentence] = copying(gaps((8, 0.5, 1), (128, -3, 1)))
    assert (
        sentence
        == "The width-128 network follows as many directions at images trained on as at held-out ones, at σ = 0.08."
    )


def half(*values: tuple[int, float | None, float | None], **more: Any) -> list[Row]:
    shared: dict[str, Any] = {"n_train": None, "components": 1, "floor": 0.75, **more}
    return [row("subspace_samples_half", v, spread, dimension=d, **shared) for d, v, spread in values]


def test_images_for_half_a_subspace_beside_pca() -> None:
    [said, grows] = samples(half((4, 2.4, 0.3), (8, 1.8, 0.2), (16, 1.8, 0.3)))
    assert "of dimension 4, 8 and 16 with 2.4, 1.8 and 1.8 images for each dimension" in said
    assert "more than what gives PCA all of it" in said
    assert "in proportion, as far as this tells" in grows
    assert "more than PCA (" in samples(half((4, 1.1, 0.2), (8, 1.1, 0.2)))[0]
    assert "not shown to be more than PCA" in samples(half((4, 0.9, 0.2), (8, 1.1, 0.2)))[0]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (2.0, 2.0, "in proportion"),
        (1.0, 4.0, "faster than in proportion"),
        (4.0, 2.0, "more slowly than in proportion"),
        (16.0, 2.0, "is not shown"),
    ],
)
def test_growth_with_the_dimension_is_judged_by_its_interval(first: float, last: float, words: str) -> None:
    [sentence] = growth(half((4, first, 0.05), (16, last, 0.05)))
    assert words in sentence


def test_an_open_interval_says_nothing_of_growth() -> None:
    assert "cannot be said" in growth(half((4, 2.0, 0.1), (16, 2.0, None)))[0]
    assert growth(half((4, 2.0, 0.1))) == []


def test_what_was_not_reached_says_why() -> None:
    rows = half((4, None, None), note="one half is not reached up to N/d = 2")
    assert samples(rows) == ["Of dimension 4: one half is not reached up to N/d = 2."]


@pytest.mark.parametrize(
    ("own", "span", "words"),
    [
        (0.70, 0.02, "found their span and does not tell them apart"),
        (0.03, 0.02, "tells them apart"),
        (0.80, 0.70, "not found even their span"),
        (0.50, 0.02, "within the intervals"),
    ],
)
def test_two_subspaces_are_told_apart_or_not(own: float, span: float, words: str) -> None:
    shared: dict[str, Any] = {"components": 2, "dimension": 8, "where": "heldout", "n_train": 256}
    rows = [
        row("subspace_error", 0.9, 0.01, per_dimension=1.0, gaussian=0.7, **shared),
        row("subspace_error", own, 0.01, per_dimension=16.0, gaussian=0.7, **shared),
        row("subspace_span_error", 0.4, 0.01, per_dimension=1.0, **shared),
        row("subspace_span_error", span, 0.01, per_dimension=16.0, **shared),
    ]
    [sentence] = telling_apart(rows)
    assert words in sentence
    assert "with 16 images for each dimension of each" in sentence


def seen(trained: float, fresh: float, share: float, error: float, **more: Any) -> list[Row]:
    shared: dict[str, Any] = {"components": 1, "dimension": 8, "per_dimension": share, "n_train": round(8 * share)}
    return [
        row("subspace_error", error, 0.01, where="heldout", **shared),
        row("subspace_rank", fresh, 1, where="heldout", floor=8.0, **shared, **more),
        row("subspace_rank", trained, 1, where="train", floor=8.0, **shared, **more),
    ]


def test_what_the_error_does_not_tell_is_told_by_the_rank() -> None:
    [sentence] = beyond([*seen(36, 23, 1, 0.6), *seen(25, 19, 2, 0.43), *seen(13, 13.5, 16, 0.036)])
    assert "dimension 8: at N/d = 1 and 2 the rank at samples trained on is not that at fresh ones" in sentence
    assert "(25.0 and 19.0 at 2, where the error is 0.43)" in sentence
    assert "with an error of 0.04, 13.5 directions are followed, more than the 8 of the exact mixture" in sentence


def test_where_the_rank_tells_nothing_more_that_is_said() -> None:
    [sentence] = beyond([*seen(9, 8.5, 1, 0.6), *seen(8.5, 8.2, 16, 0.036)])
    assert "at no N/d seen to differ" in sentence
    assert "not shown to be more than the 8 of the exact mixture" in sentence


def test_nothing_is_said_of_nothing() -> None:
    assert all(not finding.sentences for finding in findings(()))
