"""An object with the methods of a deepinv physics is an operator. It is made here: deepinv itself is not installed."""

from __future__ import annotations

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

    def A_dagger(self, y: Tensor, **kwargs: object) -> Tensor:
        return (y @ torch.linalg.pinv(self.B).T.to(y)).reshape(-1, *SHAPE)


class Phase(nn.Module):
    """Squares of what a linear one measures; no adjoint."""

    def __init__(self) -> None:
        super().__init__()
        self.noise_model, self.inner = ZeroNoise(), Tilted()

    def A(self, x: Tensor) -> Tensor:
        return self.inner.A(x).square()


def test_a_linear_physics_is_a_linear_operator() -> None:
    physics = Tilted()
    operator = of_physics(physics, SHAPE)
    assert isinstance(operator, LinearPhysics)
    assert operator.measured == (6,)
    torch.testing.assert_close(dense(operator), physics.B)
    x, y = normal(3, *SHAPE, seed=1), normal(3, 6, seed=2)
    assert float((operator.forward(x) * y).sum() - (x * operator.adjoint(y)).sum()) == pytest.approx(0, abs=1e-12)
    assert torch.equal(operator.pinv(y), physics.A_dagger(y)), "its own"
    for ridge in (1e-3, 0.3):
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


@pytest.mark.parametrize(
    ("model", "says"),
    [(PoissonNoise(), "got PoissonNoise"), (GaussianNoise(torch.tensor([0.1, 0.2])), "GaussianNoise of one sigma")],
)
def test_noise_that_no_bank_has_is_refused(model: nn.Module, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        noise_of(SimpleNamespace(noise_model=model))
    assert noise_of(SimpleNamespace(noise_model=ZeroNoise())) == 0.0
