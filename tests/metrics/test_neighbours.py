"""Nearest training images against a full sort: ``nn_ratio``, and how many training images it needs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from samenoise.metrics import memorized, nearest, nn_ratio

sizes = st.integers(2, 12)
seeds = st.integers(0, 10**6)
laws = settings(max_examples=25, deadline=None)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def brute_ratio(images: Tensor, train: Tensor) -> tuple[np.ndarray, np.ndarray]:
    x, y = images.flatten(1).double().numpy(), train.flatten(1).double().numpy()
    distances = np.linalg.norm(x[:, None] - y[None], axis=2)
    return np.sort(distances, axis=1)[:, :2], np.argsort(distances, axis=1)[:, :2]


@laws
@given(n=sizes, m=st.integers(2, 30), seed=seeds, chunk=st.integers(1, 31))
def test_nn_ratio_is_its_definition_at_any_chunk(n: int, m: int, seed: int, chunk: int) -> None:
    train = normal(m, 1, 3, 3, seed=seed)
    # From an image of the training set to one far from all, so that ratios of all sizes occur.
    images = train[torch.arange(n) % m] + torch.linspace(0, 2, n)[:, None, None, None] * normal(
        n, 1, 3, 3, seed=seed + 1
    )
    found = nn_ratio(images, train, chunk=chunk)
    distances, rows = brute_ratio(images, train)
    assert found.score.value == np.mean(distances[:, 0] < distances[:, 1] / 3)
    np.testing.assert_allclose(found.distance, distances, rtol=1e-5, atol=1e-12)
    assert found.row.tolist() == rows.tolist()


def test_nn_ratio_is_exact_near_distance_zero() -> None:
    """Distances of 1e-4 between vectors of length 500: their squares drown in the rounding of the inner products."""
    generator = torch.Generator().manual_seed(0)
    image = 5 + torch.rand(1, 10_000, generator=generator)
    offsets = torch.tensor([0.0, 2.0, 10.0, 50.0])[:, None] * 2.0**-20
    train = torch.cat([normal(30, 10_000) + 5, image + offsets])
    found = nn_ratio(image + 2.0**-20, train, ratio=0.4)
    distances, _ = brute_ratio(image + 2.0**-20, train)
    np.testing.assert_allclose(found.distance, distances, rtol=1e-5)
    assert found.score.value == 0
    assert nn_ratio(image + 1.0 * 2.0**-20, train[[30, 32, 33, 0, 1]]).score.value == 1


def test_nn_ratio_ranks_training_images_of_all_sizes() -> None:
    train = normal(300, 4) * torch.linspace(0, 30, 300)[:, None]
    images = train[::5] + normal(60, 4, seed=1)
    _, rows = brute_ratio(images, train)
    assert nn_ratio(images, train).row.tolist() == rows.tolist()


def test_a_copy_of_an_image_that_is_there_twice_does_not_count() -> None:
    train = torch.tensor([[0.0], [0.0], [1.0]])
    assert nn_ratio(torch.tensor([[0.0]]), train).score.value == 0
    assert nn_ratio(torch.tensor([[0.0]]), train[1:]).score.value == 1


def test_neighbours_need_enough_training_images() -> None:
    with pytest.raises(ValueError, match="at least 2 training images, got 1"):
        nn_ratio(torch.zeros(3, 4), torch.zeros(1, 4))
    with pytest.raises(ValueError, match="at least 1 training images, got 0"):
        memorized(torch.ones(3, 4), torch.ones(0, 4), 0.5)
    with pytest.raises(ValueError, match=r"\(3, 4\) and \(2, 5\)"):
        nearest(torch.ones(3, 4), torch.ones(2, 5))
