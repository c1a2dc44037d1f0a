"""What sampling takes and refuses: numbers of noises, grids, labels, moments of closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from samenoise.denoiser import NetworkDenoiser
from samenoise.fresh import FreshNoise
from samenoise.noise import NoiseBank, TorchNoiseBank
from samenoise.oracle import Empirical, Gaussian, Mixture, Spectrum
from samenoise.process import EDM
from samenoise.solver import DDIM, generate

SHAPE = (1, 2, 2)
BANK = NoiseBank(0, SHAPE)
IMAGES = torch.randn(12, *SHAPE, generator=torch.Generator().manual_seed(0))
OPTIMUM = Empirical(IMAGES, EDM())
MIXTURE = Mixture(torch.ones(2), IMAGES[:2], torch.eye(4).expand(2, 4, 4), EDM())
MANY = 2**63


def drawn(**options: Any) -> Any:
    return next(generate(OPTIMUM, BANK, options.pop("ids", [0, 1]), **options))


def times(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("bank", [BANK, TorchNoiseBank(0, SHAPE)], ids=lambda bank: bank.recipe)
@pytest.mark.parametrize(
    "index",
    [1.0, True, [0.0], [True, False], torch.tensor([1.5]), torch.tensor([True]), np.array([0.5]), ["1"]],
    ids=str,
)
def test_an_index_is_no_float_and_no_mask(bank: NoiseBank, index: Any) -> None:
    with pytest.raises(TypeError, match="the number of a noise is a whole number"):
        bank[index]


def test_two_numbers_are_two_noises_or_none() -> None:
    """Beyond 2**63 the counter would be a float; beyond 2**32 torch's generator starts anew."""
    assert not torch.equal(BANK[MANY - 1], BANK[MANY - 2])
    for i in (MANY, MANY + 1, 2**64):
        for index in (i, [i], [0, i]):
            with pytest.raises(IndexError, match=r"end at 2\*\*63 - 1"):
                BANK[index]
    bank = TorchNoiseBank(5, SHAPE)
    assert not torch.equal(bank[2**32 - 6], bank[0])
    with pytest.raises(IndexError, match=r"2\*\*32 seeds"):
        bank[2**32 - 5]
    assert torch.equal(torch.randn(4, generator=torch.Generator().manual_seed(2**32 + 5)), bank[0].flatten())


def test_equal_banks_have_equal_hashes_and_values_of_one_kind() -> None:
    bank = NoiseBank(np.int64(7), (np.int32(1), torch.tensor(2), 2))  # type: ignore[arg-type]
    assert (bank, bank.hash) == (NoiseBank(7, SHAPE), NoiseBank(7, SHAPE).hash)
    assert [type(n) for n in (bank.seed, *bank.shape)] == [int] * 4
    assert DDIM(1) == DDIM(1.0)
    assert DDIM(1).describe() == {"name": "ddim", "eta": 1.0}
    assert repr(EDM(sigma_max=80).describe()) == repr(EDM().describe())


@pytest.mark.parametrize("part", [slice(0, 4, 0), slice(None, 4, -1), slice(0.0, 4), slice(0, 4, 1.5)], ids=str)
def test_slices_that_mean_nothing(part: slice) -> None:
    with pytest.raises((IndexError, ValueError, TypeError)):
        BANK[part]


def test_slices_go_down_and_single_tensors_are_numbers() -> None:
    assert torch.equal(BANK[4:0:-2], BANK[[4, 2]])
    assert torch.equal(BANK[torch.tensor(3)], BANK[3])
    assert torch.equal(BANK[np.int64(3)], BANK[3])
    assert BANK[[]].shape == BANK[torch.empty(0, dtype=torch.int64)].shape == (0, *SHAPE)


@pytest.mark.parametrize("wrong", [[0.5], torch.tensor([1.0]), [True]], ids=str)
def test_generate_cuts_no_number_of_a_noise(wrong: Any) -> None:
    with pytest.raises(TypeError, match="whole number"):
        drawn(ids=wrong)
    with pytest.raises(TypeError, match="whole number"):
        next(FreshNoise(0, SHAPE).steps(wrong, [0.0, 1.0]))
    with pytest.raises(IndexError):
        drawn(ids=[MANY])


# Sampling


@pytest.mark.parametrize(
    "grid",
    [
        times(math.nan, math.nan),
        times(80, math.nan, 0),
        times(80, 80, 0),
        times(81, 1, 0),
        times(1, -1),
        times(math.inf, 0),
        times(1),
        times(),
        torch.zeros(2, 2),
    ],
    ids=lambda grid: str(grid.tolist()),
)
def test_a_grid_descends_within_the_process(grid: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="a sampling grid"):
        drawn(grid=grid)
    with pytest.raises(ValueError, match="a sampling grid"):
        NetworkDenoiser(nn.Identity(), EDM(), SHAPE, grid=grid)


def test_labels_are_as_many_as_noises_and_images_are_floats() -> None:
    with pytest.raises(ValueError, match="3 labels for 2 noises"):
        drawn(cond=torch.tensor([0, 1, 1]))
    with pytest.raises(TypeError, match="floats"):
        drawn(dtype=torch.int64)


def test_points_of_fresh_noise_are_numbers() -> None:
    for lambdas in ([math.nan, 1.0], [0.0, math.nan], [0.0, 1.0, math.nan]):
        with pytest.raises(ValueError, match="ascend"):
            list(FreshNoise(0, SHAPE).steps([0], lambdas))


# Closed forms


@pytest.mark.parametrize("label", [-1, 2])
def test_a_component_that_is_not_there(label: int) -> None:
    """-1 would be the last."""
    with pytest.raises(ValueError, match=r"the components are 0 \.\. 1, got"):
        MIXTURE(IMAGES[:2], torch.tensor(1.0, dtype=torch.float64), torch.tensor([0, label]))


@pytest.mark.parametrize("weights", [[1.0, 0.0], [1.0, -1.0], [1.0, math.nan], [1.0], [1.0, math.inf]], ids=str)
def test_weights_of_a_mixture(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="each component has a weight above 0"):
        Mixture(torch.tensor(weights), IMAGES[:2], torch.eye(4).expand(2, 4, 4), EDM())


def test_moments_are_finite_and_fit() -> None:
    with pytest.raises(ValueError, match="holds NaN"):
        Gaussian(torch.full(SHAPE, math.nan), torch.eye(4), EDM())
    with pytest.raises(ValueError, match="need as many covariances of their size"):
        Gaussian(torch.zeros(SHAPE), torch.eye(5), EDM())
    with pytest.raises(ValueError, match="need as many covariances of their size"):
        Mixture(torch.ones(2), IMAGES[:2], torch.eye(4).expand(3, 4, 4), EDM())
    for noise in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="a variance is finite and at least 0"):
            Spectrum.low_rank(torch.ones(4, 1), noise)
