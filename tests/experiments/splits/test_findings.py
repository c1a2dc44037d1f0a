"""What ``splits`` says follows from its rows, and claims no more."""

from __future__ import annotations

from typing import Any

import pytest
from readings import findings, said
from rows import Rows, row
from sweeps import evidence_rows, split_rows
from witnesses import witnesses

GOOD = "that is generalization, not memory"
WITHHELD = "That this is generalization is not shown"


def halves(value: float = 0.6, **own: Any) -> dict[str, Any]:
    own = {"floor": 0.0, "gaussian": 0.03, "gaussian_split": 0.97} | own
    return row("splits", "rp_split", value, "m/a", "m/b", 100, **own)


def split(pair: dict[str, Any] | None = None, beside: Rows | None = None) -> str:
    pair = pair or halves()
    return said([pair, *(witnesses(pair) if beside is None else beside)])


def test_agreement_of_what_was_learnt_is_generalization() -> None:
    assert GOOD in split()
    [finding] = [f for f in findings([halves(), *witnesses(halves())]) if f.title == "Disjoint data"]
    assert len(finding.witnesses) == 13
    assert all(witness.holds for witness in finding.witnesses)


@pytest.mark.parametrize(
    ("changed", "needs"),
    [
        (
            {"calibrated": {"value": 0.02, "ci95": [0.011, 0.03], "baseline": {"floor": 0.011}}},
            "the calibrated threshold",
        ),
        ({"auc": {"ci95": [0.49, 0.96]}}, "without a threshold (AUC)"),
        ({"beyond": {"ci95": [0.5, 0.86]}}, "nearer to one another's than to the Gaussian's"),
        ({"clean": {"value": 0.0, "ci95": [0.0, 0.01]}}, "without the noise left in the pictures"),
        ({"gap": {"value": 0.0, "ci95": [-0.01, 0.01]}}, "pictures of m/a nearer to real images than its Gaussian's"),
        ({"excess": {"value": 0.7, "ci95": [0.6, 0.8]}}, "fewer copies by m/a, beyond what real images pass for"),
        ({"real": {"baseline": {"floor": 0.05, "floor_ci95": [0.04, 0.06]}}}, "held-out images like those trained on"),
        ({"twins": {"threshold": 0.99995}}, "data without twins"),
    ],
)
def test_each_of_its_conditions_is_needed(changed: dict[str, Any], needs: str) -> None:
    """Each alone, where it is not so, left open by its interval, or not measured, keeps the claim back and is named."""
    [which] = changed
    for text in (split(beside=witnesses(halves(), **changed)), split(beside=witnesses(halves(), **{which: None}))):
        assert GOOD not in text
        assert WITHHELD in text
        assert f"{needs}" in text
        assert "would settle it" in text
    assert "not measured in this run" in text


def test_agreement_that_a_gaussian_may_explain_is_not_called_generalization() -> None:
    assert GOOD in split(halves(gaussian=0.5))
    for gaussian in (0.58, None):  # the interval reaches down to the other half's Gaussian
        assert f"{WITHHELD}: it needs agreement above that with a Gaussian" in split(halves(gaussian=gaussian))


def test_one_half_that_did_not_learn_is_enough() -> None:
    beside = witnesses(halves())
    last = [k for k, r in enumerate(beside) if r["metric"] == "mmd_gap"][-1]
    beside[last] |= {"value": 0.01, "ci95": [0.0, 0.02]}
    assert "it needs pictures of m/b nearer to real images than its Gaussian's, which is not so" in split(beside=beside)


def test_what_the_gaussians_of_the_halves_do_stands_beside_it() -> None:
    text = split(halves(gaussian_split=0.999))
    assert "The other half's Gaussian draws a network's picture for 3 %" in text
    assert "the two Gaussians agree with each other for 99.9 %, on pictures of their own, as any two Gaussians" in text
    assert "alone shows" not in split(halves(gaussian_split=0.2))


def test_gaussians_of_the_halves_that_do_not_agree_tell_nothing() -> None:
    """Of few images mean and covariance are chance: that networks agree more than their Gaussians shows no learning."""
    assert GOOD in split(halves(0.6, gaussian_split=0.65))
    assert "agree as often as networks trained on them, which is left open" in split(halves(0.6, gaussian_split=0.61))
    text = split(halves(0.6, gaussian_split=0.5))
    assert GOOD not in text
    assert "it needs training sets so large that the Gaussians of two of them agree as often as networks" in text
    assert "which is not so (0.500 against 0.599); more images would settle it" in text


def test_disjoint_data_must_beat_the_floor() -> None:
    assert GOOD in split(halves(0.4, floor=0.02))
    for value, floor in ((0.03, 0.02), (0.4, None)):
        assert "agreement above chance at the threshold, which is left open" in split(
            halves(value, floor=floor, gaussian=0)
        )
    assert "agreement above chance at the threshold, which is not so" in split(halves(0.01, floor=0.02, gaussian=0))


def test_the_split_in_words() -> None:
    assert (
        "draw the same picture for 40 % of the noises at N = 890 (floor 0 %): on these, that is "
        "generalization, not memory."
    ) in said(split_rows() + evidence_rows())


def test_each_baseline_stands_in_its_own_place_rounded_against_the_claim() -> None:
    own = {"floor": 0.0234, "ceiling": 0.9222, "gaussian": 0.3111, "gaussian_split": 0.8777}
    assert split(halves(0.605, **own)) == (
        "Networks trained on disjoint images draw the same picture for 60 % of the noises at N = 100 (floor 2.4 %): "
        "on these, that is generalization, not memory. The other half's Gaussian draws a network's picture for 32 %; "
        "the two Gaussians agree with each other for 87 %, on pictures of their own. Less strictly, the Gaussian has "
        "0.90 against 0.90 at the calibrated threshold (there, mean and covariance may be enough) and 0.900 "
        "against 0.949 by AUC, without a threshold."
    )


def test_where_the_gaussian_does_as_well_less_strictly_is_said_as_far_as_it_is_shown() -> None:
    def beside(value: float, ends: list[float]) -> str:
        changed = {"baseline": {"gaussian": value, "gaussian_ci95": ends}}
        return split(beside=witnesses(halves(), calibrated=changed, auc=None) + witnesses(halves())[1:2])

    assert "0.95 against 0.90 at the calibrated threshold (there, mean and covariance are enough)" in beside(
        0.95, [0.94, 0.96]
    )
    assert "0.85 against 0.90 at the calibrated threshold (there, mean and covariance may be" in beside(
        0.85, [0.8, 0.9]
    )
    assert "0.40 against 0.90 at the calibrated threshold and" in beside(0.4, [0.36, 0.44])
