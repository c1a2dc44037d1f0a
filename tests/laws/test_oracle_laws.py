"""The closed forms are what they say: against brute force, against each other, and in their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from closed_forms import SHAPE, WEIGHTS, Make, covariances, images, labels, low_rank, means, mixture, normal
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save
from scipy.stats import kstest, norm
from torch import Tensor

from samenoise.noise import NoiseBank
from samenoise.oracle import ByClass, Empirical, Gaussian, Mixture, Spectrum
from samenoise.process import EDM, PROCESSES, VP, CosineVP, Flow, Process

FRACTIONS = (0.02, 0.3, 0.8, 1.0)
EYE = torch.eye(9, dtype=torch.float64)


def noisy(process: Process, t: Tensor, n: int = 6) -> Tensor:
    alpha, sigma = (c.reshape(-1, 1, 1, 1) for c in process.alpha_sigma(t))
    return alpha * images(n) + sigma * normal(n, *SHAPE, seed=9)


def some_times(process: Process) -> list[Tensor]:
    """One for the batch, and one for each of six images."""
    scalars = [torch.tensor(f * process.T, dtype=torch.float64) for f in FRACTIONS]
    return [*scalars, torch.linspace(0.02, 1.0, 6, dtype=torch.float64) * process.T]


def by_softmax(x: Tensor, alpha: Tensor, sigma: Tensor, data: Tensor) -> Tensor:
    """The definition, with every difference written out."""
    distance2 = (x[:, None] - alpha.reshape(-1, 1, 1, 1, 1) * data[None]).flatten(2).square().sum(2)
    weights = (-distance2 / (2 * sigma.reshape(-1, 1) ** 2)).softmax(1)
    return (weights[:, :, None, None, None] * data).sum(1)


@pytest.mark.parametrize("chunk", [1, 7, 40, 4096])
def test_empirical_is_the_softmax_over_images(process: Process, chunk: int) -> None:
    denoiser = Empirical(images(), process, labels(), chunk)
    cond = torch.tensor([2, 0, 0, 1, 2, 0])
    for t in some_times(process):
        x, (alpha, sigma) = noisy(process, t), process.alpha_sigma(t)
        torch.testing.assert_close(denoiser(x, t), by_softmax(x, alpha, sigma, images()), rtol=0, atol=1e-10)
        conditional = denoiser(x, t, cond)
        for i, label in enumerate(cond):
            one = by_softmax(x[i : i + 1], alpha.expand(6)[i], sigma.expand(6)[i], images()[labels() == label])
            torch.testing.assert_close(conditional[i : i + 1], one, rtol=0, atol=1e-10)


@settings(max_examples=40)
@given(chunk=st.integers(1, 45), n=st.integers(1, 40), log_sigma=st.floats(math.log(0.002), math.log(80)))
def test_empirical_does_not_depend_on_the_chunk(chunk: int, n: int, log_sigma: float) -> None:
    t = torch.tensor(log_sigma, dtype=torch.float64).exp()
    x = noisy(EDM(), t)
    expected = by_softmax(x, torch.ones(()).double(), t, images(n))
    torch.testing.assert_close(Empirical(images(n), EDM(), chunk=chunk)(x, t), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("offset", [0.0, -0.95])
def test_float32_copies_the_nearest_image_where_noise_is_small(offset: float) -> None:
    """3,072 pixels, spread 0.05 about the offset, at the smallest sigma of EDM: the logits are near 1e6."""
    data = 0.05 * normal(300, 3, 32, 32, seed=5).float() + offset
    denoiser, t = Empirical(data, EDM(), chunk=128), torch.tensor(0.002, dtype=torch.float64)
    x = data[:50] + 0.002 * normal(50, 3, 32, 32, seed=6).float()
    torch.testing.assert_close(denoiser(x, t), data[:50], rtol=0, atol=1e-6)


def test_float32_keeps_its_digits_far_from_the_origin() -> None:
    """Where images differ little from their mean, far from 0, and noise is of the size of the differences."""
    data = 0.01 * normal(200, 1, 16, 16, seed=5) + 0.9
    t = torch.tensor(0.1, dtype=torch.float64)
    x = data[:20] + 0.1 * normal(20, 1, 16, 16, seed=6)
    single = Empirical(data.float(), EDM())(x.float(), t)
    exact = by_softmax(x.float().double(), torch.ones(()).double(), t, data.float().double())
    torch.testing.assert_close((single.double() - 0.9) / 0.01, (exact - 0.9) / 0.01, rtol=0, atol=2e-4)


def test_wrong_images_and_labels() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        Empirical(torch.empty(0, *SHAPE), EDM())
    with pytest.raises(ValueError, match=r"40 images need as many labels, got labels of shape \(39,\)"):
        Empirical(images(), EDM(), labels(39))
    x, t, cond = images(2), torch.ones((), dtype=torch.float64), torch.tensor([0, 3])
    with pytest.raises(ValueError, match="without labels"):
        Empirical(images(), EDM())(x, t, cond)
    with pytest.raises(ValueError, match=r"no image has label 3; the labels are \[0, 1, 2\]"):
        Empirical(images(), EDM(), labels())(x, t, cond)
    with pytest.raises(ValueError, match="no classes"):
        Gaussian.fit(images(), EDM())(x, t, cond)


def test_gaussian_is_the_conditional_expectation(process: Process) -> None:
    """E[x_0 | x_t] of two jointly normal vectors: m + Cov(x_0, x_t) Var(x_t)^-1 (x_t - alpha m)."""
    mean, C = means()[0], covariances()[0]
    denoiser = Gaussian(mean, C, process)
    for t in some_times(process):
        x, (alpha, sigma) = noisy(process, t), (c.expand(6) for c in process.alpha_sigma(t))
        for i in range(6):
            variance = alpha[i] ** 2 * C + sigma[i] ** 2 * EYE
            shift = alpha[i] * C @ torch.linalg.solve(variance, (x[i] - alpha[i] * mean).flatten())
            torch.testing.assert_close(denoiser(x, t)[i].flatten(), mean.flatten() + shift, rtol=0, atol=1e-10)


@pytest.mark.parametrize("n", [5, 40])
def test_fit_has_the_moments_of_the_images(process: Process, n: int) -> None:
    """With fewer images than pixels as well as with more."""
    flat = images(n).flatten(1)
    centred = flat - flat.mean(0)
    by_hand = Gaussian(flat.mean(0).reshape(SHAPE), centred.T @ centred / n, process)
    for t in some_times(process):
        x = noisy(process, t)
        torch.testing.assert_close(Gaussian.fit(images(n), process)(x, t), by_hand(x, t), rtol=0, atol=1e-9)


def test_gaussian_is_a_mixture_of_one(process: Process) -> None:
    one = Mixture(torch.ones(1), means(1), covariances(1), process)
    gaussian = Gaussian(means(1)[0], covariances(1)[0], process)
    for t in some_times(process):
        x = noisy(process, t)
        torch.testing.assert_close(one(x, t), gaussian(x, t), rtol=0, atol=1e-12)


def test_empirical_is_a_mixture_without_width(process: Process) -> None:
    points = Mixture(torch.ones(40), images(), torch.zeros(40, 9, 9), process)
    for t in some_times(process):
        x = noisy(process, t)
        torch.testing.assert_close(points(x, t), Empirical(images(), process)(x, t), rtol=0, atol=1e-9)


@pytest.mark.parametrize("rank", [0, 2, 9])
def test_low_rank_is_full_with_the_same_covariance(process: Process, rank: int) -> None:
    factors, noise = 0.3 * normal(3, 9, rank, seed=4), torch.tensor([0.02, 0.05, 0.01], dtype=torch.float64)
    full = factors @ factors.mT + noise[:, None, None] * EYE
    thin, wide = Mixture.low_rank(WEIGHTS, means(), factors, noise, process), Mixture(WEIGHTS, means(), full, process)
    for t in some_times(process):
        x = noisy(process, t)
        torch.testing.assert_close(thin(x, t), wide(x, t), rtol=0, atol=1e-10)


def test_components_are_the_classes_of_a_mixture(process: Process) -> None:
    cond = torch.tensor([2, 0, 0, 1, 2, 0])
    for t in some_times(process):
        x = noisy(process, t)
        for k in range(3):
            alone = Gaussian(means()[k], covariances()[k], process)(x, t)
            torch.testing.assert_close(mixture(process)(x, t, cond)[cond == k], alone[cond == k], rtol=0, atol=1e-12)


@pytest.mark.parametrize("process", [CosineVP(), Flow()], ids=lambda p: p.name)
def test_without_any_image_left_the_estimate_is_the_mean(process: Process, closed_form: Make) -> None:
    expected = {
        Empirical: images().mean(0),
        Gaussian: None,
        ByClass: None,
        Mixture: (WEIGHTS[:, None, None, None] * means()).sum(0),
    }
    denoiser = closed_form(process)
    mean = expected[type(denoiser)]
    unlabelled = denoiser.unconditional if isinstance(denoiser, ByClass) else denoiser
    if isinstance(unlabelled, Gaussian):
        mean = unlabelled.mean.reshape(SHAPE)
    t = torch.tensor(process.T, dtype=torch.float64)
    torch.testing.assert_close(denoiser(normal(4, *SHAPE), t), mean.expand(4, *SHAPE), rtol=0, atol=1e-12)


def test_where_noise_vanishes_the_estimate_is_the_image(process: Process) -> None:
    t = torch.tensor(1e-9, dtype=torch.float64)
    alpha, _ = process.at(t)
    x = normal(4, *SHAPE)
    for denoiser in (Gaussian(means()[0], covariances()[0], process), mixture(process), low_rank(process)):
        torch.testing.assert_close(denoiser(x, t), x / alpha, rtol=0, atol=1e-5)


def test_precision_and_shape_follow_the_images(process: Process, closed_form: Make) -> None:
    denoiser = closed_form(process)
    assert (denoiser.process, denoiser.shape) == (process, SHAPE)
    for t in some_times(process):
        double = noisy(process, t)
        single = denoiser(double.float(), t)
        assert single.dtype == torch.float32
        assert denoiser(double, t).dtype == torch.float64
        torch.testing.assert_close(single.double(), denoiser(double, t), rtol=0, atol=1e-4)


def test_estimate_is_the_gradient_of_the_density(process: Process) -> None:
    """Tweedie: alpha D = x + sigma^2 grad log p(x), with the mixture's density from torch's own distributions."""
    t = torch.tensor(0.3 * process.T, dtype=torch.float64)
    alpha, sigma = process.at(t)
    x = noisy(process, t).flatten(1).requires_grad_()
    parts = torch.distributions.MultivariateNormal(
        alpha * means().flatten(1), alpha**2 * covariances() + sigma**2 * EYE
    )
    density = (parts.log_prob(x[:, None]) + WEIGHTS.log()).logsumexp(1)
    (score,) = torch.autograd.grad(density.sum(), x)
    estimate = mixture(process)(x.detach().view(-1, *SHAPE), t).flatten(1)
    torch.testing.assert_close(alpha * estimate, x.detach() + sigma**2 * score, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("make", [mixture, low_rank])
def test_samples_are_of_the_mixture(make: Make) -> None:
    """5,000 samples: component shares, and each component's whitened samples are standard normal."""
    drawn, components = make(EDM()).sample(NoiseBank(8, (10,)), range(5_000))
    assert (drawn.dtype, components.dtype, drawn.shape) == (torch.float32, torch.int64, (5_000, *SHAPE))
    shares = components.bincount(minlength=3) / 5_000
    torch.testing.assert_close(shares.double(), WEIGHTS, rtol=0, atol=0.028)  # four standard errors
    factors = 0.3 * normal(3, 9, 2, seed=4)
    truth = covariances() if make is mixture else factors @ factors.mT + 0.02 * EYE
    for k in range(3):
        centred = (drawn[components == k].double() - means()[k]).flatten(1)
        white = torch.linalg.solve_triangular(torch.linalg.cholesky(truth[k]), centred.T, upper=False)
        assert kstest(white.flatten().numpy(), "norm").pvalue > 1e-3
        torch.testing.assert_close(torch.cov(white), EYE, rtol=0, atol=0.2)  # and of the smallest part's variances


