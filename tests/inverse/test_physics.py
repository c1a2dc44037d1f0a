"""An object with the methods of a deepinv physics is an operator. It is made here; deepinv's own are in
``test_deepinv.py``, where that package is installed."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch
from closed_forms import normal
from inverse_problems import BANK, NOISE, SHAPE, gaussian, truth
from torch import Tensor, nn

from samenoise.inverse import DDNM, DPS, measure
from samenoise.inverse.exact import dense
from samenoise.inverse.physics import LinearPhysics, Physics, noise_of, of_physics
from samenoise.process import EDM
from samenoise.solver import Heun, generate


class GaussianNoise(nn.Module):
    """Of one standard deviation, as a buffer."""

    def __init__(self, sigma: float | Tensor = 0.1) -> None:
        super().__init__()
        self.register_buffer("sigma", torch.as_tensor(sigma))


class ZeroNoise(nn.Module):
    pass


class PoissonNoise(nn.Module):
    pass


class Tilted(nn.Module):
    """``y = B x`` with a fixed matrix, and the methods of a linear physics."""

    def __init__(self) -> None:
        super().__init__()
        self.noise_model = GaussianNoise()
        self.B = normal(6, 16, seed=31) / 4

    def forward(self, x: Tensor) -> Tensor:
        raise AssertionError("this adds noise of its own, which no bank has")

    def A(self, x: Tensor, **kwargs: object) -> Tensor:
        return x.flatten(1) @ self.B.to(x).T

    def A_adjoint(self, y: Tensor, **kwargs: object) -> Tensor:
        return (y @ self.B.to(y)).reshape(-1, *SHAPE)


class Masked(Tilted):
    """Pixels in their places, each in its measure, and 0 where nothing is seen; in single precision alone."""

    mask: Tensor

    def __init__(self) -> None:
        super().__init__()
        place = torch.arange(16)
        self.register_buffer("mask", torch.where(place % 3 == 0, 1 + place / 8, 0).reshape(SHAPE))

    def A(self, x: Tensor, **kwargs: object) -> Tensor:
        assert x.dtype == self.mask.dtype
        return x * self.mask

    A_adjoint = A


class Phase(nn.Module):
    """Squares of what a linear one measures. As in deepinv it has the adjoint of that one, and is not linear."""

    def __init__(self) -> None:
        super().__init__()
        self.noise_model, self.inner = ZeroNoise(), Tilted()

    def A(self, x: Tensor) -> Tensor:
        return self.inner.A(x).square()

    def A_adjoint(self, y: Tensor) -> Tensor:
        return self.inner.A_adjoint(y)


def test_a_linear_physics_is_a_linear_operator() -> None:
    physics = Tilted()
    operator = of_physics(physics, SHAPE)
    assert isinstance(operator, LinearPhysics)
    assert operator.measured == (6,)
    torch.testing.assert_close(dense(operator), physics.B)
    x, y = normal(3, *SHAPE, seed=1), normal(3, 6, seed=2)
    assert float((operator.forward(x) * y).sum() - (x * operator.adjoint(y)).sum()) == pytest.approx(0, abs=1e-12)
    for ridge in (0, 1e-3, 0.3):
        expected = y @ torch.linalg.inv(physics.B @ physics.B.T + ridge * torch.eye(6, dtype=torch.float64)) @ physics.B
        torch.testing.assert_close(operator.pinv(y, ridge).flatten(1), expected, rtol=0, atol=1e-6)
        together, apart = operator.pinv(y, ridge), torch.cat([operator.pinv(y[k : k + 1], ridge) for k in range(3)])
        torch.testing.assert_close(together, apart, rtol=0, atol=1e-9)
    assert torch.equal(operator.pinv(torch.zeros(2, 6), 0.1), torch.zeros(2, *SHAPE))
    with pytest.raises(ValueError, match=r"'physics' measures images of shape \(batch, 1, 4, 4\), got"):
        operator.forward(torch.zeros(1, 1, 5, 4))
    assert operator.describe() == {"name": "physics", "shape": SHAPE, "physics": "Tilted"}


def test_it_is_sampled_with() -> None:
    physics, prior = Tilted(), gaussian(EDM())
    operator = of_physics(physics, SHAPE)
    y = measure(operator, truth(1), noise_of(physics), seed=5)
    assert noise_of(physics) == pytest.approx(0.1)

    def misfit(denoiser: object, solver: object) -> float:
        images = next(generate(denoiser, BANK, range(8), solver=solver)).images  # type: ignore[arg-type]
        return float((operator.forward(images) - y).norm(dim=1).mean())

    plain = misfit(prior, Heun())
    assert misfit(prior, DPS(Heun(), operator, y, 0.5)) < 0.5 * plain
    assert misfit(DDNM(prior, operator, y, NOISE), Heun()) < 0.2 * plain


def test_one_that_is_not_linear_is_sampled_with_dps_alone() -> None:
    prior, operator = gaussian(EDM()), of_physics(Phase(), SHAPE)
    assert type(operator) is Physics
    y = measure(operator, truth(1))
    plain, guided = (
        next(generate(prior, BANK, range(8), solver=solver)).images
        for solver in (Heun(), DPS(Heun(), operator, y, 0.2))
    )
    before, after = (float((operator.forward(x) - y).norm(dim=1).mean()) for x in (plain, guided))
    assert after < 0.7 * before
    with pytest.raises(ValueError, match="DDNM needs a linear operator, and 'physics' is none: take DPS"):
        DDNM(prior, operator, y)


def test_what_is_not_measured_has_no_noise_and_no_say() -> None:
    operator = of_physics(Masked(), SHAPE)
    assert isinstance(operator, LinearPhysics)
    seen = Masked().mask.bool()
    y = measure(operator, truth(2), NOISE, seed=5)
    assert (y[:, ~seen] == 0).all()
    assert (y[:, seen] != operator.forward(truth(2))[:, seen]).all()
    least = torch.where(seen, y / Masked().mask, 0)
    torch.testing.assert_close(operator.pinv(y + 7 * ~seen), least)


def test_what_has_converged_stays_whatever_else_is_in_the_batch() -> None:
    operator = of_physics(Masked(), SHAPE)
    assert isinstance(operator, LinearPhysics)
    y = operator.forward(truth(2))
    y[0].flatten()[4:] = 0  # two pixels: two steps
    assert torch.equal(operator.pinv(y)[:1], operator.pinv(y[:1]))


def test_a_physics_computes_in_its_own_precision_and_gives_that_of_the_image() -> None:
    operator = of_physics(Masked(), SHAPE)
    assert isinstance(operator, LinearPhysics)
    x = truth(2).double()
    y = operator.forward(x)
    assert y.dtype == torch.float64
    assert operator.adjoint(y).dtype == torch.float64
    assert of_physics(Masked().double(), SHAPE).forward(x.float()).dtype == torch.float32


@pytest.mark.parametrize(("gives", "says"), [(lambda x: [x], "gives list"), (torch.fft.fft, "gives torch.complex64")])
def test_what_is_no_tensor_of_real_numbers_is_refused(gives: Callable[[Tensor], object], says: str) -> None:
    with pytest.raises(ValueError, match=f"one tensor of real numbers, and SimpleNamespace {says}"):
        of_physics(SimpleNamespace(A=gives), SHAPE)


@pytest.mark.parametrize(
    ("model", "says"),
    [(PoissonNoise(), "got PoissonNoise"), (GaussianNoise(torch.tensor([0.1, 0.2])), "GaussianNoise of one sigma")],
)
def test_noise_that_no_bank_has_is_refused(model: nn.Module, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        noise_of(SimpleNamespace(noise_model=model))
    assert noise_of(SimpleNamespace(noise_model=ZeroNoise())) == 0.0
