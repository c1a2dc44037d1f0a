"""deepinv's own physics are the operators of the same name, where deepinv is installed."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from closed_forms import normal
from inverse_problems import BANK, NOISE, SHAPE, gaussian, truth

from samenoise.inverse import (
    DDNM,
    DPS,
    AveragePool,
    BoxMask,
    CompressedSensing,
    GaussianBlur,
    LinearOperator,
    MotionBlur,
    RandomMask,
    measure,
)
from samenoise.inverse.masks import Mask
from samenoise.inverse.physics import LinearPhysics, Physics, noise_of, of_physics
from samenoise.process import EDM
from samenoise.solver import Heun, generate

deepinv = pytest.importorskip(
    "deepinv.physics",
    reason="deepinv is not installed, or not with the torchvision of this torch: pip install deepinv",
    exc_type=ImportError,
)


def _inpainting(mask: Mask) -> torch.nn.Module:
    return deepinv.Inpainting(SHAPE, mask=mask.adjoint(torch.ones(1, *mask.measured))[0])


def _blur(blur: GaussianBlur | MotionBlur) -> torch.nn.Module:
    """The kernel with its middle in the middle of an odd number of places."""
    _, height, width = SHAPE
    kernel = torch.zeros(1, 1, height + 1, width + 1, dtype=torch.float64)
    kernel[0, 0, :height, :width] = blur.kernel().roll((height // 2, width // 2), (0, 1))
    return deepinv.Blur(filter=kernel.float(), padding="circular")


def _sensing(sensing: CompressedSensing) -> torch.nn.Module:
    (rows,) = sensing.measured
    physics = deepinv.CompressedSensing(m=rows, img_size=SHAPE)
    physics._A.copy_(sensing._matrix)
    physics._A_adjoint.copy_(sensing._matrix.T)
    return physics


def _pairs() -> list[tuple[torch.nn.Module, LinearOperator]]:
    blocks = deepinv.Downsampling(img_size=SHAPE, filter=torch.full((1, 1, 2, 2), 0.25), factor=2, padding="valid")
    masks, blurs = (BoxMask(SHAPE), RandomMask(SHAPE)), (GaussianBlur(SHAPE, 0.6), MotionBlur(SHAPE, 2.0))
    return [
        *((_inpainting(own), own) for own in masks),
        (blocks, AveragePool(SHAPE)),
        *((_blur(own), own) for own in blurs),
        (_sensing(CompressedSensing(SHAPE, 0.5)), CompressedSensing(SHAPE, 0.5)),
    ]


PAIRS = _pairs()
NAMES = [f"{type(physics).__name__}-{own.name}" for physics, own in PAIRS]


@pytest.mark.parametrize(("physics", "own"), PAIRS, ids=NAMES)
def test_its_adjoint_is_one_in_double_precision(physics: Any, own: LinearOperator) -> None:
    double = physics.clone().double()
    double.dtype = torch.float64  # a setting of compressed sensing, which it casts to
    operator = of_physics(double, SHAPE)
    assert isinstance(operator, LinearPhysics)
    x, y = normal(3, *SHAPE, seed=1), normal(3, *operator.measured, seed=2)
    left, right = ((operator.forward(x) * y).sum(), (x * operator.adjoint(y)).sum())
    assert float(left - right) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("physics", "own"), PAIRS, ids=NAMES)
def test_it_is_the_operator_of_that_name(physics: torch.nn.Module, own: LinearOperator) -> None:
    operator = of_physics(physics, SHAPE)
    assert isinstance(operator, LinearPhysics)
    y = measure(operator, truth(4), NOISE, seed=5)
    measured = y[:, operator.seen].reshape(-1, *own.measured)
    clean = operator.forward(truth(4))[:, operator.seen].reshape(-1, *own.measured)
    torch.testing.assert_close(clean, own.forward(truth(4)), rtol=0, atol=1e-6)
    for ridge in (0.0, NOISE**2):
        torch.testing.assert_close(operator.pinv(y, ridge), own.pinv(measured, ridge), rtol=0, atol=1e-4)
    together, apart = operator.pinv(y), torch.cat([operator.pinv(each[None]) for each in y])
    torch.testing.assert_close(together, apart, rtol=0, atol=1e-5)

    prior = gaussian(EDM())
    for theirs, ours in (
        ((prior, DPS(Heun(), operator, y, 0.5)), (prior, DPS(Heun(), own, measured, 0.5))),
        ((DDNM(prior, operator, y, NOISE), Heun()), (DDNM(prior, own, measured, NOISE), Heun())),
    ):
        a, b = (next(generate(one, BANK, range(4), solver=solver)).images for one, solver in (theirs, ours))
        torch.testing.assert_close(a, b, rtol=0, atol=1e-4)


def test_noise_of_its_models() -> None:
    assert noise_of(deepinv.Denoising(deepinv.GaussianNoise(0.05))) == pytest.approx(0.05)
    assert noise_of(PAIRS[0][0]) == 0, "no noise unless given"
    physics = deepinv.Denoising(deepinv.GaussianNoise(NOISE))
    operator = of_physics(physics, SHAPE)
    torch.testing.assert_close(measure(operator, truth(1)), truth(1), rtol=0, atol=0)
    residual = measure(operator, truth(1).expand(500, *SHAPE), noise_of(physics), seed=5) - truth(1)
    assert float(residual.std()) == pytest.approx(NOISE, rel=5 / math.sqrt(2 * 500 * 16))
    for model in (deepinv.PoissonNoise(), deepinv.UniformNoise(), deepinv.GaussianNoise(torch.tensor([0.1, 0.2]))):
        with pytest.raises(ValueError, match=f"GaussianNoise of one sigma, got {type(model).__name__}"):
            noise_of(deepinv.Denoising(model))


@pytest.mark.parametrize("kind", ["SpatialUnwrapping", "RandomPhaseRetrieval"])
def test_one_that_has_an_adjoint_and_is_not_linear_is_sampled_with_dps_alone(kind: str) -> None:
    settings = {"m": 20, "img_size": SHAPE} if kind == "RandomPhaseRetrieval" else {}
    physics = getattr(deepinv, kind)(**settings)
    assert hasattr(physics, "A_adjoint")
    operator, prior = of_physics(physics, SHAPE), gaussian(EDM())
    assert type(operator) is Physics
    y = measure(operator, truth(1))
    assert next(generate(prior, BANK, range(4), solver=DPS(Heun(), operator, y, 0.1))).images.isfinite().all()
    with pytest.raises(ValueError, match="DDNM needs a linear operator"):
        DDNM(prior, operator, y)


def test_one_of_several_measurements_is_refused() -> None:
    stacked = deepinv.Denoising().stack(deepinv.Denoising())
    with pytest.raises(ValueError, match="one tensor of real numbers, and StackedLinearPhysics gives TensorList"):
        of_physics(stacked, SHAPE)
