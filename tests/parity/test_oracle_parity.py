"""Closed forms against scipy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.covariance import EmpiricalCovariance
from sklearn.datasets import load_digits
from sklearn.mixture import GaussianMixture
from torch import Tensor

from samenoise.noise import NoiseBank
from samenoise.oracle import Gaussian, Mixture
from samenoise.process import PROCESSES, Flow, Process


def digits(n: int = 400) -> Tensor:
    return torch.from_numpy(load_digits().images[:n]).unsqueeze(1).float() / 8 - 1


@pytest.fixture(scope="module")
def teacher() -> Mixture:
    return Mixture.fit(digits(), 4, Flow(), reg_covar=1e-2, seed=1)


@pytest.fixture(scope="module")
def reference() -> GaussianMixture:
    flat = digits().flatten(1).double().numpy()
    return GaussianMixture(4, covariance_type="full", reg_covar=1e-2, random_state=1).fit(flat)


@pytest.mark.parametrize("made", PROCESSES, ids=lambda p: p.name)
@pytest.mark.parametrize("fraction", [0.05, 0.5, 1.0])
def test_mixture(teacher: Mixture, reference: GaussianMixture, made: type[Process], fraction: float) -> None:
    """Responsibilities from scipy's normal densities, component means by solving for each."""
    process = made()
    teacher = Mixture.from_state(teacher.state(), process)
    t = torch.tensor(fraction * process.T, dtype=torch.float64)
    alpha, sigma = process.at(t)
    x = alpha * digits(5).double() + sigma * NoiseBank(0, (1, 8, 8))[:5].double()
    flat, log_density, estimates = x.flatten(1).numpy(), [], []
    for weight, mean, C in zip(reference.weights_, reference.means_, reference.covariances_, strict=True):
        S = alpha**2 * C + sigma**2 * np.eye(64)
        log_density.append(np.log(weight) + multivariate_normal(alpha * mean, S).logpdf(flat))
        estimates.append(mean + alpha * np.linalg.solve(S, (flat - alpha * mean).T).T @ C)
    share = np.exp(log_density - np.max(log_density, axis=0))
    expected = np.einsum("kb,kbd->bd", share / share.sum(0), np.array(estimates))
    torch.testing.assert_close(teacher(x, t).flatten(1), torch.from_numpy(expected), rtol=0, atol=1e-7)


def test_labels_of_samples_are_those_that_scikit_learn_would_give(teacher: Mixture, reference: GaussianMixture) -> None:
    images, labels = teacher.sample(NoiseBank(3, (65,)), range(500))
    assert images.shape == (500, 1, 8, 8)
    assert (reference.predict(images.flatten(1).double().numpy()) == labels.numpy()).mean() > 0.99


@pytest.mark.parametrize("n", [30, 400])
def test_gaussian_fit(n: int) -> None:
    flat = digits(n).flatten(1).double().numpy()
    covariance = EmpiricalCovariance().fit(flat).covariance_
    fitted = Gaussian.fit(digits(n), Flow()).spectrum
    rebuilt = fitted.basis @ torch.diag(fitted.variances) @ fitted.basis.mT
    torch.testing.assert_close(rebuilt, torch.from_numpy(covariance), rtol=0, atol=1e-12)
