"""Distance of distributions: against sums by hand and torchmetrics, 0 on average where both are one, covered."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torchmetrics.image.kid import poly_mmd

from samenoise.data import digits
from samenoise.features import Pixel
from samenoise.metrics import KID, RBF, Polynomial, mmd, mmd_gap
from samenoise.noise import NoiseBank
from samenoise.oracle import Gaussian
from samenoise.process import EDM


def rows(n: int, d: int, seed: int, shift: float = 0.0) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed)) + shift


def by_hand(a: np.ndarray, y: np.ndarray, kernel) -> float:
    """Pair by pair."""
    within = [np.mean([kernel(p, q) for i, p in enumerate(x) for j, q in enumerate(x) if i != j]) for x in (a, y)]
    return sum(within) - 2 * np.mean([kernel(p, q) for p in a for q in y])


@pytest.mark.parametrize("chunk", [1024, 7])
def test_it_is_the_mean_over_pairs(chunk: int) -> None:
    a, y = rows(20, 5, 0, 0.3), rows(13, 5, 1)
    for kernel, same in (
        (Polynomial(3, 2.0), lambda p, q: (p @ q / (5 * 4) + 1) ** 3),
        (RBF(1.5), lambda p, q: np.exp(-np.sum((p - q) ** 2) / (2 * 1.5**2))),
    ):
        expected = by_hand(a.double().numpy(), y.double().numpy(), same)
        assert mmd(a, y, kernel, chunk).value == pytest.approx(expected, abs=1e-6)


def test_kid_is_that_of_torchmetrics() -> None:
    a, y = rows(50, 8, 0, 0.2), rows(50, 8, 1)
    assert mmd(a, y).value == pytest.approx(float(poly_mmd(y, a)), abs=1e-6)
    assert mmd(a, y, KID).value == mmd(a, y).value


def test_a_gap_is_the_difference_of_two() -> None:
    a, b, y = rows(30, 4, 0), rows(30, 4, 1, 1.0), rows(25, 4, 2)
    kernel = RBF.of(y)
    for share in (1.0, 0.5):
        expected = mmd(a, y, kernel).value - share * mmd(b, y, kernel).value
        assert mmd_gap(a, b, y, kernel, share, chunk=11).value == pytest.approx(expected, abs=1e-7)


def test_the_same_noises_make_a_gap_sharper() -> None:
    """Pictures that move together: their difference is known better than either distance."""
    a, y = rows(200, 6, 0), rows(150, 6, 1)
    kernel, near = RBF.of(y), a + 0.4
    gap = mmd_gap(a + 0.5, near, y, kernel)
    shuffled = mmd_gap(a + 0.5, near[torch.randperm(200, generator=torch.Generator().manual_seed(0))], y, kernel)
    assert gap.value == pytest.approx(shuffled.value)
    assert gap.ci95[1] - gap.ci95[0] < 0.75 * (shuffled.ci95[1] - shuffled.ci95[0])
    alone = mmd(a + 0.5, y, kernel)
    assert gap.ci95[1] - gap.ci95[0] < 0.5 * (alone.ci95[1] - alone.ci95[0])


def test_the_bandwidth_is_the_distance_of_neighbours_and_has_no_unit() -> None:
    real = torch.tensor([[0.0], [1.0], [1.0], [3.0], [6.0]])
    assert RBF.of(real).bandwidth == 1.5  # of 0, 1, 3 and 6: 1, 1, 2 and 3; what is there twice is no neighbour
    a, y = rows(40, 3, 0), rows(30, 3, 1)
    assert mmd(255 * a, 255 * y, RBF.of(255 * y)).value == pytest.approx(mmd(a, y, RBF.of(y)).value, rel=1e-4)
    with pytest.raises(ValueError, match="all real images are one image"):
        RBF.of(torch.ones(5, 2))


@pytest.fixture(scope="module")
def digits_by_halves() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Training and held-out digits, and 400 pictures of the Gaussian of the former; and the noise."""
    images = digits().images[torch.randperm(1797, generator=torch.Generator().manual_seed(0))]
    train, held_out = images[:1400], images[1400:]
    z = NoiseBank(seed=0, shape=(1, 8, 8))[0:400]
    return train, held_out, Gaussian.fit(train, EDM()).flow(z), z


