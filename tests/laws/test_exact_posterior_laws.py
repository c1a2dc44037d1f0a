"""Where the posterior is known: it is what importance sampling finds, DDNM is it for independent pixels, and how far
DPS is from it, against zeta and steps."""

from __future__ import annotations

import math
from functools import cache

import pytest
import torch
from closed_forms import normal
from inverse_problems import (
    BANK,
    NOISE,
    SHAPE,
    SIZE,
    VARIANCE,
    covariance,
    gaussian,
    isotropic,
    mean,
    mean_distance,
    mixture,
    operators,
    spread,
    truth,
)
from torch import Tensor

from samenoise.inverse import DDNM, DPS, AveragePool, BoxMask, GaussianBlur, LinearOperator, measure, posterior
from samenoise.inverse.exact import dense
from samenoise.noise import NoiseBank
from samenoise.oracle import Gaussian, Mixture
from samenoise.process import EDM, Flow, Process
from samenoise.solver import Heun, generate

every = pytest.mark.parametrize("operator", operators(), ids=lambda o: o.name)
NOISES = 128


def measured(operator: LinearOperator, noise: float = NOISE) -> Tensor:
    return measure(operator, truth(1), noise, seed=7).double()


def draw(denoiser: object, **settings: object) -> Tensor:
    how = {"batch_size": NOISES, "dtype": torch.float64, **settings}
    return next(generate(denoiser, BANK, range(NOISES), **how)).images  # type: ignore[arg-type]


@every
def test_of_a_gaussian_in_the_form_of_precisions(operator: LinearOperator) -> None:
    """Against (C^-1 + A'A / s^2)^-1 and its mean."""
    A, y = dense(operator), measured(operator)
    found = posterior(gaussian(EDM()), operator, y, NOISE)
    precision = torch.linalg.inv(covariance()) + A.T @ A / NOISE**2
    expected = torch.linalg.inv(precision)
    centre = expected @ (torch.linalg.solve(covariance(), mean().flatten()) + A.T @ y.flatten() / NOISE**2)
    torch.testing.assert_close(found.means[0], centre, rtol=0, atol=1e-8)
    basis, variances = found.spectrum.basis[0], found.spectrum.variances[0]
    torch.testing.assert_close(basis * variances @ basis.T, expected, rtol=0, atol=1e-8)


@cache
def samples() -> Tensor:
    """Of the mixture."""
    return mixture(EDM()).sample(NoiseBank(5, (1 + SIZE,)), range(20000))[0].double()


@every
def test_of_a_mixture_by_importance_sampling(operator: LinearOperator) -> None:
    """Mean and variance of 20,000 samples of the prior, weighted by how well they explain y."""
    prior, noise = mixture(EDM()), 1.0
    y = measured(operator, noise)
    off = (operator.forward(samples()) - y).flatten(1).square().sum(1)
    weights = torch.softmax(-off / (2 * noise**2), 0)
    assert 1 / float(weights.square().sum()) > 1000, "as many effective samples"
    x = samples().flatten(1)
    centre = weights @ x
    variance = weights @ (x - centre).square()
    found = posterior(prior, operator, y[0], noise)
    share = found.weights / found.weights.sum()
    exact = share @ found.means
    own = torch.stack(
        [(b * v @ b.T).diagonal() for b, v in zip(found.spectrum.basis, found.spectrum.variances, strict=True)]
    )
    torch.testing.assert_close(centre, exact, rtol=0, atol=0.03)
    torch.testing.assert_close(variance, share @ (own + (found.means - exact).square()), rtol=0, atol=0.03)
    assert float((exact - (prior.weights / prior.weights.sum()) @ prior.means).norm()) > 0.3, "y says something"


