"""Fresh noise by its published recipe, and what it refuses."""

from __future__ import annotations

import hashlib
import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.special import ndtri

from samenoise.fresh import FreshNoise, lattice
from samenoise.process import PROCESSES, Process
from samenoise.solver import log_snr


def xi(seed: int, i: int, p: int, size: int) -> np.ndarray:
    words = np.random.Philox(key=[seed, 3], counter=[0, p, i, 0]).random_raw(size)
    values: np.ndarray = ndtri(((words >> np.uint64(11)) + 0.5) * 2.0**-53)
    return values


def path(seed: int, i: int, point: int, size: int) -> np.ndarray:
    """V at one point, by bisection from the whole interval down."""
    left, right = 0, 2**32
    at_left, at_right = xi(seed, i, left, size), xi(seed, i, right, size)
    if point in (left, right):
        return at_left if point == left else at_right
    while True:
        middle, d = (left + right) // 2, (right - left) * 2.0**-28
        at = (at_left + at_right) / (2 * math.cosh(d)) + math.sqrt(math.tanh(d)) * xi(seed, i, middle, size)
        if middle == point:
            return at
        if point < middle:
            right, at_right = middle, at
        else:
            left, at_left = middle, at


def test_steps_are_those_of_the_recipe() -> None:
    lambdas, ids = [-math.inf, -3.0, -2.5, 0.0, 0.25, math.inf], [2**40, 0]
    found = torch.stack(list(FreshNoise(7, (2, 3)).steps(ids, lambdas)))
    assert found.shape == (5, 2, 2, 3)
    points = [round((min(max(value, -16), 16) + 16) * 2**27) for value in lambdas]
    for row, i in enumerate(ids):
        values = [path(7, i, p, 6) for p in points]
        for k, h in enumerate((b - a) * 2.0**-27 for a, b in pairwise(points)):
            n = (values[k + 1] - np.exp(-h) * values[k]) / np.sqrt(1 - np.exp(-2 * h))
            np.testing.assert_allclose(found[k, row].flatten().numpy(), n, rtol=0, atol=1e-6)


def test_points_lie_within_an_eighth_of_the_shorter_step_beside_them() -> None:
    """And those of dyadic numbers stay where they are."""
    assert lattice([-2.0, -1.5, 0.25, 16.0]) == [round((v + 16) * 2**27) for v in (-2.0, -1.5, 0.25, 16.0)]
    lambdas = [-3.9, -3.1, -3.0, -0.77, 2.2, 2.2001, 9.0]
    gaps = [b - a for a, b in pairwise(lambdas)]
    rounded = [p * 2.0**-27 - 16 for p in lattice(lambdas)]
    for value, at, gap in zip(lambdas, rounded, map(min, [9, *gaps], [*gaps, 9]), strict=True):
        assert abs(at - value) <= gap / 8
    assert len(set(rounded)) == len(rounded)


@pytest.mark.parametrize("steps", [2, 18, 1000])
def test_usual_grids_are_told_apart(process: Process, steps: int) -> None:
    """The noise of a step is there, but for those that end where nothing is renewed."""
    lambdas = [log_snr(*process.at(t)) for t in process.grid(steps)]
    noises = list(FreshNoise(0, (1,)).steps([0], lambdas))
    assert [noise is None for noise in noises] == [value <= -math.log(50) for value in lambdas[1:]]
    assert noises[-1] is not None


def test_nothing_is_drawn_above_the_highest_noise_level() -> None:
    assert list(FreshNoise(0, (1,)).steps([0], [-6.0, -5.0, -4.0])) == [None, None]


@pytest.mark.parametrize("lambdas", [[0.0, 0.0], [1.0, 0.0], [0.0, 1e-9], [17.0, 18.0], [0.0]], ids=str)
def test_points_that_do_not_ascend(lambdas: list[float]) -> None:
    with pytest.raises(ValueError, match="ascend in ln"):
        list(FreshNoise(0, (1,)).steps([0], lambdas))


def test_wrong_numbers_and_seeds() -> None:
    with pytest.raises(IndexError, match=r"start at 0 and end at 2\*\*63 - 1, got -2"):
        next(FreshNoise(0, (1,)).steps([0, -2], [0.0, 1.0]))
    with pytest.raises(ValueError, match="seed"):
        FreshNoise(-1, (1,))
    with pytest.raises(ValueError, match="shape"):
        FreshNoise(0, ())
    with pytest.raises(TypeError, match=r"the number of a noise is a whole number, got 1\.5"):
        next(FreshNoise(0, (1,)).steps(torch.tensor([0, 1.5]), [0.0, 1.0]))


def test_the_hash_is_of_a_text_that_anybody_can_write_down() -> None:
    text = "philox4x64-ndtri-path-v1/seed=7/shape=1x8x8"
    assert FreshNoise(7, (1, 8, 8)).hash == hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(params=PROCESSES, ids=lambda p: p.name)
def process(request: pytest.FixtureRequest) -> Process:
    made: Process = request.param()
    return made