@pytest.mark.parametrize("scale", [0.2, 3.0, 1e6])
def test_the_scale_of_the_weights_does_not_matter(scale: float) -> None:
    """Neither to samples, bit for bit, nor to the estimate."""
    made, scaled = (Mixture(WEIGHTS * s, means(), covariances(), EDM()) for s in (1.0, scale))
    samples = [each.sample(NoiseBank(8, (10,)), range(300)) for each in (made, scaled)]
    assert all(torch.equal(left, right) for left, right in zip(*samples, strict=True))
    t = torch.tensor(2.0, dtype=torch.float64)
    torch.testing.assert_close(scaled(noisy(EDM(), t), t), made(noisy(EDM(), t), t))


def test_a_sample_is_its_component_by_the_first_number_of_the_noise_and_its_image_by_the_others() -> None:
    """The recipe, written out for a few noises."""
    bank, made = NoiseBank(8, (10,)), Mixture(3 * WEIGHTS, means(), covariances(), EDM())
    drawn, components = made.sample(bank, range(40))
    assert set(components.tolist()) == {0, 1, 2}
    for i in range(40):
        u = norm.cdf(float(bank[i][0]))
        k = 0 if u < 0.2 else 1 if u < 0.7 else 2
        variances, basis = np.linalg.eigh(covariances()[k].numpy())
        z = basis * np.sqrt(variances) @ basis.T @ bank[i][1:].double().numpy()
        assert components[i] == k
        np.testing.assert_allclose(drawn[i].flatten(), means()[k].flatten().numpy() + z, atol=1e-6)


