"""Noise number i is the same bits however it is asked for."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from samenoise.noise import Bank, NoiseBank, TorchNoiseBank

BANKS = [NoiseBank(5, (2, 3)), TorchNoiseBank(5, (2, 3))]
NUMBERS = {"philox4x64-ndtri-v1": 2**63, "torch-cpu-generator-v1": 2**32 - 5}
"""Of noises that there are."""
ids = st.integers(0, 2**63 - 1)


@pytest.mark.parametrize("bank", BANKS, ids=lambda b: b.recipe)
@given(chosen=st.lists(ids, min_size=1, max_size=8))
def test_lists_and_tensors_in_any_order(bank: Bank, chosen: list[int]) -> None:
    chosen = [i % NUMBERS[bank.recipe] for i in chosen]
    alone = torch.stack([bank[i] for i in chosen])
    assert torch.equal(bank[chosen], alone)
    assert torch.equal(bank[torch.tensor(chosen)], alone)
    assert torch.equal(bank[chosen[::-1]], alone.flip(0))


@pytest.mark.parametrize("bank", BANKS, ids=lambda b: b.recipe)
@given(start=st.integers(0, 50), count=st.integers(0, 9), step=st.integers(1, 4))
def test_slices(bank: Bank, start: int, count: int, step: int) -> None:
    part = bank[start : start + count : step]
    assert part.shape == (len(range(0, count, step)), 2, 3)
    for row, i in zip(part, range(start, start + count, step), strict=True):
        assert torch.equal(row, bank[i])


@given(seed=st.integers(0, 2**63 - 1), i=ids, j=ids)
def test_other_number_or_other_seed_is_other_noise(seed: int, i: int, j: int) -> None:
    bank = NoiseBank(seed, (16,))
    assert torch.equal(bank[i], bank[j]) == (i == j)
    assert not torch.equal(bank[i], NoiseBank(seed ^ 1, (16,))[i])
