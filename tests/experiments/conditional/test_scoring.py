"""Scores of noises with labels, against the package's own where there is one label, and where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from samenoise.experiments.conditional.scoring import Alike, BestOfClasses
from samenoise.features import Extractor, Features
from samenoise.lab.drawn import Drawn
from samenoise.metrics import conditional_rp, rp, rp_auc, rp_floor, rp_threshold

N, THRESHOLD = 60, 0.6


def features(array: Tensor) -> Features:
    return Features(torch.arange(len(array)), array, Extractor("test", "", "none", THRESHOLD), "noises")


def drawn(array: Tensor, name: str = "a") -> Drawn:
    return Drawn(name, torch.zeros(len(array), 1, 2, 2), features(array))


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_with_one_label_they_are_the_usual_scores() -> None:
    shared = normal(0, N, 5)
    a, b = (shared + 0.5 * normal(seed, N, 5) for seed in (1, 2))
    found = Alike(drawn(a), drawn(b, "b"), torch.zeros(N, dtype=torch.int64))
    told = {each.suffix: each for each in found.told([], [])}
    assert told[""].score == rp(a, b, THRESHOLD)
    assert told[""].beside["floor"] == rp_floor(a, b, THRESHOLD).value
    assert told["_auc"].score == rp_auc(a, b)
    assert told["_calibrated"].threshold == pytest.approx(rp_threshold(a, b))
    assert found.beyond_label().value == pytest.approx(rp(a, b, THRESHOLD).value - rp_floor(a, b, THRESHOLD).value)


def test_what_the_label_alone_makes_agree_is_floor_and_nothing_beyond() -> None:
    """Two generators that draw one picture for each label, whatever the noise."""
    labels = torch.arange(N) % 6
    one = torch.eye(6)[labels]
    found = Alike(drawn(one), drawn(one, "b"), labels)
    told = {each.suffix: each for each in found.told([], [])}
    assert told[""].score.value == told[""].beside["floor"] == 1
    assert told["_auc"].score.value == 0.5, "all noises of a label tie"
    assert found.beyond_label().value == 0
    blind = Alike(drawn(one), drawn(one, "b"), torch.zeros(N, dtype=torch.int64))
    assert blind.beyond_label().value > 0.8, "which noises without labels would take for agreement"


def test_the_interval_of_what_is_beyond_the_label_covers() -> None:
    """Of 200 draws of noises whose truth is known from many, 95 % or so."""
    labels, shared = torch.arange(40) % 4, 0.9
    centres = normal(9, 4, 6)

    def pair(seed: int, n: int, of: Tensor) -> tuple[Tensor, Tensor]:
        z = centres[of] + normal(seed, n, 6)
        return tuple(z + shared * normal(seed + k, n, 6) for k in (100_000, 200_000))

    many = torch.arange(2000) % 4
    a, b = pair(1, 2000, many)
    truth = Alike(drawn(a), drawn(b, "b"), many).beyond_label().value
    hits = 0
    for seed in range(2, 202):
        a, b = pair(seed, 40, labels)
        low, high = Alike(drawn(a), drawn(b, "b"), labels).beyond_label().ci95
        hits += low <= truth <= high
    assert 0.88 <= hits / 200 <= 0.99


def test_the_best_of_classes_is_beside_the_best_of_classes_of_other_noises() -> None:
    u = normal(0, N, 6)
    classes = [normal(1, N, 6), u + 0.4 * normal(2, N, 6), normal(3, N, 6)]
    found = BestOfClasses(features(u), [features(v) for v in classes])
    unit = [x / x.norm(dim=1, keepdim=True) for x in (u, *classes)]
    every = torch.stack([unit[0] @ v.T for v in unit[1:]]).amax(0).numpy()
    off = ~np.eye(N, dtype=bool)
    assert found.score(THRESHOLD) == conditional_rp(u, classes, THRESHOLD)
    assert found.floor(THRESHOLD).value == pytest.approx((every[off] > THRESHOLD).mean())
    assert found.floor(THRESHOLD).value > 2 * rp_floor(u, classes[0], THRESHOLD).value, "a maximum matches more often"
    assert found.auc.value > 0.9
    shuffled = BestOfClasses(features(u[torch.randperm(N)]), [features(v) for v in classes])
    assert shuffled.score(THRESHOLD).value < 0.6