@given(ids=st.lists(st.integers(0, 10**6), max_size=6))
@settings(max_examples=25)
def test_a_sample_belongs_to_its_noise_bit_for_bit(ids: list[int]) -> None:
    teacher, bank = low_rank(VP()), NoiseBank(8, (10,))
    drawn, components = teacher.sample(bank, ids)
    assert drawn.shape == (len(ids), *SHAPE)
    for i, image, component in zip(ids, drawn, components, strict=True):
        alone, k = teacher.sample(bank, torch.tensor([i]))
        assert torch.equal(alone[0], image)
        assert k[0] == component


def test_samples_need_one_number_more_than_pixels() -> None:
    with pytest.raises(ValueError, match=r"bank of shape \(10,\), got \(9,\)"):
        mixture(EDM()).sample(NoiseBank(0, (9,)), [0])


@pytest.mark.parametrize("make", [mixture, low_rank])
def test_state_brings_back_the_same_mixture(make: Make) -> None:
    made = make(Flow())
    again = Mixture.from_state(load(save(made.state())), Flow())
    x, t = normal(4, *SHAPE), torch.tensor(0.4, dtype=torch.float64)
    assert torch.equal(again(x, t), made(x, t))
    bank = NoiseBank(0, (10,))
    assert torch.equal(again.sample(bank, range(9))[0], made.sample(bank, range(9))[0])


def test_spectrum_splits_and_joins() -> None:
    spectrum = Spectrum.low_rank(0.3 * normal(3, 9, 2, seed=4), 0.02)
    x = normal(3, 5, 9)
    torch.testing.assert_close(spectrum.join(*spectrum.split(x)), x)
    assert spectrum.outside == 7
    assert Spectrum.full(covariances()).outside == 0


def test_all_processes_are_covered() -> None:
    assert {CosineVP, Flow} == {p for p in PROCESSES if p().at(p().T)[0] < 1e-12}
