"""A similarity of exactly the threshold does not pass it, in any score, floor, curve or calibration."""

import numpy as np
import pytest
import torch

from samenoise.data.near import Seen
from samenoise.features import Extractor, Features
from samenoise.metrics import (
    calibrated_threshold,
    conditional_rp,
    cosine,
    gl,
    mae,
    mae_score,
    memorized,
    nn_ratio,
    rp,
    rp_floor,
    rp_floor_curve,
    rp_threshold,
    threshold_curve,
)

EXACT = 0.5
"""A cosine that float32 has exactly: of (1, 1, 1, 1) and (1, 1, 1, -1), both of length 2."""
ONES = torch.ones(1, 4)
TURNED = torch.tensor([[1.0, 1.0, 1.0, -1.0]])
BELOW = 0.49999997
"""The float32 before."""


def test_the_similarity_is_exactly_the_threshold():
    assert cosine(ONES, TURNED).item() == EXACT


def test_rp_does_not_pass_at_its_threshold():
    assert rp(ONES, TURNED, EXACT).value == 0
    assert rp(ONES, TURNED, BELOW).value == 1


def test_the_threshold_of_an_extractor_is_not_passed_either():
    extractor = Extractor("net", "abc", "none", EXACT)
    a, b = (Features(torch.arange(1), x, extractor, "bank") for x in (ONES, TURNED))
    assert rp(a, b).value == 0
    assert memorized(a, b).score.value == 0
    assert gl(a, b).score.value == 1
    assert conditional_rp(a, [b]).value == 0


def test_floors_do_not_pass_at_their_threshold():
    a, b = ONES.repeat(3, 1), TURNED.repeat(3, 1)
    assert rp_floor(a, b, EXACT).value == 0
    assert rp_floor(a, b, BELOW).value == 1
    assert rp_floor_curve(a, b, torch.tensor([BELOW, EXACT], dtype=torch.float64)).tolist() == [1, 0]


def test_conditional_rp_does_not_pass_at_its_threshold():
    classes = torch.stack([-ONES, TURNED])
    assert conditional_rp(ONES, classes, EXACT).value == 0
    assert conditional_rp(ONES, classes, BELOW).value == 1


def test_a_picture_at_the_threshold_of_a_training_image_is_no_copy():
    assert memorized(ONES, TURNED, EXACT).score.value == 0
    assert memorized(ONES, TURNED, BELOW).score.value == 1
    assert gl(ONES, TURNED, EXACT).score.value == 1
    assert gl(ONES, TURNED, BELOW).score.value == 0


def test_mae_of_exactly_its_threshold_is_not_the_same_picture():
    """Three levels apart on every pixel."""
    a = torch.full((1, 1, 2, 2), 3 / 127.5 - 1)
    b = torch.full((1, 1, 2, 2), -1.0)
    assert mae(a, b).item() == 3
    assert mae_score(a, b, 3.0).value == 0
    assert mae_score(a, b, 3.0001).value == 1


def test_a_ratio_of_exactly_its_bound_is_no_copy():
    """Distances 1 and 2 from the two training images."""
    train = torch.tensor([[0.0], [3.0]])
    assert nn_ratio(torch.tensor([[1.0]]), train, 0.5).score.value == 0
    assert nn_ratio(torch.tensor([[1.0]]), train, 0.5001).score.value == 1


def test_curves_count_what_lies_strictly_above():
    similarities = torch.tensor([0.25, 0.5, 0.5, 0.75])
    at = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)
    assert threshold_curve(similarities, at).tolist() == [0.75, 0.25, 0]


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.25])
def test_at_most_the_rate_passes_a_calibrated_threshold_and_a_lower_one_lets_more_through(rate):
    null = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.9])
    threshold = calibrated_threshold(null, rate)
    assert (null > threshold).double().mean() <= rate
    assert threshold == pytest.approx({0.0: 0.9, 0.1: 0.8, 0.25: 0.8}[rate])
    assert threshold in null.tolist(), "it is one of the similarities, which does not pass it"


def test_the_calibrated_threshold_of_rp_is_passed_by_no_mismatched_pair_at_rate_0():
    a = torch.tensor([[1.0, 1, 1, 1], [1, 1, 1, -1]])
    threshold = rp_threshold(a, a, 0.0)
    assert threshold == EXACT
    assert rp_floor(a, a, threshold).value == 0
    assert rp(a, a, threshold).value == 1


def test_near_duplicates_lie_strictly_above_their_bound():
    """Rounding keeps most cosines off their bound; that of a picture with twice its own contrast is exactly 1."""
    first = np.array([2, 0, 2, 0], dtype=np.uint8).reshape(1, 1, 1, 4)
    seen = Seen(1.0)
    assert seen.add(first) == [None]
    assert seen.add(first.copy())[0].cosine == 1.0, "equal in every byte"
    assert seen.add(first * 2) == [None], "a cosine of 1 does not pass a bound of 1"
