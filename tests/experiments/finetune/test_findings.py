"""Sentences about made-up rows: each can come out the other way."""

from __future__ import annotations

from typing import Any

import pytest

from samenoise.experiments.finetune import experiment
from samenoise.experiments.finetune.findings import agreement, copying, distance, findings, kept, learning, less
from samenoise.lab.run_files import Row

WAYS = {"all": 0.9, "last": 0.2, "scratch": 0.6}
"""Share of copies at the few new images."""


def row(metric: str, value: float, a: str, b: str = "train", n: int = 8, spread: float = 0.05, **more: Any) -> Row:
    baseline = {key: more.pop(key, None) for key in ("floor", "ceiling", "gaussian")}
    content = {
        "experiment": "finetune",
        "metric": metric,
        "value": value,
        "ci95": [value - spread, value + spread],
        "n": 512,
        "threshold": 0.95,
        "feature": "pixel",
        "a": a,
        "b": b,
        "n_train": n,
        "width": 128,
        "baseline": baseline,
    }
    return Row.of({**content, **more})


def run(
    copied: dict[str, float] | None = None, old: float = 0.2, spread: float = 0.05, ratio: float = 0.3
) -> list[Row]:
    """Two sizes, 8 and 512, with copies at the first alone."""
    copied = {**WAYS, **(copied or {})}
    rows = []
    for n in (8, 512):
        for name, share in copied.items():
            share = share if n == 8 else 0.0
            rows += [row(metric, share, name, n=n) for metric in ("memorized", "memorized_excess")]
            rows.append(row("old_share", old, name, "old", n, spread))
            rows.append(row("mmd", 0.05 if n == 8 else 0.01, name, "held-out", n, 0.002, floor=0.003))
            rows.append(row("rp_pretrained_auc", 0.6 if name == "scratch" else 0.8, name, "pretrained", n))
            rows.append(row("rp", 0.5, name, f"{name}, others", n, kin="others", floor=0.01))
            rows.append(row("unseen_change", 0.0, name, "held-out", n))
        for name in ("all", "last"):
            rows.append(row("rp", 0.7, name, f"{name}, again", n, kin="again", floor=0.01, lineage="pretrained"))
            rows.append(row("rp_scratch", 0.4, name, "scratch", n))
        for metric in ("copies_fewer", "copies_fewer_calibrated", "copies_fewer_ratio"):
            for a, b in (("last", "all"), ("last", "scratch"), ("all", "scratch")):
                value = ratio if metric.endswith("ratio") and a == "last" else copied[b] - copied[a]
                rows.append(row(metric, value if n == 8 else 0.0, a, b, n, spread))
    return rows


def test_fewer_copies_is_claimed_where_every_way_to_count_says_so() -> None:
    assert less(run()) == [
        "Adapting by last copies less than adapting by all at every N at which the latter copies, N = 8: 70 points "
        "(95 % interval 65 to 75) fewer at N = 8."
    ]
    withheld = "That adapting by last copies less than adapting by all, which copies at N = 8, is not shown"
    (said,) = less(run(ratio=-0.3))
    assert said.startswith(withheld)
    assert "needs fewer copies by last than by all at N = 8 by the NN ratio, which is not so" in said
    (said,) = less(run(ratio=0.04))
    assert "by the NN ratio, which is left open" in said
    assert said.endswith("more replicates would settle it.")
    (said,) = less(run({"last": 0.88}))
    assert "at the threshold of the run, which is left open" in said
    (said,) = less(run({"last": 1.0}))
    assert "at the threshold of the run, which is not so" in said


def test_a_network_that_draws_old_pictures_is_not_said_to_copy_less() -> None:
    (said,) = less(run(old=0.7))
    assert "needs pictures of last at N = 8 nearer to new images, which is not so (0.7, 95 % interval" in said
    assert "more updates would settle it" in said


def test_nothing_is_compared_where_nothing_copies() -> None:
    assert less(run({"all": 0.0})) == [
        "Whether adapting few weights copies less is not told: what is adapted by all copies at no N of this run."
    ]
    assert less([s for s in run() if not s.metric.startswith("copies_fewer") or s.b == "scratch"]) == []


