"""The code that the page prints of ``lowrank`` runs, and gives what is known of a Gaussian of low rank."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from samenoise.experiments.lowrank.metrics import METRICS
from samenoise.experiments.lowrank.subspaces import low_rank_mixture, subspaces
from samenoise.process import EDM

SIZE, DIMENSION, SHAPE = 16, 3, (1, 4, 4)
ALONG = np.array([9.0, 4.0, 6.0, 8.0])
"""Ranks over four noise levels: 2 lower at the second than at the lower end, to which the last is next."""


@pytest.fixture
def names() -> dict[str, Any]:
    """What the code speaks of: one subspace, known exactly, and images at a low noise level."""
    bases = subspaces(0, 1, SIZE, DIMENSION).double()
    denoiser = low_rank_mixture(bases, SHAPE, EDM())
    x_t = torch.randn(5, *SHAPE, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ranks = np.stack([ALONG, ALONG + 1, ALONG, ALONG + 1])
    return {
        "torch": torch,
        "denoiser": denoiser,
        "x_t": x_t,
        "t": EDM().grid(10)[8],
        "bases": bases,
        "k": 0,
        "d": DIMENSION,
        "sigmas": np.array([0.1, 0.2, 0.4, 0.8]),
        "ranks": ranks,
        "ranks_heldout": ranks,
        "ranks_train": ranks - 1.5,
        "s": 2,
        "per_dimension": [1.0, 2.0, 4.0],
        "errors": [0.9, 0.6, 0.4],
    }


def printed(metric: str, names: dict[str, Any]) -> float:
    statements, _, value = METRICS[metric].code.split("  #")[0].rpartition("; ")
    if metric.startswith("subspace_") and "singular" in value and "jacobian" not in statements:
        exec("from samenoise.experiments.lowrank.jacobian import *; singular = full(denoiser, x_t, t)", names)
    exec(statements, names)
    return float(eval(value, names))


EXPECTED = {
    "jacobian_rank": DIMENSION,
    "jacobian_entropy_rank": DIMENSION,
    "rank_dip_sigma": 0.2,
    "rank_dip_depth": 4.0,
    "rank_copy_gap": 1.5,
    "subspace_error": 0.0,
    "subspace_span_error": 0.0,
    "subspace_rank": DIMENSION,
    "subspace_samples_half": 2.0 * 2**0.5,
}


@pytest.mark.parametrize("metric", METRICS)
def test_the_printed_code_gives_what_is_known(metric: str, names: dict[str, Any]) -> None:
    found = printed(metric, names)
    if metric == "jacobian_gain":  # of a variance of 1 in the subspace: alpha / (alpha^2 + sigma^2)
        alpha, sigma = EDM().at(names["t"])
        assert found == pytest.approx(alpha / (alpha**2 + sigma**2), rel=1e-6)
    else:
        assert found == pytest.approx(EXPECTED[metric], abs=1e-5)