def test_real_images_are_nearer_than_their_gaussian_and_noise_takes_them_away(digits_by_halves) -> None:
    train, held_out, normal, z = digits_by_halves
    pixel = Pixel(train.mean(0))

    def features(images: Tensor, source: str) -> object:
        return pixel(images, torch.arange(len(images)), source)

    real, gaussian = features(held_out, "held-out"), features(normal, "bank")
    kernel = RBF.of(real)
    assert mmd(features(train[:400], "train"), real, kernel).ci95[0] < 0.001
    assert mmd(gaussian, real, kernel).ci95[0] > 0.001
    levels = [features(train[:400] + a * z, "bank") for a in (0, 0.1, 0.2, 0.4, 0.8)]
    distances = [mmd(each, real, kernel).value for each in levels]
    assert distances == sorted(distances)
    nearer = [mmd_gap(each, gaussian, real, kernel).ci95[1] < 0 for each in levels]
    farther = [mmd_gap(each, gaussian, real, kernel).ci95[0] > 0 for each in levels]
    assert nearer == [True, True, True, False, False]
    assert farther[-1]
    half = [mmd_gap(each, gaussian, real, kernel, share=0.5).ci95[1] < 0 for each in levels]
    assert half[0]
    assert not half[3]
    # Third moments of pixels do not tell real images from their Gaussian.
    assert mmd_gap(levels[0], gaussian, real).ci95[1] > 0


def covered(draw, statistic, truth: float, times: int) -> float:
    rng = np.random.default_rng(0)
    found = [statistic(*(torch.from_numpy(x) for x in draw(rng))).ci95 for _ in range(times)]
    return float(np.mean([low <= truth <= high for low, high in found]))


@pytest.mark.parametrize("shift", [0.0, 0.4])
def test_the_interval_covers(shift: float) -> None:
    """Two Gaussians a shift apart: E k = (1 + 2 / b^2)^(-d/2) exp(-shift^2 d / (2 (b^2 + 2))) for bandwidth b."""
    d, b = 4, 1.5
    same = (1 + 2 / b**2) ** (-d / 2)
    truth = 2 * same * (1 - np.exp(-(shift**2) * d / (2 * (b**2 + 2))))

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return rng.normal(size=(64, d)) + shift, rng.normal(size=(80, d))

    assert 0.92 < covered(draw, lambda a, y: mmd(a, y, RBF(b)), truth, 400) < 0.985


def test_the_interval_of_a_gap_covers() -> None:
    d, b = 4, 1.5
    same = (1 + 2 / b**2) ** (-d / 2)
    near, far = (2 * same * (1 - np.exp(-(shift**2) * d / (2 * (b**2 + 2)))) for shift in (0.2, 0.5))

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        z = rng.normal(size=(64, d))
        return z + 0.2, z + 0.5, rng.normal(size=(80, d))

    assert 0.92 < covered(draw, lambda a, g, y: mmd_gap(a, g, y, RBF(b)), near - far, 400) < 0.985


def test_what_cannot_be_compared_is_refused() -> None:
    pixel, images = Pixel(torch.zeros(1, 2, 2)), torch.randn(4, 1, 2, 2)
    features = pixel(images, torch.arange(4), "bank")
    with pytest.raises(TypeError, match="Features are compared with Features"):
        mmd(features, images)
    with pytest.raises(ValueError, match="features of two kinds"):
        mmd(features, Pixel(torch.ones(1, 2, 2))(images, torch.arange(4), "data"))
    with pytest.raises(ValueError, match="not of the same noises"):
        mmd_gap(features, pixel(images, torch.arange(4) + 1, "bank"), features)
    with pytest.raises(ValueError, match="two pictures and two real images of one size"):
        mmd(torch.ones(1, 3), torch.ones(5, 3))
    with pytest.raises(ValueError, match="NaN or infinity"):
        mmd(torch.full((4, 3), torch.nan), torch.ones(5, 3))
