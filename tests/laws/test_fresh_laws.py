"""Fresh noise is one path: unit and independent in every grid, the same for all grids, and so is what it draws."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import pytest
import torch
from closed_forms import SHAPE, mixture
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from samenoise.fresh import FreshNoise
from samenoise.noise import NoiseBank
from samenoise.process import PROCESSES, Process
from samenoise.solver import DDIM, generate

BANK, FRESH = NoiseBank(3, SHAPE), FreshNoise(4, SHAPE)
GRID = [-math.inf, -3.7, -2.0, -1.9, 0.3, 1.0, 5.0, math.inf]


def steps(fresh: FreshNoise, ids: list[int], lambdas: list[float]) -> Tensor:
    """Shape ``(steps, len(ids), *shape)``."""
    noises = [noise for noise in fresh.steps(ids, lambdas) if noise is not None]
    assert len(noises) == len(lambdas) - 1
    return torch.stack(noises)


def test_steps_are_unit_noise_and_independent() -> None:
    """Of 128,000 values a variance has a standard error of 0.4 %, a correlation one of 0.3 %."""
    noise = steps(FreshNoise(1, (64,)), list(range(2000)), GRID).double()
    flat = noise.flatten(1)
    torch.testing.assert_close(flat.var(1), torch.ones(7).double(), rtol=0, atol=0.02)
    assert flat.mean(1).abs().max() < 0.015
    assert (torch.corrcoef(flat) - torch.eye(7)).abs().max() < 0.015
    torch.testing.assert_close((flat**4).mean(1), torch.full((7,), 3.0).double(), rtol=0, atol=0.15)
    among = torch.corrcoef(noise.transpose(0, 1).flatten(1)[:64])  # 64 paths of 448 values: 4.5 standard errors
    assert (among - torch.eye(64)).abs().max() < 0.22
    start = NoiseBank(1, (64,))[:2000].double().flatten()
    assert max(abs(torch.corrcoef(torch.stack([start, row]))[0, 1]) for row in flat) < 0.015


@given(
    start=st.integers(-3, 12),
    after=st.lists(st.integers(0, 7), min_size=3, unique=True),
    keep=st.sets(st.integers(1, 6)),
)
def test_the_noise_of_a_coarse_grid_is_the_sum_of_that_of_a_fine_one(
    start: int, after: list[int], keep: set[int]
) -> None:
    """The points are quarters and less than 2 apart, so none is rounded."""
    fine = [start + k / 4 for k in sorted(after)]
    coarse = [point for k, point in enumerate(fine) if k in keep | {0, len(fine) - 1}]

    def motion(grid: list[float]) -> list[Tensor]:
        """Where the Brownian motion in exp(2 lambda) has come to at each point, from 0 at the first."""
        lengths = [math.sqrt(math.exp(2 * b) - math.exp(2 * a)) for a, b in pairwise(grid)]
        sums = [length * n.double() for length, n in zip(lengths, steps(FRESH, [5], grid), strict=True)]
        return list(torch.stack(sums).cumsum(0))

    at = dict(zip(fine[1:], motion(fine), strict=True))
    for point, found in zip(coarse[1:], motion(coarse), strict=True):
        torch.testing.assert_close(found, at[point], rtol=0, atol=1e-5 * math.exp(point))


@given(chosen=st.lists(st.integers(0, 2**40), min_size=1, max_size=6))
def test_a_path_is_the_same_bits_in_any_company(chosen: list[int]) -> None:
    together = steps(FRESH, chosen, GRID)
    for row, i in enumerate(chosen):
        assert torch.equal(together[:, row], steps(FRESH, [i], GRID)[:, 0])
    assert torch.equal(steps(FRESH, chosen[::-1], GRID), together.flip(1))


@given(seed=st.integers(0, 2**63 - 1), i=st.integers(0, 2**40), j=st.integers(0, 2**40))
def test_other_number_or_other_seed_is_another_path(seed: int, i: int, j: int) -> None:
    fresh = FreshNoise(seed, (16,))
    mine = steps(fresh, [i], GRID)
    assert torch.equal(mine, steps(fresh, [j], GRID)) == (i == j)
    assert not torch.isclose(mine, steps(FreshNoise(seed ^ 1, (16,)), [i], GRID)).all(dim=2).any()


def draw(process: Process, count: int, eta: float, fresh: FreshNoise = FRESH) -> Tensor:
    how = {"solver": DDIM(eta), "steps": count, "fresh": fresh, "dtype": torch.float64}
    (batch,) = generate(mixture(process), BANK, range(32), **how)
    return batch.images


def distance(a: Tensor, b: Tensor) -> float:
    """The median over images: next to a border between two components any change may lead to another image."""
    return float((a - b).flatten(1).norm(dim=1).median())


@pytest.mark.parametrize("eta", [0.2, 1.0])
def test_finer_grids_of_a_process_come_to_one_image(process: Process, eta: float) -> None:
    """Strongly, image by image: 128 steps come nearer to 512 than 16 do, and nearer by far than with another path."""
    coarse, fine, finest = (draw(process, n, eta) for n in (16, 128, 512))
    other = distance(fine, draw(process, 128, eta, FreshNoise(5, SHAPE)))
    assert distance(fine, finest) < min(distance(coarse, finest) / 1.5, other / 6)


@pytest.mark.parametrize("eta", [0.2, 1.0])
def test_all_processes_come_to_one_image(eta: float) -> None:
    """Every two of them, from 16 to 256 steps. That each starts at its own noise level does not go away."""
    coarse, fine = ([draw(made(), n, eta) for made in PROCESSES] for n in (16, 256))
    other = distance(fine[0], draw(PROCESSES[0](), 256, eta, FreshNoise(5, SHAPE)))
    for i, j in combinations(range(len(PROCESSES)), 2):
        assert distance(fine[i], fine[j]) < min(distance(coarse[i], coarse[j]) / 1.5, other / 6)
