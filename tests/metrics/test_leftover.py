"""Leftover noise: none in what is exact, the planted amount where it was planted, less of it with more training."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from samenoise.data import digits
from samenoise.denoiser import NetworkDenoiser
from samenoise.metrics import cleaned, cosine, leftover, variation
from samenoise.metrics.leftover_noise import LEAST, QUIET
from samenoise.networks import ResidualMLP
from samenoise.noise import NoiseBank
from samenoise.oracle import Empirical, Gaussian
from samenoise.oracle.gaussian import Spectrum
from samenoise.process import EDM
from samenoise.solver import generate
from samenoise.training.cohort import Cohort
from samenoise.training.recipe import Recipe

SHAPE, NOISES = (1, 8, 8), 128
BANK = NoiseBank(seed=0, shape=SHAPE)
Z = BANK[0:NOISES]


@pytest.fixture(scope="module")
def images() -> Tensor:
    return digits().images[torch.randperm(1797, generator=torch.Generator().manual_seed(0))]


def draw(denoiser, steps: int) -> Tensor:
    return torch.cat([b.images for b in generate(denoiser, BANK, range(NOISES), steps=steps, batch_size=NOISES)])


def by_hand(images: Tensor, z: Tensor, real: Tensor) -> float:
    """Numbers one by one, in the eigenvectors that hold a ten-thousandth of the variance, or a sixteenth of them."""
    x, w, y = (each.flatten(1).double().numpy() for each in (images, z, real))
    variances, vectors = np.linalg.eigh(np.cov(y.T))
    count = max(np.sum(np.cumsum(variances) <= QUIET * variances.sum()), int(np.ceil(LEAST * len(variances))))
    x, w = ((each - each.mean(0)) @ vectors[:, :count] for each in (x, w))
    return float((x * w).sum() / (w * w).sum())


def test_it_is_the_slope_in_the_quietest_directions(images: Tensor) -> None:
    pictures = draw(Empirical(images[:200], EDM()), 6) + 0.1 * Z
    for real in (images, images + 0.3 * torch.randn(images.shape, generator=torch.Generator().manual_seed(0))):
        found = leftover(pictures, Z, variation(real)).score
        assert found.value == pytest.approx(by_hand(pictures, Z, real), rel=1e-6)
        assert found.n == NOISES


def test_nothing_is_left_in_what_is_exact_and_real_images_have_none(images: Tensor) -> None:
    real = variation(images)
    optimum, gaussian = draw(Empirical(images, EDM()), 18), Gaussian.fit(images, EDM()).flow(Z)
    found = {
        name: leftover(x, Z, real)
        for name, x in (("optimum", optimum), ("gaussian", gaussian), ("real", images[:NOISES]))
    }
    contrast = float(images.std(0).square().mean().sqrt())
    assert found["real"].floor < 0.02 * contrast
    # The flow of the Gaussian has in every direction the most that it may.
    assert found["gaussian"].score.value == pytest.approx(found["gaussian"].floor, rel=0.05)
    assert abs(found["optimum"].score.value) < found["optimum"].floor
    low, high = found["real"].score.ci95
    assert low < 0 < high < 0.01
    for pictures, most in ((optimum, 0.03), (gaussian, 1e-3)):
        change = (cleaned(pictures, Z, real) - pictures).square().mean() / pictures.var(0).mean()
        assert change < most


@pytest.mark.parametrize("amount", [0.05, 0.2, 1.0])
def test_what_is_planted_is_found_and_taken_out(images: Tensor, amount: float) -> None:
    real = variation(images)
    for pictures in (
        draw(Empirical(images, EDM()), 18),
        Gaussian.fit(images, EDM()).flow(Z),
        images[:NOISES],
    ):
        noisy = pictures + amount * Z
        before, after = leftover(pictures, Z, real), leftover(noisy, Z, real)
        assert after.score.value - before.score.value == pytest.approx(amount)
        assert after.values.mean().item() == pytest.approx(after.score.value)
        removed = (cleaned(noisy, Z, real) - noisy).flatten(1)
        error = (removed + amount * Z.flatten(1)).square().mean().sqrt()
        assert error < 0.2 * amount + 0.08
    assert leftover(cleaned(noisy, Z, real), Z, real).score.value < before.floor + 1e-6


def test_of_fewer_images_than_pixels_what_is_planted_outside_their_span_is_taken_out_too(images: Tensor) -> None:
    """Pictures with the spectrum of real images that hang on their noise by 0.6; 24 pixels lie outside 40 images."""
    real = variation(images[:40], images[40:400])
    assert real.outside > 20

    def with_spectrum(z: Tensor) -> Tensor:
        along, outside = real.split(z.flatten(1).double())
        return real.join(along * real.variances.sqrt(), outside * real.rest.sqrt()).view(z.shape)

    own = torch.randn(Z.shape, generator=torch.Generator().manual_seed(0))
    pictures = 0.6 * with_spectrum(Z) + 0.8 * with_spectrum(own)
    for amount in (0.1, 0.5):
        removed = (pictures + amount * Z - cleaned(pictures + amount * Z, Z, real)).flatten(1)
        _, outside = real.split(removed)
        _, planted = real.split(amount * Z.flatten(1).double())
        assert float((outside * planted).sum() / planted.square().sum()) == pytest.approx(1, abs=0.05)


def test_agreement_by_noise_alone_does_not_survive(images: Tensor) -> None:
    """Two sets of pictures that share nothing but the noise left in them."""
    real, mean = variation(images), images.mean(0)
    a, b = images[:NOISES] + 0.8 * Z, images[NOISES : 2 * NOISES] + 0.8 * Z

    def agreement(x: Tensor, y: Tensor) -> float:
        return float(cosine((x - mean).flatten(1), (y - mean).flatten(1)).mean())

    assert agreement(a, b) > 0.6
    assert abs(agreement(cleaned(a, Z, real), cleaned(b, Z, real))) < 0.1


def test_it_falls_with_training_and_rises_on_a_coarse_grid(images: Tensor) -> None:
    real, found = variation(images), {}
    network = ResidualMLP(SHAPE, 32, 2, seed=0)
    recipe = Recipe(updates=400, batch=64, schedule="constant")
    cohort = Cohort([network], [images], [0], ["one"], EDM(), "edm", recipe)
    state = cohort.start()
    for _ in cohort.train(state):
        if state.update in (40, 120, 400):
            network.load_state_dict(cohort.weights(state)[0])
            denoiser = NetworkDenoiser(network.eval(), EDM(), SHAPE)
            for steps in (4, 8, 18):
                found[state.update, steps] = leftover(draw(denoiser, steps), Z, real).score
            network.train()
    for first, then in ((40, 120), (120, 400)):
        assert found[then, 18].ci95[1] < found[first, 18].ci95[0]
    for coarse, fine in ((4, 8), (8, 18)):
        assert found[400, coarse].ci95[0] > found[400, fine].ci95[1]
    assert found[400, 18].ci95[0] > 5 * leftover(Z, Z, real).floor


def test_where_no_direction_is_quiet_the_floor_says_so() -> None:
    """Images of white noise: the exact flow is the noise itself."""
    generator = torch.Generator().manual_seed(0)
    images = 0.5 * torch.randn(1500, *SHAPE, generator=generator)
    real = variation(images)
    gaussian = leftover(Gaussian.fit(images, EDM()).flow(Z), Z, real)
    assert gaussian.floor == pytest.approx(0.42, abs=0.04)
    assert gaussian.score.value == pytest.approx(gaussian.floor, rel=0.02)
    assert leftover(draw(Empirical(images, EDM()), 18), Z, real).score.ci95[1] < gaussian.floor
    # What is beyond the floor is told all the same.
    assert leftover(Gaussian.fit(images, EDM()).flow(Z) + 0.2 * Z, Z, real).score.ci95[0] > gaussian.floor + 0.15


def test_fewer_images_than_numbers_leave_directions_that_only_others_fill(images: Tensor) -> None:
    few, rest = images[:30], images[30:]
    alone, both = variation(few), variation(few, rest)
    assert alone.basis.shape == (64, 29)
    assert alone.outside == 35
    assert float(alone.rest) < 1e-12
    left = (rest - rest.mean(0)).flatten(1).double() @ (torch.eye(64).double() - alone.basis @ alone.basis.T)
    assert float(both.rest) == pytest.approx(float(left.square().sum() / len(rest) / 35))
    optimum = draw(Empirical(few, EDM()), 18)
    assert abs(leftover(optimum, Z, alone).score.value) < 1e-4
    assert leftover(optimum, Z, alone).floor < 1e-5 < leftover(optimum, Z, both).floor
    noisy = optimum + 0.2 * Z
    assert leftover(noisy, Z, alone).score.value == pytest.approx(0.2, abs=1e-4)
    outside = (cleaned(noisy, Z, alone) - optimum).flatten(1).double()
    outside -= outside @ alone.basis @ alone.basis.T
    assert float(outside.abs().max()) < 0.01


def test_what_lies_outside_is_quiet_only_where_images_hardly_vary_there() -> None:
    generator = torch.Generator().manual_seed(0)
    z, own = (torch.randn(50, 20, generator=generator) for _ in range(2))
    pictures = torch.cat([0.3 * z[:, :2], own[:, 2:]], 1)
    basis, variances = torch.eye(20).double()[:, :4], torch.tensor([1e-6, 1e-6, 1, 1]).double()
    loud, quiet = (Spectrum(basis, variances, torch.tensor(rest).double()) for rest in (5.0, 0.0))
    assert leftover(pictures, z, loud).score.value == pytest.approx(0.3)
    assert leftover(pictures, z, loud).floor == pytest.approx(1e-3)
    assert leftover(pictures, z, quiet).score.value < 0.15
    assert leftover(pictures, z, quiet).floor == pytest.approx(1e-3 * 2 / 18)


def test_variances_are_the_largest_of_any_set(images: Tensor) -> None:
    real, other = images[:1000], 2 * images[1000:]
    found, alone = variation(real, other), variation(real)
    torch.testing.assert_close(found.basis, alone.basis)
    assert bool((found.variances >= alone.variances).all())
    assert float(found.variances.sum()) == pytest.approx(float(other.double().flatten(1).var(0, correction=0).sum()))
    assert float(alone.variances.sum()) == pytest.approx(float(real.double().flatten(1).var(0, correction=0).sum()))


def test_the_interval_covers() -> None:
    rng, covered = np.random.default_rng(0), 0
    scale = torch.linspace(0.01, 1, 24).double()
    real = variation(torch.from_numpy(rng.normal(size=(4000, 24))) * scale)
    for _ in range(300):
        z, own = (torch.from_numpy(rng.normal(size=(64, 24))) for _ in range(2))
        heavy = torch.from_numpy(np.exp(rng.normal(size=(64, 1))))
        low, high = leftover(heavy * scale * own + 0.05 * z, z, real).score.ci95
        covered += low <= 0.05 <= high
    assert 0.91 < covered / 300 < 0.98


def test_images_that_are_all_one_leave_no_room() -> None:
    real = variation(torch.ones(5, *SHAPE))
    found = leftover(0.3 * Z, Z, real)
    assert (found.score.value, found.floor) == (pytest.approx(0.3), 0)
    assert float(cleaned(1 + 0.3 * Z, Z, real).sub(1).abs().max()) < 1e-5


def test_shape_and_dtype_are_kept_and_what_does_not_fit_is_refused(images: Tensor) -> None:
    real = variation(images)
    out = cleaned(images[:NOISES].half(), Z, real)
    assert (out.shape, out.dtype) == ((NOISES, *SHAPE), torch.float16)
    with pytest.raises(ValueError, match="three pictures and the noise"):
        leftover(images[:5], Z, real)
    with pytest.raises(ValueError, match="three pictures and the noise"):
        leftover(Z[:2], Z[:2], real)
    with pytest.raises(ValueError, match="at least two of a set, got 1"):
        variation(images, images[:1])
    with pytest.raises(ValueError, match="NaN or infinity"):
        leftover(torch.full_like(Z, torch.nan), Z, real)
