"""What is no tensor of real numbers is refused by name; tensors of two precisions are compared in the wider."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from samenoise.checks import real
from samenoise.metrics import (
    calibrated_threshold,
    memorized,
    nn_distance,
    nn_ratio,
    pfd,
    rp,
    rp_floor,
    threshold_curve,
)

A, B = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0))
CALLS: dict[str, Callable[[Any], Any]] = {
    "rp": lambda x: rp(x, B, 0.5),
    "rp_floor": lambda x: rp_floor(A, x, 0.5),
    "pfd": lambda x: pfd(x, B),
    "memorized": lambda x: memorized(A, x, 0.5),
    "nn_ratio": lambda x: nn_ratio(x, B),
    "nn_distance": lambda x: nn_distance(A, x),
    "threshold_curve": lambda x: threshold_curve(x),
    "calibrated_threshold": lambda x: calibrated_threshold(x),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "odd", [A.tolist(), A.numpy(), None, A.to(torch.complex64), A > 0], ids=lambda odd: type(odd).__name__
)
def test_what_is_no_tensor_of_numbers_is_refused(call: str, odd: Any) -> None:
    with pytest.raises(TypeError, match="is a tensor"):
        CALLS[call](odd)


@pytest.mark.parametrize("call", CALLS)
def test_two_precisions_are_compared_in_the_wider(call: str) -> None:
    single, double = (numbers(CALLS[call](each)) for each in (A, A.double()))
    torch.testing.assert_close(single, double, rtol=1e-5, atol=1e-6)


def numbers(found: Any) -> torch.Tensor:
    """Of a score, a tensor or a number, or of the first of several."""
    if hasattr(found, "value"):
        return torch.tensor([found.value, *found.ci95], dtype=torch.float64)
    return numbers(found[0]) if isinstance(found, tuple) else torch.as_tensor(found).double()


def test_a_rate_is_no_truth() -> None:
    for rate in (True, False, "x", None):
        with pytest.raises(TypeError, match="a rate is a number"):
            calibrated_threshold(A[0], rate)  # type: ignore[arg-type]


def test_a_number_of_hundreds_of_digits_is_not_finite() -> None:
    with pytest.raises(ValueError, match="is finite, got inf"):
        real(10**400, "it")
