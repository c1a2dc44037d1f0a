"""What ``matrix`` says follows from its rows, and claims no more."""

from __future__ import annotations

from typing import Any

import pytest
from experiment_rows import matrix_rows, near, pair
from readings import said
from rows import row


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

    assert "differ in the seed alone have RP 0.70 (1 pair). In the process alone: 0.40 (1 pair), 0.2" in cost(0.4)
    assert "no difference beyond the intervals" in cost(0.69)
    assert "no difference beyond the intervals" in cost(0.4, n=10)
    assert "0.1" in cost(0.82).partition("process")[2]
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


def test_pairs_that_share_weights_stand_apart() -> None:
    rows = [
        pair(0.7, "t", "u", differs=["seed"]),
        pair(0.9, "t", "s", differs=["procedure"], lineage="t"),
        pair(0.6, "u", "s", differs=["procedure"]),
        pair(0.95, "s", "r", differs=["procedure"], lineage="t"),
        pair(0.5, "r", "u", differs=["procedure"]),
        pair(0.4, "s", "w", differs=["procedure", "process"]),
    ]
    text = said(rows)
    assert text.startswith("Of 4 pairs of models that share no weights, t and u agree most: RP 0.69")
    assert "In the training procedure alone: 0.55 on average (2 pairs, 0.50–0.60)" in text
    assert "Students start from their teacher's weights: t and s agree on RP 0.90." in text
    assert (
        "With another seed of their teacher they agree on RP 0.60 (1 pair); two seeds trained alike agree on 0.70"
        in text
    )
    assert "another seed of" not in said(rows[1:]), "no other seed is known to be one"
    assert "Students" not in said([rows[0], *rows[2:3]])


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


def test_each_baseline_stands_in_its_own_place_rounded_against_the_claim() -> None:
    rows = [
        pair(0.7988, floor=0.0111, gaussian=0.0222, ceiling=0.9),
        pair(0.605, "a", "c", floor=0.0333, gaussian=0.0444, ceiling=0.9),
    ]
    assert said(rows).startswith(
        "Of 2 pairs of models, a and b agree most: RP 0.79 (floor 0.02, Gaussian 0.03); a and c agree least: RP 0.61 "
        "(floor 0.04, Gaussian 0.05). The whole 95 % interval of each of the 2 lies above its floor"
    )
    for name in ("floor", "gaussian"):
        rows[0]["baseline"][name] = 0.79
        assert "1 of 2 pairs cannot be told from chance" in said(rows)
        rows[0]["baseline"][name] = 0.01
    rows[0]["baseline"]["ceiling"] = 0.0
    assert "cannot be told" not in said(rows)
    copies = row("matrix", "memorized", 0.0234, "a", "train", 100, floor=0.0719, ceiling=0.5, gaussian=0.9)
    assert said([copies]) == (
        "At most 2.4 % of a model's pictures match a training image (a); 7.1 % of held-out real images do."
    )
