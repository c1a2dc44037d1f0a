"""Whatever is asked of a public function is taken as it is, or refused: no number is cut, no NaN passes a bound, and no
name falls through to another."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from samenoise import metrics
from samenoise.checks import ids, once, one_of, real, whole
from samenoise.data import digits, held_out, of_classes, order, subset
from samenoise.data.prepare import prepare
from samenoise.denoiser import Guided, NetworkDenoiser
from samenoise.features import Extractor
from samenoise.fresh import FreshNoise
from samenoise.networks import NETWORKS, build
from samenoise.noise import NoiseBank, TorchNoiseBank
from samenoise.oracle import Empirical, Mixture
from samenoise.process import EDM, VE, VP, CosineVP, Flow, SubVP
from samenoise.solver import DDIM, generate

SHAPE = (1, 2, 2)
BANK = NoiseBank(0, SHAPE)
A = torch.randn(12, 4, generator=torch.Generator().manual_seed(0))
B = A + 0.1
IMAGES = A.reshape(12, 1, 2, 2)
OPTIMUM = Empirical(IMAGES, EDM())
MIXTURE = Mixture(torch.ones(2), IMAGES[:2], torch.eye(4).expand(2, 4, 4), EDM())
MANY = 2**63


def drawn(**options: Any) -> Any:
    return next(generate(OPTIMUM, BANK, options.pop("ids", [0, 1]), **options))


def times(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


WHOLE: dict[str, tuple[Callable[[Any], Any], int, list[int]]] = {
    # what it is -> the call, a number that is right, numbers that are out of range
    "seed of a bank": (lambda n: NoiseBank(n, SHAPE), 3, [-1, MANY]),
    "size of a noise": (lambda n: NoiseBank(0, (n, 2)), 3, [0, -1]),
    "seed of a bank of generators": (lambda n: TorchNoiseBank(n, SHAPE), 3, [-1, 2**32]),
    "seed of fresh noise": (lambda n: FreshNoise(n, SHAPE), 3, [-1, MANY]),
    "steps of a uniform grid": (VP().grid, 3, [0, -1]),
    "steps of a grid of powers": (EDM().grid, 3, [1, 0]),
    "steps of a grid of logarithms": (VE().grid, 3, [1, 0]),
    "steps of generate": (lambda n: drawn(steps=n), 3, [1, 0, -1]),
    "batch size": (lambda n: drawn(batch_size=n), 3, [0, -1]),
    "chunk of the optimum": (lambda n: Empirical(IMAGES, EDM(), chunk=n), 3, [0, -1]),
    "count of an order": (lambda n: order(n, 0), 3, [-1]),
    "seed of an order": (lambda n: order(5, n), 3, [-1, MANY]),
    "size of a subset": (lambda n: subset(10, n, "a", 0), 3, [0, -1, 11]),
    "held-out images": (lambda n: held_out(10, 5, n, 0), 3, [-1, 6]),
    "largest training set": (lambda n: held_out(10, n, 2, 0), 3, [-1, 9]),
    "class": (lambda n: of_classes(digits(), [n]), 3, [-2, 10]),
    "width of a network": (lambda n: build("mlp", SHAPE, n), 3, [0, -1, 8193, 100_000]),
    "depth of a network": (lambda n: build("mlp", SHAPE, 4, n), 3, [0, -1, 257, 100_000]),
    "size of a network's images": (lambda n: build("mlp", (1, n), 4), 3, [0, -1, 2**40]),
    "seed of a network": (lambda n: build("mlp", SHAPE, 4, seed=n), 3, [-1, MANY]),
    "seed of a U-ViT": (lambda n: build("uvit", (1, 8, 8), 16, 1, seed=n), 3, [-1, MANY]),
    "resamples": (lambda n: metrics.bootstrap(A.numpy(), np.mean, count=n), 30, [0, -1]),
    "seed of resamples": (lambda n: metrics.bootstrap(A.numpy(), np.mean, count=9, seed=n), 3, [-1, MANY]),
    "chunk of pairs": (lambda n: metrics.rp_floor(A, B, 0.5, n), 3, [0, -1]),
    "chunk of neighbours": (lambda n: metrics.nearest(A, B, chunk=n), 3, [0, -1]),
    "neighbours": (lambda n: metrics.nearest(A, B, n), 3, [0, -1, 13]),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_are_whole_and_in_range(name: str) -> None:
    call, right, wrong = WHOLE[name]
    call(right)
    call(np.int64(right))
    for value in wrong:
        with pytest.raises(ValueError, match=r"got|only|can be taken|cannot be taken|need"):
            call(value)
    for value in (right + 0.5, float(right), True, np.bool_(True), str(right), math.nan):
        with pytest.raises(TypeError, match="whole number"):
            call(value)


REAL: dict[str, tuple[Callable[[Any], Any], float, list[float]]] = {
    "eta": (DDIM, 0.5, [-0.1, 1.1]),
    "guidance scale": (lambda x: Guided(OPTIMUM, x), 1.5, []),
    "sigma_data": (lambda x: NetworkDenoiser(nn.Identity(), EDM(), SHAPE, sigma_data=x), 0.5, [0, -1]),
    "beta_min": (lambda x: VP(beta_min=x), 0.2, [-1, 30]),
    "beta_max": (lambda x: SubVP(beta_max=x), 9.0, [-1, 0]),
    "t_min": (lambda x: VP(t_min=x), 1e-3, [0, 1]),
    "s": (lambda x: CosineVP(s=x), 0.01, [-1, 2]),
    "sigma_min of VE": (lambda x: VE(sigma_min=x), 0.02, [0, -1, 60]),
    "sigma_max of EDM": (lambda x: EDM(sigma_max=x), 70.0, [0, -1, 1e300]),
    "sigma_min of EDM": (lambda x: EDM(sigma_min=x), 0.003, [0, -1, 90, 1e-320]),
    "rho": (lambda x: EDM(rho=x), 5.0, [0, -7, 1e-3]),
    "p_std": (lambda x: EDM(p_std=x), 1.0, [0, -1]),
    "p_mean": (lambda x: EDM(p_mean=x), -1.0, []),
    "threshold of rp": (lambda x: metrics.rp(A, B, x), 0.5, []),
    "threshold of the floor": (lambda x: metrics.rp_floor(A, B, x), 0.5, []),
    "threshold of chance": (lambda x: metrics.rp_chance(A, B, x), 0.5, []),
    "threshold of conditional rp": (lambda x: metrics.conditional_rp(A, [B], x), 0.5, []),
    "threshold of memorized": (lambda x: metrics.memorized(A, B, x), 0.5, []),
    "threshold of gl": (lambda x: metrics.gl(A, B, x), 0.5, []),
    "threshold of mae_score": (lambda x: metrics.mae_score(IMAGES, IMAGES, x), 15.0, []),
    "ratio of neighbours": (lambda x: metrics.nn_ratio(A, B, x), 0.3, [-0.1]),
    "threshold of an extractor": (lambda x: Extractor("a", "b", "c", x), 0.5, []),
    "level of wilson": (lambda x: metrics.wilson(3, 9, x), 0.9, [-0.1, 1.1]),
    "level of the bootstrap": (lambda x: metrics.bootstrap(A.numpy(), np.mean, count=9, level=x), 0.9, [-0.1, 1.1]),
    "width of a growth": (
        lambda x: metrics.n50_per_doubling([x], [4, 8], np.array([[[1, 1], [0, 0]]]), count=9),
        16.0,
        [0, -1],
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_real_numbers_are_finite_and_in_range(name: str) -> None:
    call, right, wrong = REAL[name]
    call(right)
    call(np.float64(right))
    call(torch.tensor(right, dtype=torch.float64))
    for value in (*wrong, math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match="got"):
            call(value)
    for flag in (True, "0.5", None if name == "eta" else b"1"):
        with pytest.raises(TypeError, match="is a number"):
            call(flag)


@pytest.mark.parametrize("rate", [math.nan, -0.1, 1.0])
def test_rates_are_shares(rate: float) -> None:
    for call in (metrics.calibrated_threshold, lambda a, rate: metrics.rp_threshold(A, B, rate)):
        with pytest.raises(ValueError, match="rate"):
            call(A.flatten(), rate=rate)


NAMES: dict[str, Callable[[str], Any]] = {
    "part": lambda name: subset(10, 3, name, 0),  # type: ignore[arg-type]
    "parameterisation": lambda name: NetworkDenoiser(nn.Identity(), EDM(), SHAPE, name),
    "network": lambda name: build(name, SHAPE, 8),
}


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("name", ["c", "", "A", "EDM"])
def test_no_name_falls_through(kind: str, name: str) -> None:
    with pytest.raises(ValueError, match=rf"got '{name}'|unknown \w+ '{name}'"):
        NAMES[kind](name)


# The checks themselves


def test_what_the_checks_say() -> None:
    for call, says in (
        (lambda: whole(2.5, "n", 0), "n is a whole number, got 2.5"),
        (lambda: whole(-1, "n", 0), "n is at least 0, got -1"),
        (lambda: whole(8, "n", 0, 8), "n is 0 .. 7, got 8"),
        (lambda: whole(MANY, "n", 0, MANY), f"n is 0 .. 2**63 - 1, got {MANY}"),
        (lambda: real(2, "x", 0, 1), "x is at least 0 and at most 1, got 2"),
        (lambda: real(0, "x", above=0), "x is above 0, got 0"),
        (lambda: real(math.nan, "x"), "x is finite, got nan"),
        (lambda: real("1", "x"), "x is a number, got '1'"),
        (lambda: one_of(True, "x", (1, 3)), "x is 1 or 3, got True"),
        (lambda: ids([-3]), "noise numbers start at 0 and end at 2**63 - 1, got -3"),
        (lambda: once([("a", 1), ("a", 1)]), "the key 'a' stands there twice"),
        (lambda: whole(torch.ones(2, dtype=torch.int64), "n", 0), "n is a whole number, got tensor([1, 1])"),
    ):
        with pytest.raises((TypeError, ValueError, IndexError)) as error:
            call()
        assert str(error.value) == says


def test_networks_have_limits_of_their_own_kind() -> None:
    for name in NETWORKS:
        with pytest.raises((ValueError, TypeError)):
            build(name, (1, 8, 8), 100_000)
        with pytest.raises((ValueError, TypeError)):
            build(name, (1, 8, 8), 32, 100_001)


def test_flow_has_no_constants_to_be_wrong() -> None:
    assert Flow().describe() == {"name": "flow"}
    with pytest.raises(TypeError):
        prepare("a", "b", 4.5)  # type: ignore[arg-type]
