"""PFD is its definition, and its interval says what a sample can know."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from samenoise.metrics import pfd


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_pfd_is_its_definition() -> None:
    a, b = normal(400, 2, 3, 3), normal(400, 2, 3, 3, seed=1)
    squared = ((a - b).numpy().astype(float) ** 2).reshape(400, -1).sum(1)
    score = pfd(a, b)
    assert score.value == pytest.approx(np.sqrt(squared.mean()), rel=1e-6)
    # Delta method: the standard error of sqrt(m) is that of m over 2 sqrt(m).
    error = squared.std() / np.sqrt(400) / (2 * score.value)
    low, high = (np.array(score.ci95) - score.value) / error
    assert low == pytest.approx(-1.96, abs=0.15)
    # At the upper end the worst noise is counted once more: that moves the mean by its excess over n.
    more = (squared.max() - squared.mean()) / 400 / (2 * score.value) / error
    assert high == pytest.approx(1.96 + more, abs=0.15)
    assert more > 0.15
    assert pfd(a, b) == pfd(a.flip(0), b.flip(0))


@pytest.mark.parametrize("n", [64, 255, 256])
def test_pfd_of_few_noises_allows_for_failures_that_went_unseen(n: int) -> None:
    """Of n noises none failed: up to 1 - .05^(1/n) of them may, or so, and each is as far off as chance pictures."""
    a = normal(n, 1, 4, 4)
    b = a + 0.1 * normal(n, 1, 4, 4, seed=1)
    seen, allowed = pfd(a, b), pfd(a, b, far=3.0)
    assert allowed.value == seen.value
    if n == 256:
        assert allowed == seen
        return
    assert seen.ci95[0] < allowed.ci95[0] < allowed.value, "what the upper end does not use up is the lower end's"
    failed = (allowed.ci95[1] ** 2 - seen.ci95[1] ** 2) / 9
    assert failed == pytest.approx(1 - 0.05 ** (1 / n), rel=0.03)