@every
def test_ddnm_is_the_posterior_mean_for_independent_pixels(process: Process, operator: LinearOperator) -> None:
    prior, y = isotropic(process), measured(operator)
    wrapped, exact = DDNM(prior, operator, y, NOISE, VARIANCE), posterior(prior, operator, y, NOISE)
    for share in (0.05, 0.5, 1.0):
        t = torch.tensor(share * process.T, dtype=torch.float64)
        alpha, sigma = process.at(t)
        x = alpha * truth(4).double() + sigma * BANK[:4].double()
        torch.testing.assert_close(wrapped(x, t), exact(x, t), rtol=0, atol=1e-10)
    other = DDNM(prior, operator, y, NOISE, 2 * VARIANCE)
    assert (other(x, t) - exact(x, t)).abs().max() > 1e-4


@every
def test_ddnm_draws_the_exact_flow_for_independent_pixels(operator: LinearOperator) -> None:
    prior, y = isotropic(Flow()), measured(operator)
    exact = posterior(prior, operator, y, NOISE)
    flow = Gaussian(exact.means.reshape(SHAPE), exact.spectrum[0], Flow()).flow(BANK[:NOISES].double())
    errors = [float((draw(DDNM(prior, operator, y, NOISE, VARIANCE), steps=n) - flow).abs().mean()) for n in (32, 128)]
    assert errors[1] < 0.01
    assert errors[1] < errors[0] / 3


PROBLEMS = [BoxMask(SHAPE), AveragePool(SHAPE), GaussianBlur(SHAPE, 0.7)]


@pytest.mark.parametrize("operator", PROBLEMS, ids=lambda o: o.name)
def test_how_far_dps_is_from_the_posterior(operator: LinearOperator) -> None:
    """With a Gaussian prior under EDM and 18 steps of Heun, in units in which the prior is 1 and the posterior 0: the
    mean over noises, and the spread over noises, come nearer to the posterior's as zeta grows to 1, and are far off at
    10. With more steps the same zeta corrects more: it belongs to a grid."""
    prior, y = gaussian(EDM()), measured(operator)
    exact = posterior(prior, operator, y, NOISE)
    centre, width = exact.means.reshape(SHAPE), math.sqrt(float(exact.spectrum.variances.sum()))
    before, prior_width = float((mean() - centre).norm()), math.sqrt(float(covariance().trace()))

    def seen(zeta: float, steps: int = 18) -> tuple[float, float]:
        images = draw(prior, solver=DPS(Heun(), operator, y, zeta), steps=steps)
        return mean_distance(images, centre) / before, (spread(images) - width) / (prior_width - width)

    distances, widths = zip(*(seen(zeta) for zeta in (0.0, 0.1, 0.3, 1.0, 10.0)), strict=True)
    assert distances[0] == pytest.approx(1, abs=0.05)
    assert widths[0] == pytest.approx(1, abs=0.2)
    assert distances[0] > distances[1] > distances[2] > distances[3]
    assert widths[0] > widths[1] > widths[2] > widths[3]
    assert distances[3] < 0.5
    assert widths[3] < 0.35
    assert min(distances[4], widths[4]) > 1.5
    assert seen(0.1, 72)[0] < distances[1] - 0.15


def test_the_exact_posterior_flows_to_its_own_samples() -> None:
    """The spread of what its flow draws is that of the distribution, to 10 %."""
    operator = BoxMask(SHAPE)
    exact = posterior(gaussian(EDM()), operator, measured(operator), NOISE)
    images = draw(exact, steps=64)
    assert spread(images) == pytest.approx(math.sqrt(float(exact.spectrum.variances.sum())), rel=0.1)
    off = (operator.forward(images) - measured(operator)).flatten(1)
    assert float(off.square().mean().sqrt()) < 2 * NOISE


def test_low_rank_priors_too() -> None:
    factors, rest = 0.5 * normal(SIZE, 3, seed=21), torch.tensor(0.05, dtype=torch.float64)
    low = Mixture.low_rank(torch.ones(1), mean()[None], factors[None], rest, EDM())
    full = Gaussian(mean(), factors @ factors.T + 0.05 * torch.eye(SIZE, dtype=torch.float64), EDM())
    operator = AveragePool(SHAPE)
    one, other = (posterior(prior, operator, measured(operator), NOISE) for prior in (low, full))
    torch.testing.assert_close(one.means, other.means, rtol=0, atol=1e-9)
