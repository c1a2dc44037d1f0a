"""Gradients of parts are added up in the order of the parts; what several processes make of it is in slow tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from samenoise.training.in_order import InOrder


@pytest.fixture
def _one_process(tmp_path: Path) -> Iterator[None]:
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


@pytest.mark.usefixtures("_one_process")
def test_the_sum_is_that_of_one_part_after_the_other_bit_for_bit() -> None:
    """Of 1e8, 1 and -1e8 in float32 it is 0 in this order, and 1 in another."""
    moved, still = torch.zeros(2, 3, requires_grad=True), torch.zeros(4, requires_grad=True)
    order = InOrder([moved, still])
    parts = [torch.full((2, 3), each) for each in (1e8, 1.0, -1e8)]
    for k, part in enumerate(parts):
        moved.grad = part.clone()
        order.add(torch.tensor(float(k)))
        assert moved.grad is None
    assert order.put() == 3.0
    assert moved.grad is not None
    assert torch.equal(moved.grad, (parts[0] + parts[1]) + parts[2])
    assert torch.equal(moved.grad, torch.zeros(2, 3))
    assert still.grad is not None
    assert torch.equal(still.grad, torch.zeros(4)), "nothing of the loss depends on it"
