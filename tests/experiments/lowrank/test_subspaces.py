"""Mixtures with known subspaces: their recipe, their exact denoiser, and when what was found is what is there."""

from __future__ import annotations

import math
import re

import pytest
import torch
from torch import Tensor

from samenoise.experiments.lowrank.jacobian import full, numerical_rank, randomized
from samenoise.experiments.lowrank.subspaces import (
    chance_error,
    energy_in,
    low_rank_mixture,
    principal,
    recovery_error,
    sample,
    subspaces,
)
from samenoise.noise import NoiseBank
from samenoise.process import EDM, VP, Process

SHAPE, D, K, DIMENSION = (1, 8, 8), 64, 3, 4


@pytest.fixture(scope="module")
def bases() -> Tensor:
    return subspaces(0, K, D, DIMENSION)


def rotation(d: int, seed: int) -> Tensor:
    noise = torch.randn(d, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.linalg.qr(noise)[0]


def test_bases_are_orthonormal_within_and_across(bases: Tensor) -> None:
    together = torch.cat(list(bases), dim=1)
    assert bases.shape == (K, D, DIMENSION)
    eye = torch.eye(K * DIMENSION, dtype=torch.float64)
    torch.testing.assert_close(together.T @ together, eye, rtol=0, atol=1e-13)


def test_bases_are_those_of_gram_and_schmidt(bases: Tensor) -> None:
    """The decomposition with a positive diagonal is one only, whatever the library."""
    columns: list[Tensor] = []
    for v in NoiseBank(0, (D, K * DIMENSION))[0].double().T:
        for u in columns:
            v = v - (u @ v) * u
        columns.append(v / v.norm())
    wanted = torch.stack(columns, dim=1).reshape(D, K, DIMENSION).transpose(0, 1)
    torch.testing.assert_close(bases, wanted, rtol=0, atol=1e-12)


def test_bases_are_a_function_of_the_seed_alone(bases: Tensor) -> None:
    torch.manual_seed(5)
    assert torch.equal(subspaces(0, K, D, DIMENSION), bases)
    assert recovery_error(bases[0], subspaces(1, K, D, DIMENSION)[0]) > 0.8


def test_subspaces_that_do_not_fit_are_refused() -> None:
    assert subspaces(0, 4, 8, 2).shape == (4, 8, 2)
    with pytest.raises(ValueError, match="3 orthogonal subspaces of dimension 3 do not fit into 8"):
        subspaces(0, 3, 8, 3)


def test_samples_have_the_covariance_of_their_component(bases: Tensor) -> None:
    bank = NoiseBank(1, (DIMENSION,))
    x, components = sample(bases, bank, range(6000), scale=0.5)
    assert components.bincount().tolist() == [2000] * 3
    for k, basis in enumerate(bases):
        own = x[components == k].double()
        torch.testing.assert_close(own.T @ own / 2000, 0.25 * basis @ basis.T, rtol=0, atol=0.03)
        torch.testing.assert_close(own @ basis @ basis.T, own, rtol=0, atol=1e-6)  # nothing outside
    coordinates = torch.stack([basis.T @ row for basis, row in zip(bases, x[:3].double(), strict=True)])
    torch.testing.assert_close(coordinates, 0.5 * bank[:3].double(), rtol=0, atol=1e-6)


def test_a_sample_is_a_function_of_its_id(bases: Tensor) -> None:
    bank = NoiseBank(1, (DIMENSION,))
    x, components = sample(bases, bank, range(20))
    some, theirs = sample(bases, bank, torch.tensor([17, 3]))
    assert torch.equal(some, x[[17, 3]])
    assert torch.equal(theirs, components[[17, 3]])
    assert components[:4].tolist() == [0, 1, 2, 0]
    with pytest.raises(ValueError, match=re.escape("noise bank of shape (4,), got (5,)")):
        sample(bases, NoiseBank(1, (5,)), [0])


@pytest.mark.parametrize("process", [EDM(), VP()], ids=lambda p: p.name)
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_the_exact_denoiser_is_that_of_the_mixture(bases: Tensor, process: Process, noise: float) -> None:
    """Bayes' rule with the densities written out."""
    t = torch.tensor(0.3 * process.T if process.T <= 1 else 0.4, dtype=torch.float64)
    alpha, sigma = process.at(t)
    x = alpha * sample(bases, NoiseBank(1, (DIMENSION,)), range(5), 0.7)[0].double()
    x = x + sigma * NoiseBank(2, (D,))[:5].double()
    log_density, means = [], []
    for basis in bases:
        covariance = 0.49 * basis @ basis.T + noise * torch.eye(D, dtype=torch.float64)
        marginal = alpha**2 * covariance + sigma**2 * torch.eye(D, dtype=torch.float64)
        normal = torch.distributions.MultivariateNormal(torch.zeros(D, dtype=torch.float64), marginal)
        log_density.append(normal.log_prob(x))
        means.append(alpha * x @ torch.linalg.inv(marginal) @ covariance)
    weights = torch.stack(log_density).softmax(0)
    expected = (weights[:, :, None] * torch.stack(means)).sum(0)
    exact = low_rank_mixture(bases, SHAPE, process, scale=0.7, noise=noise)
    torch.testing.assert_close(exact(x.view(5, *SHAPE), t).flatten(1), expected, rtol=0, atol=1e-10)


def test_the_exact_denoiser_lets_its_subspace_through_and_no_more(bases: Tensor) -> None:
    x, components = sample(bases, NoiseBank(1, (DIMENSION,)), range(12))
    sigma = torch.tensor(0.1, dtype=torch.float64)
    x_t = (x + 0.1 * NoiseBank(2, (D,))[:12]).double().view(12, *SHAPE)
    exact = low_rank_mixture(bases, SHAPE, EDM())
    for singular in (full(exact, x_t, sigma), randomized(exact, x_t, sigma, 8)):
        assert (numerical_rank(singular) == DIMENSION).all()
        assert (recovery_error(bases[components], singular.left[:, :, :DIMENSION]) < 1e-3).all()
        shrinkage = torch.tensor(1 / 1.01, dtype=torch.float64)
        torch.testing.assert_close(singular.values[:, :DIMENSION], shrinkage.expand(12, 4), rtol=0, atol=2e-3)
        other = recovery_error(bases[(components + 1) % K], singular.left[:, :, :DIMENSION])
        assert (other > 0.999).all()


def test_under_much_noise_the_components_are_one(bases: Tensor) -> None:
    """Where no component is known the Jacobian is that of the covariance of all: rank ``K d``."""
    sigma = torch.tensor(40.0, dtype=torch.float64)
    x_t = 40 * NoiseBank(2, (D,))[:4].double().view(4, *SHAPE)
    singular = full(low_rank_mixture(bases, SHAPE, EDM()), x_t, sigma)
    assert (numerical_rank(singular) == K * DIMENSION).all()
    span = torch.cat(list(bases), dim=1)
    assert (recovery_error(span, singular.left[:, :, : K * DIMENSION]) < 1e-6).all()


def test_pca_finds_what_the_samples_span(bases: Tensor) -> None:
    """The transition at ``N = d``, and its exact height before."""
    bank = NoiseBank(1, (DIMENSION,))
    for n in range(1, 9):
        x, _ = sample(bases[:1], bank, range(n))
        found = principal(x, DIMENSION)
        assert found.shape == (D, min(n, DIMENSION))
        expected = math.sqrt(max(0.0, 1 - n / DIMENSION))
        assert math.isclose(recovery_error(bases[0], found).item(), expected, abs_tol=1e-6)


def test_recovery_error_is_the_distance_of_projectors(bases: Tensor) -> None:
    u = bases[0]
    found = torch.linalg.qr(u + 0.3 * bases[1] @ rotation(DIMENSION, 1) + 0.2 * bases[2])[0]
    distance = torch.linalg.matrix_norm(u @ u.T - found @ found.T) / math.sqrt(2 * DIMENSION)
    assert math.isclose(recovery_error(u, found).item(), distance.item(), rel_tol=1e-10)
    assert math.isclose(recovery_error(u, found).item(), recovery_error(found, u).item(), rel_tol=1e-10)
    same = recovery_error(u, u @ rotation(DIMENSION, 2))
    assert same < 1e-7
    assert recovery_error(u, bases[1]) == 1
    assert recovery_error(bases[:2], bases[:2]).shape == (2,)
    with pytest.raises(ValueError, match="dimension 4 is looked for among as many directions, got 5"):
        recovery_error(u, torch.zeros(D, 5))


def test_energy_in_is_the_share_inside(bases: Tensor) -> None:
    span = torch.cat(list(bases[:2]), dim=1)
    assert math.isclose(energy_in(span, bases[0]).item(), 1, abs_tol=1e-12)
    assert energy_in(span, bases[2]).item() < 1e-25
    mixed = torch.cat([bases[0][:, :1], bases[2][:, :3]], dim=1)
    assert math.isclose(energy_in(span, mixed).item(), 0.25, abs_tol=1e-12)


def test_chance_is_the_error_of_random_subspaces(bases: Tensor) -> None:
    errors = torch.stack([recovery_error(bases[0], subspaces(seed, 1, D, DIMENSION)[0]) for seed in range(1, 301)])
    assert math.isclose(errors.square().mean().sqrt().item(), chance_error(D, DIMENSION), abs_tol=2e-3)
