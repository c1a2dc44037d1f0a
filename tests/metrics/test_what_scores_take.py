"""What scores take and refuse: NaN is on no side of a threshold, gradients do not matter, and neither does scale."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from samenoise import metrics
from samenoise.features import Features, Pixel

SHAPE = (1, 2, 2)
A = torch.randn(12, 4, generator=torch.Generator().manual_seed(0))
B = A + 0.1
IMAGES = A.reshape(12, *SHAPE)


def test_ids_of_features_are_whole() -> None:
    pixel = Pixel(torch.zeros(SHAPE))
    for wrong in (torch.arange(12.0), torch.ones(12, dtype=torch.bool)):
        with pytest.raises(TypeError, match="ids are whole numbers"):
            pixel(IMAGES, wrong, "bank")
        with pytest.raises(TypeError, match="ids are whole numbers"):
            Features(wrong, A, pixel.extractor, "bank")


def test_nan_is_on_no_side_of_a_threshold() -> None:
    nan = torch.tensor([0.5, math.nan, 0.9])
    for call in (metrics.threshold_curve, metrics.calibrated_threshold):
        with pytest.raises(ValueError, match="similarities hold NaN"):
            call(nan)
    with pytest.raises(ValueError, match="thresholds hold NaN"):
        metrics.threshold_curve(A.flatten(), nan)
    with pytest.raises(ValueError, match="no similarities at all"):
        metrics.threshold_curve(torch.empty(0))
    for k, n in ((math.nan, 5), (3, math.nan)):
        with pytest.raises(ValueError, match="an interval needs"):
            metrics.wilson(k, n)


@pytest.mark.parametrize("flags", [[[1, 0.5], [0, 0]], [[1, math.nan], [0, 0]], [[2, 1], [0, 0]]], ids=str)
def test_flags_are_true_or_false(flags: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="true or false"):
        metrics.fit_transition([4, 8], flags)


def test_training_sizes_are_numbers() -> None:
    for wrong in (math.nan, math.inf):
        with pytest.raises(ValueError, match="two different training sizes"):
            metrics.fit_transition([4, wrong], [[1, 1], [0, 0]])


@pytest.mark.parametrize("score", [metrics.pfd, metrics.nn_distance, lambda a, b: metrics.nn_ratio(a, b).score])
def test_scores_of_what_has_a_gradient(score: Callable[..., Any]) -> None:
    assert score(A.clone().requires_grad_(), B.clone().requires_grad_()) == score(A, B)


def test_other_scores_of_what_has_a_gradient() -> None:
    a, b = (x.clone().requires_grad_() for x in (A, B))
    assert metrics.rp(a, b, 0.9) == metrics.rp(A, B, 0.9)
    assert metrics.rp_chance(a, b, 0.9)[:3] == metrics.rp_chance(A, B, 0.9)[:3]
    assert metrics.memorized(a, b, 0.9).score == metrics.memorized(A, B, 0.9).score
    similarities = metrics.cosine(a, b)
    assert metrics.calibrated_threshold(similarities) == metrics.calibrated_threshold(metrics.cosine(A, B))
    assert torch.equal(metrics.threshold_curve(similarities), metrics.threshold_curve(metrics.cosine(A, B)))
    assert Features(torch.arange(12), a, Pixel(torch.zeros(SHAPE)).extractor, "x").array.requires_grad


@pytest.mark.parametrize("power", [-120, -84, -30, 30, 84, 120])
def test_neighbours_at_any_scale(power: int) -> None:
    """A power of two rounds nothing, so every distance is exactly that of the images at scale 1."""
    here, there = metrics.nn_ratio(A, B[3:], 0.9), metrics.nn_ratio(A * 2.0**power, B[3:] * 2.0**power, 0.9)
    assert torch.equal(there.distance, here.distance * 2.0**power)
    assert torch.equal(there.row, here.row)
    assert there.score == here.score
    score = metrics.nn_distance(A * 2.0**power, B * 2.0**power)
    assert score.value == metrics.nn_distance(A, B).value * 2.0**power
    assert all(math.isfinite(end) for end in score.ci95)


def test_a_distance_beyond_all_numbers_is_said() -> None:
    far = torch.full((3, 4), 3e38)
    with pytest.raises(ValueError, match="the distance holds NaN or infinity"):
        metrics.nn_distance(far, -far)
    with pytest.raises(ValueError, match="the difference a - b holds NaN or infinity"):
        metrics.pfd(far, -far)
