"""A run in short: what it says is so of the rows, and what comes next is what would help."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from readings import Page, run_of
from rows import Rows, row

from samenoise.lab.experiment import Finding, Witness
from samenoise.report import rounding as r
from samenoise.report.answer import answer
from samenoise.report.glossary import WORDS, explained, glossary
from samenoise.report.reading import in_order


def n50(excess: Any, calibrated: Any, ratio: Any) -> Rows:
    """Rows of one network; a way is ``(value, low, high)``, or a note."""
    rows = [row("regimes", "memorized", 0.5, "m", "train", n) for n in (8, 200)]
    for way, known in (("excess", excess), ("calibrated", calibrated), ("ratio", ratio)):
        if isinstance(known, str):
            rows.append(row("regimes", f"n50_{way}", None, "m", "train", None, note=known))
        else:
            rows.append(
                row("regimes", f"n50_{way}", 0.0, "m", "train", None, ci95=list(known[1:])) | {"value": known[0]}
            )
    return rows


def said(rows: Rows, *witnesses: Witness) -> str:
    finding = answer(run_of(rows).scores, [Finding("claim", ["."], witnesses)])
    assert finding is not None
    return " ".join(finding.sentences)


def seen(holds: bool | None, settles: str) -> Witness:
    return Witness("good pictures", "1 against 2", holds, settles)


KNOWN = ((75, 70, 80), (90, 85, 95), (43.2, 40.4, 47))
BEYOND = "more than half is memorized at every size from 8 to 200"
NEVER = "less than half is memorized at every size from 8 to 200"


def test_the_range_is_over_all_ways_to_count() -> None:
    assert "somewhere between 40 and 95 training images" in said(n50(*KNOWN))
    assert "beyond" not in said(n50(*KNOWN))
    text = said(n50(KNOWN[0], BEYOND, KNOWN[2]))
    assert "somewhere between 40 and 80 training images" in text
    assert "by some counts only beyond N = 200, the most tried" in text


def test_from_which_size_on_no_copies_are_seen_is_that_of_all_networks_and_all_larger_sizes() -> None:
    def excess(*low: float, a: str = "m") -> Rows:
        ends = zip((8, 64, 200), low, strict=True)
        made = [(row("regimes", "memorized_excess", None, a, "train", n), each) for n, each in ends]
        return [each | {"value": low + 0.1, "ci95": [low, low + 0.2]} for each, low in made]

    none = "none is seen to copy more than what real images pass for, by any count."
    assert f"From N = 64 on, {none}" in said([*n50(*KNOWN), *excess(0.5, -0.1, -0.1)])
    assert f"From N = 200 on, {none}" in said([*n50(*KNOWN), *excess(0.5, -0.1, -0.1), *excess(0.5, 0.1, 0.0, a="b")])
    assert f"From N = 200 on, {none}" in said([*n50(*KNOWN), *excess(-0.5, 0.1, -0.1)])
    assert "even at N = 200, the most tried." in said([*n50(*KNOWN), *excess(0.5, 0.1, 0.1)])
    for metric in ("memorized_calibrated", "nn_ratio"):
        [other] = [row("regimes", metric, 0.3, "m", "train", 64, floor=0.01, threshold=0.98)]
        assert f"From N = 200 on, {none}" in said([*n50(*KNOWN), *excess(0.5, -0.1, -0.1), other]), metric
        as_real = other | {"baseline": {"floor": 0.35, "ceiling": None, "gaussian": None}}
        assert f"From N = 64 on, {none}" in said([*n50(*KNOWN), *excess(0.5, -0.1, -0.1), as_real]), metric


def test_a_threshold_that_twins_alone_pass_is_no_way_to_count() -> None:
    twins = row("regimes", "memorized_calibrated", 0.0, "m", "train", 200, threshold=1.0)
    assert "somewhere between 40 and 80 training images" in said([*n50(*KNOWN), twins])
    assert "between 40 and 95" in said([*n50(*KNOWN), twins | {"threshold": 0.98}])


def test_where_it_is_not_seen_to_end_or_to_begin() -> None:
    text = said(n50(BEYOND, BEYOND, BEYOND))
    assert "Networks copy their training images up to N = 200, the most tried: to stop, they need more." in text
    assert "Next: more images" in text
    assert "less than half of what they draw at every size tried, from N = 8 on." in said(n50(NEVER, NEVER, NEVER))
    gap = row("regimes", "mmd_gap", None, "m", "held-out", 200) | {"value": 0.02, "ci95": [0.01, 0.03]}
    assert "draw no pictures of the data yet, and so no copies" in said([*n50(NEVER, NEVER, NEVER), gap])
    other = row("regimes", "memorized_excess", None, "other", "train", 8) | {"value": 0.4, "ci95": [0.3, 0.5]}
    text = said([*n50(NEVER, NEVER, NEVER), gap, other])
    assert "copy less than half" in text, "of one network, though none draws pictures of the rest"
    assert "no copies" not in text
    within = other | {"value": 0.01, "ci95": [-0.01, 0.03]}
    assert "and so no copies" in said([*n50(NEVER, NEVER, NEVER), gap, within]), "more than real images, or not"
    learnt = gap | {"value": -0.02, "ci95": [-0.03, -0.01]}
    assert "draw no pictures" not in said([*n50(NEVER, NEVER, NEVER), learnt])
    why = "every held-out real image passes for a copy at some size"
    assert f"cannot be told: {why}." in said(n50(why, why, why))


def test_the_last_claim_is_told_as_it_stands() -> None:
    good = "they draw new pictures of what the images have in common, and agree on them"
    assert good in said(n50(*KNOWN), seen(True, ""))
    for holds, words in ((False, "not so"), (None, "left open")):
        text = said(n50(*KNOWN), seen(holds, "more noises"))
        assert good not in text
        assert f"is not shown: it needs good pictures, which is {words}." in text
        assert "Next: more noises" in text
    assert good not in said(n50(*KNOWN))
    claims = [Finding(name, ["."], [seen(holds, "more of it")]) for name, holds in (("first", False), ("last", True))]
    finding = answer(run_of(n50(*KNOWN)).scores, claims)
    assert finding is not None
    assert good in " ".join(finding.sentences)
    assert "more of it" not in " ".join(finding.sentences)
    assert "Not all of that is shown: see “first”." in finding.sentences


@pytest.mark.parametrize(("share", "rule"), [(0.78, True), (0.52, False), (0.17, False)])
def test_how_far_networks_agree_on_new_pictures_is_told(share: float, rule: bool) -> None:
    pairs = [row("splits", "rp_split", v, "m/a", "m/b", n) for n, v in ((200, share), (8, 0.99))]
    text = said(n50(*KNOWN) + pairs, seen(True, ""))
    same = r.percent_at_least(pairs[0]["value"])
    assert f": networks m that share no training image draw the same one for {same} of the noises." in text
    assert ("they draw new pictures of what the images have in common, and agree on them:" in text) == rule
    assert ("they begin to draw new pictures of what the images have in common:" in text) != rule


def change(value: float) -> Rows:
    return [
        row("regimes", "unseen_change", 0, "m", "held-out", 200, ci95=[value - 0.01, value + 0.01]) | {"value": value}
    ]


@pytest.mark.parametrize(("value", "advised"), [(-0.04, True), (-0.005, False), (0.04, False)])
def test_more_updates_are_advised_while_they_help(value: float, advised: bool) -> None:
    text = said(n50(*KNOWN) + change(value))
    assert (
        "more updates (the loss on unseen images still fell by up to 4 % with the last doubling)" in text
    ) == advised


def test_more_images_are_advised_where_networks_overfit() -> None:
    overfits = "more images (networks overfit: the loss on unseen images rose by up to 4 % with the last doubling)"
    assert overfits in said(n50(*KNOWN) + change(0.04))
    falls = [row_ | {"a": "other"} for row_ in change(-0.04)]
    assert "overfit" not in said(n50(*KNOWN) + change(0.04) + falls), "to the one more updates, to the other fewer"
    assert said(n50(BEYOND, BEYOND, BEYOND) + change(0.04)).count("more images") == 1


def test_of_several_networks_the_loss_that_falls_most_is_told() -> None:
    other = [row_ | {"a": "other"} for row_ in change(-0.06)]
    assert "fell by up to 6 % with the last doubling" in said(n50(*KNOWN) + change(-0.04) + other)


def test_how_many_more_updates_is_told_where_it_is_known_how_many_there_were() -> None:
    run = replace(run_of(n50(*KNOWN) + change(-0.04)), config={"training": {"updates": 3400}})
    [short, *_] = in_order(run, [])
    assert "Next: more updates, as training.updates=6800 (the loss" in " ".join(short.sentences)
    for config in ({}, {"training": 3400}, {"training": {"updates": "many"}}):
        [short, *_] = in_order(replace(run, config=config), [])
        assert "Next: more updates (the loss" in " ".join(short.sentences)


def test_what_has_come_to_an_end_is_not_trained_longer() -> None:
    needs = seen(False, "more training")
    assert "Next: more training;" in said(n50(*KNOWN), needs), "nothing is known of its end"
    assert "Next: more updates" in said(n50(*KNOWN) + change(-0.04), needs)
    assert "more training" not in said(n50(*KNOWN) + change(-0.04), needs), "the same said twice"
    rest = said(n50(*KNOWN), seen(False, "wider networks or smaller pictures"))
    assert "or smaller pictures (these have come to the end of their training)" in rest
    overfits = said(n50(*KNOWN), seen(False, "more images or, of these, fewer updates"))
    assert "fewer updates (the loss on unseen images rises with the updates)" in overfits


def test_replicates_are_advised_where_there_are_none() -> None:
    assert "replicates=3" in said(n50(*KNOWN))
    assert "replicates=3" not in said([r | {"replicates": 3} for r in n50(*KNOWN)])


def test_runs_that_ask_something_else_have_no_answer() -> None:
    assert answer(run_of([row("teacher", "rp", 0.5, "a", "b", 8)]).scores, []) is None


def test_words_are_explained_below() -> None:
    found = dict(glossary("RP of two networks at N = 8; the share of copies, held-out real images, and its floor."))
    assert set(found) == {"N", "RP", "copy", "held-out real images", "floor"}
    assert glossary("Nothing.") == []
    assert all(meaning[0].islower() and not meaning.endswith(".") for _, meaning in WORDS.values())


def test_words_are_explained_where_they_first_stand() -> None:
    first, second = map(
        str, explained(["RP < 1 of <b>mlp-128/a</b>", "RP and mlp-128/a at the calibrated threshold, of mlp-64"])
    )
    assert Page(first).text == "RP < 1 of <b>mlp-128/a</b>"
    assert [value for _, value in Page(first).attributes] == [WORDS["RP"][1], WORDS["mlp-128/a"][1]]
    assert [value for _, value in Page(second).attributes] == [WORDS["calibrated threshold"][1], WORDS["mlp-128"][1]]
    assert "agreement, of pictures from different noises" in WORDS["calibrated threshold"][1]
    assert explained(["Nothing."]) == ["Nothing."]