def test_what_claims_rest_on() -> None:
    found = {f.title: f for f in findings(run())}
    held = {w.needs: w.holds for w in found["Fewer weights, fewer copies"].witnesses}
    assert held == {
        "fewer copies by last than by all at N = 8 at the threshold of the run": True,
        "fewer copies by last than by all at N = 8 at the calibrated threshold": True,
        "fewer copies by last than by all at N = 8 by the NN ratio": True,
        "pictures of last at N = 8 nearer to new images": True,
    }
    same = [w for w in found["Same noise, same picture"].witnesses if w.needs.endswith("at the threshold")]
    assert [w.holds for w in same] == [True, True]


def test_copies_and_distances_are_told_of_all() -> None:
    first, second = copying(run())
    assert first == (
        "Copies beyond what real images pass for at N = 8: all 90 % (85 to 95), last 20 % (15 to 25) and scratch 60 % "
        "(55 to 65)."
    )
    assert "at N = 512: all 0 %" in second
    assert distance(run())[1] == (
        "Squared distance from new images at N = 512: all 0.010 (0.008–0.012), last 0.010 (0.008–0.012) and scratch "
        "0.010 (0.008–0.012); new training images 0.003."
    )


def test_agreement_of_two_pretrainings_needs_its_witnesses() -> None:
    rows = run()
    said = agreement(rows)
    assert said[0].startswith(
        "That networks adapted by all from two pretrainings agree beyond chance is not shown. RP "
    )
    assert "not measured in this run" in said[0]
    assert "from two pretrainings 50 % (45 to 55), from one pretraining 70 %" in said[0]
    assert "with a network from scratch 40 %" in said[0]
    assert said[-1] == "Two networks from scratch: 50 % (45 to 55) at N = 512."
    for s in [s for s in rows if s.metric == "rp" and s.n_train == 512]:
        tags = {"kin": s.tag("kin"), "n": 512, "floor": 0.01}
        rows += [row(f"rp_{twin}", 0.9, s.a, s.b, **tags) for twin in ("calibrated", "auc", "beyond", "clean")]
        rows.remove(s)
        rows.append(row("rp", s.value or 0.0, s.a, s.b, gaussian=0.1, **tags))
    said = agreement(rows)
    assert said[1].startswith("Networks adapted by last from two pretrainings agree beyond chance, and beyond what the")


def test_what_is_kept_is_held_against_networks_from_scratch() -> None:
    said = kept(run())
    assert said[1] == (
        "Adapted by last, 20 % (15 to 25) at N = 8 and 20 % (15 to 25) at N = 512 of the pictures are nearer to old "
        "images than to new ones. Given what was drawn before, a picture is told from those of other noises (AUC) 0.80 "
        "at N = 8 and 0.80 at N = 512: more than of networks from scratch at every N."
    )
    rows = [s for s in run() if (s.metric, s.a) != ("rp_pretrained_auc", "scratch")]
    rows += [
        row("rp_pretrained_auc", 0.78, "scratch", "pretrained", 512),
        row("rp_pretrained_auc", 0.5, "scratch", "p"),
    ]
    assert kept(rows)[1].endswith("not more at every N than from scratch.")


def test_who_is_not_done_and_who_overfits() -> None:
    assert learning(run()) == []
    rows = [s for s in run() if s.metric != "unseen_change"]
    rows += [row("unseen_change", -0.1, "last", n=512), row("unseen_change", 0.2, "all", n=512)]
    falls, rises = learning(rows)
    assert "still falls, and more updates would help: last (10.0 %)" in falls
    assert "still rises: they overfit: all (20.0 %)" in rises


@pytest.mark.parametrize("narrow", [False, True])
def test_figures_hold_the_values(narrow: bool) -> None:
    rows = run()
    drawings = list(experiment.drawings(tuple(rows)))
    assert [d.key for d in drawings] == ["finetune-copies", "finetune-agreement", "finetune-kept"]
    figure = drawings[0].draw(narrow=narrow)
    copies = figure.axes[0]
    lines = {line.get_label(): list(line.get_ydata()) for line in copies.get_lines()}
    assert lines == {"all": [0.9, 0.0], "last": [0.2, 0.0], "scratch": [0.6, 0.0]}
    assert list(copies.get_lines()[0].get_xdata()) == [8, 512]
    agreements = drawings[1].draw(narrow=narrow)
    assert [len(a.get_lines()) for a in agreements.axes] == [4, 3, 2]
    assert "copies, beyond real images, last: 0.20 at N = 8, 0.00 at N = 512" in drawings[0].alt
    assert list(experiment.drawings(())) == []
