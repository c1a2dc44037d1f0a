from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from samenoise.noise import Bank, NoiseBank, TorchNoiseBank, philox_uniform

RECIPE = {
    (0, 0): [-2.2718842, -0.7013279, -1.2189802, 0.16217156],
    (7, 5): [-2.3270326, 1.9216721, 0.6320742, -2.2109537],
}


@pytest.mark.parametrize(("seed", "i"), RECIPE)
@pytest.mark.parametrize("shape", [(4,), (2, 3), (1, 8, 8)], ids=str)
def test_values_of_the_recipe(seed: int, i: int, shape: tuple[int, ...]) -> None:
    """Exact, and the same row-major prefix for any shape."""
    noise = NoiseBank(seed, shape)[i]
    assert noise.dtype == torch.float32
    assert noise.shape == shape
    assert torch.equal(noise.flatten()[:4], torch.tensor(RECIPE[seed, i]))


def test_uniforms_lie_in_the_middle_of_their_53_bit_cells() -> None:
    """So none is 0. Exact in float64 below 1/2."""
    u = philox_uniform(3, 1, 1000)
    assert ((u * 2.0**53) % 1 == 0.5)[u < 0.5].all()


def test_noise_is_standard_normal_within_and_across_samples() -> None:
    noise = NoiseBank(11, (64,))[:400].double().numpy()
    assert kstest(noise.ravel(), "norm").pvalue > 0.01
    correlation = np.corrcoef(noise)[np.triu_indices(400, 1)]
    assert abs(correlation).max() < 0.65  # 5.2 standard deviations over 79,800 pairs
    assert abs(correlation.std() - 1 / 8) < 0.005


def test_torch_bank_is_a_generator_for_each_sample() -> None:
    bank = TorchNoiseBank(100, (3, 4))
    for i in (0, 12):
        assert torch.equal(bank[i], torch.randn(3, 4, generator=torch.Generator().manual_seed(100 + i)))


def test_hash_names_recipe_seed_and_shape() -> None:
    bank = NoiseBank(0, (4,))
    others: list[Bank] = [NoiseBank(1, (4,)), NoiseBank(0, (2, 2)), NoiseBank(0, (4, 1)), TorchNoiseBank(0, (4,))]
    assert len({bank.hash, *(b.hash for b in others)}) == 5
    assert replace(bank).hash == bank.hash == "1ac715a460495c9d22f838916a9a5d6e0537abd79abcb7d6e7d4b683c4f2c058"
    assert len(bank.hash) == 64


@pytest.mark.parametrize("make", [NoiseBank, TorchNoiseBank])
def test_no_two_banks_have_one_hash_because_their_digits_run_together(make: type[Bank]) -> None:
    """Seeds and sizes whose digits, one after the other, are the same text."""
    alike = [(1, (11,)), (11, (1,)), (1, (1, 1)), (111, (1,)), (1, (1, 88)), (1, (18, 8)), (1, (1, 8, 8)), (11, (8, 8))]
    assert len({make(seed, shape).hash for seed, shape in alike}) == len(alike)


def test_the_hash_is_of_a_text_that_anybody_can_write_down() -> None:
    text = "philox4x64-ndtri-v1/seed=7/shape=1x8x8"
    assert NoiseBank(7, (1, 8, 8)).hash == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("make", [NoiseBank, TorchNoiseBank])
@pytest.mark.parametrize(
    ("seed", "shape", "says"),
    [(-1, (4,), "seed"), (2**63, (4,), "seed"), (0, (), "shape"), (0, (2, 0), "shape")],
)
def test_wrong_bank(make: type[Bank], seed: int, shape: tuple[int, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make(seed, shape)


@pytest.mark.parametrize("index", [-1, [0, -2], slice(3, None), slice(0, -1), slice(-4, 2), slice(None)], ids=str)
def test_wrong_index(index: int | list[int] | slice) -> None:
    with pytest.raises(IndexError, match=r"start at 0|endless"):
        NoiseBank(0, (4,))[index]


def test_a_bank_has_no_end_to_iterate_to() -> None:
    with pytest.raises(TypeError, match="endless"):
        iter(NoiseBank(0, (4,)))
