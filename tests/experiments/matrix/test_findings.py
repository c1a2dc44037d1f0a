"""What ``matrix`` says follows from its rows, and claims no more."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from experiment_rows import gap, matrix_rows, near, pair
from readings import said
from rows import Rows, row

from samenoise.metrics import additive
from samenoise.report.rounding import at_least, interval


def test_the_matrix_in_words() -> None:
    text = said(matrix_rows())
    for sentence in (
        "Of 105 pairs of models, without those that draw no pictures,",
        "The whole 95 % interval of each of the 105 lies above its floor and above what the Gaussian",
        "draws its picture for 1 % of the noises, by chance for 0.2 %.",
        "At most 2 % of a model's pictures match a training image (mlp-edm); 7 % of held-out real images do.",
        "Farther from held-out images than what the Gaussian of the training set draws is what mlp-edm-ct (0.05, "
        "0.045–0.055) draws",
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
    rows = [pair(0.8), pair(0.99, "a", "c"), pair(0.0, "b", "c"), gap(-0.02, "a"), gap(-0.03, "b"), gap(0.0059, "c")]
    text = said(rows)
    assert "a and b agree on RP 0.80" in text
    assert "interval of the pair lies above" in text
    assert (
        "Farther from held-out images than what the Gaussian of the training set draws is what c (0.0059, 0.0" in text
    )
    rows[-1] = gap(-0.001, "c")
    assert "a and c agree most" in said(rows)
    assert (
        "Whether what c draws is nearer is open (difference of the squared distances of distributions -0.001"
        in said(rows)
    )
    rows[-1] = gap(-0.0061, "c")
    assert "a and c agree most" in said(rows)
    assert "Every model draws pictures: they are nearer to held-out images" in said(rows)
    assert "c by the least (difference of the squared distances of distributions -0.0061" in said(rows)
    rows[-1] |= {"value": None, "ci95": None, "note": "there is one real image"}
    assert "a and b agree on RP 0.80" in said(rows), "what is not known is not shown"
    everything = [pair(0.9), gap(0.1, "a"), gap(0.1, "b")]
    assert "In 1 pair of 1 a model draws no pictures, so that their agreement says nothing" in said(everything)
    assert "above its floor" not in said(everything)
    assert "says nothing of the data: more training may help." in said(everything)
    for value, helps in ((-0.05, "more training"), (0.05, "more images"), (0.0, "wider networks")):
        ends = {"ci95": [value - 0.004, value + 0.004]}
        change = [row("matrix", "unseen_change", 0, name, "held-out", 100, **ends) | {"value": value} for name in "ab"]
        assert f"says nothing of the data: {helps}" in said(everything + change)


def test_where_real_images_are_one_who_draws_pictures_cannot_be_told() -> None:
    unknown = {"value": None, "ci95": None, "note": "all real images are one image"}
    text = said([pair(0.9), *(gap(0.1, name) | unknown for name in "ab")])
    assert "In 1 pair of 1 it cannot be told whether both models draw pictures, so that" in text
    assert "Whether any model draws pictures cannot be told: all real images are one image." in text
    assert "draws no pictures" not in text
    assert "Farther" not in text


def test_models_that_copy_draw_pictures() -> None:
    """Copies of few images are far from the others, as a distribution."""
    rows = [pair(0.9), gap(0.1, "a"), gap(0.1, "b")]
    for copies, counted in (([0.2, 0.3], True), ([-0.1, 0.3], False)):
        ends = {"ci95": copies, "floor": 0.0}
        excess = [row("matrix", "memorized_excess", 0.25, name, "train", 100, **ends) for name in "ab"]
        assert ("a and b agree on RP 0.90" in said(rows + excess)) == counted
        assert ("What a and b draw is farther from held-out images" in said(rows + excess)) == counted
        assert "and some of it are copies" in said(rows + excess) or not counted


def test_held_out_images_of_another_kind_do_not_tell_who_draws_pictures() -> None:
    ends = {"ci95": [0.05, 0.07], "floor": 0.05, "gaussian": 0.03}
    other = row("matrix", "mmd", 0.06, "a", "held-out", 100, **ends)
    for name, level in (("floor", 0.05), ("gaussian", 0.03)):
        other["baseline"][f"{name}_ci95"] = [level - 0.005, level + 0.005]
    assert "a and b agree on RP 0.80" in said([pair(0.8), gap(0.2, "a"), gap(0.2, "b"), other])
    text = said([pair(0.8), gap(-0.02, "a"), gap(-0.02, "b"), other])
    assert "Who draws pictures cannot be told: the images held out to judge by are of another distribution." in text
    assert "Every model draws pictures" not in text


def test_where_no_images_were_held_out_the_distance_to_real_images_tells_who_draws_nothing() -> None:
    rows = [pair(0.8), pair(0.99, "a", "c"), pair(0.0, "b", "c"), near("a", 1.49), near("b", 1.0), near("c", 1.51)]
    assert "a and b agree on RP 0.80" in said(rows)
    assert "Far from the data is what c (1.51 against 1.00) draws" in said(rows)
    rows[-1]["value"] = 1.49
    assert "a and c agree most" in said(rows)
    assert "at most 1.5 times as far" in said(rows)
    assert "Far from the data" not in said([*rows, near("d", 9.0), *(gap(-0.02, name) for name in "abcd")])


def test_of_many_pairs_the_interval_is_that_which_holds_for_all() -> None:
    rows = [pair(0.8), pair(0.5, "a", "c", gaussian=0.45), pair(0.6, "b", "c")]
    assert "The whole 95 % interval of each of the 3 lies above" in said(rows)
    jointly = [made | {"ci95_pairs": [made["value"] - 0.1, made["value"] + 0.1]} for made in rows]
    assert "1 of 3 pairs cannot be told from chance" in said(jointly), "0.4 is not above 0.45"
    jointly[1]["baseline"]["gaussian"] = 0.39
    assert "of each of the 3 (such that all hold at once) lies above" in said(jointly)


def additive_pairs(noise: float = 0.01, cost: float = 0.2) -> Rows:
    """Eight models, of two processes and two widths, twice each; a process costs, a width does not."""
    models = [(process, width, seed) for process in range(2) for width in range(2) for seed in range(2)]
    rng, rows = np.random.default_rng(0), []
    for (i, a), (j, b) in combinations(enumerate(models), 2):
        differs = [name for name, x, y in zip(("process", "width"), a, b, strict=False) if x != y] or ["seed"]
        value = 0.7 - cost * (a[0] != b[0]) + noise * rng.standard_normal()
        rows.append(pair(value, f"m{i}", f"m{j}", differs=differs))
    return rows


def test_what_a_choice_costs_is_told_all_others_alike() -> None:
    rows = additive_pairs()
    text = said(rows)
    fit = additive(
        [r["value"] for r in rows], [(r["a"], r["b"]) for r in rows], [r["differs"] for r in rows], ["process", "width"]
    )
    low, high = fit.effects["process"].ci95
    assert "differ in the seed alone are put at RP 0.70 (95 % interval 0.6" in text
    assert "by an additive model of 28 pairs" in text
    cost = f"{at_least(-fit.effects['process'].value)} less (95 % interval {interval((-high, -low))}; 16 pairs)."
    assert f"Another process: {cost}" in text
    assert "Another width: no difference beyond the interval (a change of -0.0" in text
    assert "Another process: 0.19 more" in said(additive_pairs(cost=-0.2))
    assert "Another process: no difference" in said(additive_pairs(noise=0.08, cost=0.02))


def test_a_cost_needs_agreement_that_chance_and_the_gaussian_do_not_explain() -> None:
    for beside in ({"gaussian": 0.99}, {"floor": 0.99}):
        rows = [r | {"baseline": r["baseline"] | beside} for r in additive_pairs()]
        assert "What a choice costs is not told: no pair is shown to agree beyond chance" in said(rows)
        assert "Another process" not in said(rows)


def test_a_choice_that_goes_with_another_is_not_told() -> None:
    rows = [
        r | {"differs": ["process", "parameterisation"] if "process" in r["differs"] else r["differs"]}
        for r in additive_pairs()
    ]
    text = said(rows)
    assert "What the process costs is not told: cannot be told from parameterisation." in text
    assert "Another process" not in text
    others = [r | {"differs": ["process", "procedure"] if "process" in r["differs"] else ["seed"]} for r in rows]
    assert "What the process costs is not told: cannot be told from training procedure." in said(others)
    assert "What the training procedure costs is not told: cannot be told from process." in said(others)
    few = [pair(0.7, differs=["seed"]), pair(0.4, "a", "c")]
    assert "What each choice costs is not determined: 2 pairs cannot tell 2 effects and two variances." in said(few)
    assert said(few[:1]).endswith("Models that differ in the seed alone have RP 0.70 (1 pair).")


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
    assert "Students start from their teacher's weights: t and s agree on RP 0.90." in text
    assert (
        "With another seed of their teacher they agree on RP 0.60 (1 pair); two seeds trained alike agree on 0.70"
        in text
    )
    assert "another seed of" not in said(rows[1:]), "no other seed is known to be one"
    assert "Students" not in said([rows[0], *rows[2:3]])


def test_models_that_copy_are_said_to() -> None:
    def near(value: float = 0.85, floor: float | None = None, copies: float | None = 0.9) -> str:
        rows = [
            pair(0.9),
            row("matrix", "rp_optimum", value, "a", "optimum", 100, floor=floor),
            row("matrix", "rp_optimum", 0.1, "b", "optimum", 100),
        ]
        ends = {} if copies is None else {"ci95": [copies - 0.05, copies + 0.05], "floor": 0.0}
        excess = [] if copies is None else [row("matrix", "memorized_excess", copies, "a", "train", 100, **ends)]
        return said([*rows, *excess])

    assert "For at least half of the noises, a draws what the closed-form optimum" in near()
    assert "Of what a draws more than half are copies: such models agree because they copy." in near()
    for copies in (0.3, 0.52, None):
        assert "draws what the closed-form optimum" in near(copies=copies)
        assert "because they copy" not in near(copies=copies)
    for value, floor in ((0.49, None), (0.52, None), (0.85, 0.84), (0.85, 0.95)):
        assert "because they copy" not in near(value, floor)
        assert "No model is shown to be near the closed-form optimum" in near(value, floor)
    assert "the nearest, a, draws its picture for 50 % of the noises." in near(0.49)


def test_of_several_models_that_copy_those_that_do_most_come_first() -> None:
    rows = [row("matrix", "rp_optimum", v, name, "optimum", 100) for name, v in (("a", 0.7), ("b", 0.9), ("c", 0.1))]
    rows += [row("matrix", "memorized", v, name, "train", 100) for name, v in (("a", 0.02), ("b", 0.8), ("c", 0.1))]
    text = said(rows)
    assert "For at least half of the noises, b and a draw what the closed-form optimum" in text
    assert "RP up to 0.90." in text
    assert "At most 81 % of a model's pictures match a training image (b)." in text


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
