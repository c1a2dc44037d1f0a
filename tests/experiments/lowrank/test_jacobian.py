"""Products, singular values and ranks of Jacobians: against closed forms, finite differences and each other."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from networks_made import SHALLOW, SHAPE, stirred
from torch import Tensor

from samenoise.denoiser import Denoiser, NetworkDenoiser
from samenoise.experiments.lowrank.jacobian import (
    Jacobian,
    Singular,
    directions,
    entropy_rank,
    full,
    numerical_rank,
    randomized,
)
from samenoise.noise import NoiseBank
from samenoise.oracle import Empirical, Gaussian, Mixture
from samenoise.process import EDM, VP, Flow, Process

D = 64
PROCESS: list[Process] = [EDM(), VP(), Flow()]
Spectra = tuple[Denoiser, Tensor]


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def images(n: int = 30) -> Tensor:
    """Of few directions that matter, so that a randomized rank is worth its name."""
    scales = 0.5 * 0.6 ** torch.arange(D, dtype=torch.float64)
    mix = torch.linalg.qr(normal(D, D, seed=3))[0]
    return ((normal(n, D, seed=1) * scales) @ mix).view(n, *SHAPE) - 0.3


def network(name: str) -> Denoiser:
    return NetworkDenoiser(stirred(name).double(), EDM(), SHAPE)


CLOSED: dict[str, Callable[[Process], Denoiser]] = {
    "empirical": lambda process: Empirical(images(), process, chunk=7),
    "gaussian": lambda process: Gaussian.fit(images(), process),
    "mixture": lambda process: Mixture.low_rank(
        torch.tensor([1.0, 2.0]), images(2), 0.4 * normal(2, D, 5, seed=4), 1e-3, process
    ),
}
EVERY: dict[str, Callable[[], Denoiser]] = {
    **{name: lambda name=name: network(name) for name in SHALLOW},
    **{name: lambda make=make: make(EDM()) for name, make in CLOSED.items()},
}


def noisy(process: Process, n: int = 3, fraction: float = 0.3) -> tuple[Tensor, Tensor]:
    """``x_t`` where noise is ``fraction`` of the image, roughly."""
    times = torch.linspace(1e-3, 1, 2000, dtype=torch.float64) * process.T
    alpha, sigma = process.alpha_sigma(times)
    t = times[(sigma / alpha - fraction).abs().argmin()]
    a, s = process.at(t)
    return a * images(n) + s * normal(n, *SHAPE, seed=9), t


@pytest.mark.parametrize("name", EVERY)
def test_products_are_the_derivative_and_its_transpose(name: str) -> None:
    denoiser = EVERY[name]()
    x, t = noisy(EDM(), 1)
    point, (u, v), h = Jacobian(denoiser, x[0], t), normal(2, D, seed=5), 1e-5
    with torch.no_grad():
        ends = (denoiser(x + sign * h * v.view(x.shape), t).flatten() for sign in (1, -1))
        slope = torch.sub(*ends) / (2 * h)
    torch.testing.assert_close(point.times(v[None])[0], slope, rtol=0, atol=1e-7)
    assert math.isclose(u @ point.times(v[None])[0], v @ point.transposed_times(u[None])[0], abs_tol=1e-11)
    torch.testing.assert_close(point.matrix() @ v, point.times(v[None])[0], rtol=0, atol=1e-11)


def test_products_leave_no_gradient_behind() -> None:
    net = stirred("mlp").double()
    x, t = noisy(EDM(), 1)
    point = Jacobian(NetworkDenoiser(net, EDM(), SHAPE), x[0], t)
    assert not point.times(normal(3, D)).requires_grad
    assert not point.matrix().requires_grad
    assert all(p.grad is None for p in net.parameters())


@pytest.mark.parametrize("process", PROCESS, ids=lambda p: p.name)
def test_a_gaussian_has_the_spectrum_of_its_shrinkage(process: Process) -> None:
    """``C (C + (sigma / alpha)^2 I)^-1 / alpha``, by plain algebra on the covariance of the images."""
    data = images().flatten(1)
    covariance = torch.cov(data.T, correction=0)
    x, t = noisy(process)
    alpha, sigma = process.at(t)
    expected = covariance @ torch.linalg.inv(covariance + (sigma / alpha) ** 2 * torch.eye(D).double()) / alpha
    singular = full(Gaussian.fit(images(), process), x, t)
    values = torch.linalg.eigvalsh(expected).flip(0)
    torch.testing.assert_close(singular.values, values.clamp(min=0).expand(3, D), rtol=0, atol=1e-9)
    torch.testing.assert_close(singular.energy, expected.square().sum().expand(3), rtol=1e-9, atol=0)
    leading = singular.left[:, :, :4]
    own = torch.linalg.eigh(covariance)[1][:, -4:]
    torch.testing.assert_close(leading @ leading.mT, (own @ own.T).expand(3, D, D), rtol=0, atol=1e-7)


@pytest.mark.parametrize("process", PROCESS, ids=lambda p: p.name)
def test_the_optimum_has_the_covariance_of_its_posterior(process: Process) -> None:
    """``alpha / sigma^2 Cov_w(y)``, the weights written out."""
    data = images().flatten(1)
    x, t = noisy(process, fraction=0.6)
    alpha, sigma = process.at(t)
    for i, row in enumerate(x.flatten(1)):
        w = (-(row - alpha * data).square().sum(1) / (2 * sigma**2)).softmax(0)
        centred = data - w @ data
        expected = alpha / sigma**2 * (centred.T * w) @ centred
        point = Jacobian(CLOSED["empirical"](process), x[i], t)
        torch.testing.assert_close(point.matrix(), expected, rtol=0, atol=1e-10)
        torch.testing.assert_close(point.times(torch.eye(D).double()).T, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("process", PROCESS, ids=lambda p: p.name)
def test_the_jacobian_of_every_exact_denoiser_is_symmetric(process: Process) -> None:
    x, t = noisy(process, 1)
    for make in CLOSED.values():
        matrix = Jacobian(make(process), x[0], t).matrix()
        torch.testing.assert_close(matrix, matrix.T, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", EVERY)
def test_randomized_and_whole_agree(name: str) -> None:
    """On closed forms, whose spectra fall, the ranks are the same; on networks stirred at random, which let everything
    through, the leading values are, where they stand apart."""
    denoiser = EVERY[name]()
    x, t = noisy(EDM(), 2)
    whole, found = full(denoiser, x, t), randomized(denoiser, x, t, 12, iterations=6, probes=40)
    assert found.values.shape == (2, 12)
    assert found.left.shape == (2, D, 12)
    torch.testing.assert_close(found.values[:, :4], whole.values[:, :4], rtol=2e-2, atol=0)
    torch.testing.assert_close(found.energy, whole.energy, rtol=0.15, atol=0)
    eye = torch.eye(12, dtype=torch.float64).expand(2, 12, 12)
    torch.testing.assert_close(found.left.mT @ found.left, eye, rtol=0, atol=1e-10)
    assert (found.values <= whole.values[:, :12] * (1 + 1e-9)).all()  # a projection never adds
    if name in CLOSED:
        assert torch.equal(numerical_rank(found), numerical_rank(whole))
        assert (numerical_rank(whole) < 12).all()
        torch.testing.assert_close(found.energy, whole.energy, rtol=1e-3, atol=0)
        torch.testing.assert_close(found.values, whole.values[:, :12], rtol=1e-4, atol=1e-6)


def narrow() -> Denoiser:
    """A network that lets 5 directions through, some more than others: all else is cut off at its entrance."""
    net = stirred("mlp").double()
    u = torch.linalg.qr(normal(D, D, seed=6))[0][:, :5]
    net.inward.data[:D] = u @ u.T @ net.inward.data[:D]
    return NetworkDenoiser(net, EDM(), SHAPE, "x0")


def test_the_randomized_rank_of_a_network_is_that_of_its_matrix() -> None:
    x, t = noisy(EDM(), 4)
    whole, found = full(narrow(), x, t), randomized(narrow(), x, t, 8)
    torch.testing.assert_close(found.values[:, :5], whole.values[:, :5], rtol=1e-9, atol=0)
    assert (whole.values[:, 5] < 1e-12 * whole.values[:, 0]).all()
    for eta in (0.9, 0.99, 0.999999):
        assert torch.equal(numerical_rank(found, eta), numerical_rank(whole, eta))
    assert (numerical_rank(whole, 1 - 1e-9) == 5).all()


def test_single_precision_has_the_same_ranks() -> None:
    x, t = noisy(EDM())
    for make in CLOSED.values():
        double, single = full(make(EDM()), x, t), full(make(EDM()), x.float(), t)
        assert single.values.dtype == torch.float32
        torch.testing.assert_close(single.values.double(), double.values, rtol=0, atol=3e-5)
        assert torch.equal(numerical_rank(single), numerical_rank(double))
        assert torch.equal(numerical_rank(randomized(make(EDM()), x.float(), t, 12)), numerical_rank(double))


@pytest.mark.parametrize("name", ["mlp", "empirical", "unet"])
def test_neither_batch_nor_times_of_others_change_a_bit(name: str) -> None:
    denoiser = EVERY[name]()
    x, t = noisy(EDM(), 3)
    times = t * torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)
    for measure in (full, lambda *at: randomized(*at, 6)):
        together = measure(denoiser, x, times)
        for i in (2, 0):
            alone = measure(denoiser, x[i : i + 1], times[i : i + 1])
            scalar = measure(denoiser, x[i : i + 1], times[i])
            for whole, part, same in zip(together, alone, scalar, strict=True):
                assert torch.equal(whole[i : i + 1], part)
                assert torch.equal(part, same)


def test_directions_come_from_the_bank_and_nowhere_else() -> None:
    denoiser, (x, t) = EVERY["mlp"](), noisy(EDM(), 2)
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    one = randomized(denoiser, x, t, 6)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    two = randomized(denoiser, x, t, 6)
    other = randomized(denoiser, x, t, 6, seed=1)
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert not torch.equal(one.values, other.values)
    torch.testing.assert_close(one.values[:, :2], other.values[:, :2], rtol=0.05, atol=0)


def test_a_larger_test_matrix_begins_with_the_smaller() -> None:
    bank = NoiseBank(3, (D,))
    assert torch.equal(directions(bank, 9)[:4], directions(bank, 4))
    assert torch.equal(directions(bank, 2)[1], bank[1])


def test_where_everything_is_followed_the_result_is_exact() -> None:
    denoiser, (x, t) = EVERY["mlp"](), noisy(EDM(), 2)
    whole = full(denoiser, x, t)
    for rank in (D - 10, D, 10 * D):
        found = randomized(denoiser, x, t, rank)
        assert torch.equal(found.values, whole.values[:, :rank])
        assert torch.equal(found.energy, whole.energy)


def test_the_energy_outside_is_estimated_without_bias() -> None:
    """Over many seeds, where most of the energy is outside of what is followed."""
    denoiser, (x, t) = EVERY["mlp"](), noisy(EDM(), 1)
    exact = full(denoiser, x, t).energy.item()
    found = [randomized(denoiser, x, t, 2, oversampling=1, iterations=0, probes=4, seed=s) for s in range(150)]
    energies = torch.cat([one.energy for one in found])
    captured = torch.stack([one.values.square().sum() for one in found]).mean().item()
    assert captured < 0.5 * exact
    error = energies.std().item() / math.sqrt(len(energies))
    assert abs(energies.mean().item() - exact) < 3.5 * error < 0.1 * exact


def test_numerical_rank_is_the_least_that_holds_the_share() -> None:
    values = torch.tensor([[2.0, 1.0, 1.0, 0.0]]).double()
    singular = Singular(values, torch.eye(4).double()[None], values.square().sum(1))  # shares 4/6, 5/6, 1, 1
    for share, rank in ((0.1, 1), (0.66, 1), (0.67, 2), (0.83, 2), (0.84, 3), (0.9999, 3)):
        assert numerical_rank(singular, math.sqrt(share)).item() == rank
    for second, rank in ((0.0201, 2), (0.0197, 1)):  # of the energy; unless told otherwise .9801 is nearly all
        two = torch.tensor([[1 - second, second]]).double().sqrt()
        assert numerical_rank(Singular(two, torch.eye(2).double()[None], torch.ones(1))).item() == rank
    truncated = Singular(values[:, :2], singular.left[:, :, :2], singular.energy)
    assert numerical_rank(truncated, math.sqrt(0.83)).item() == 2
    assert numerical_rank(truncated, 0.99).item() == 3  # more than two
    assert numerical_rank(Singular(0 * values, singular.left, 0 * singular.energy)).item() == 0
    assert torch.equal(
        numerical_rank(singular._replace(values=1e-9 * values, energy=1e-18 * singular.energy)),
        numerical_rank(singular),
    )


def test_entropy_rank_counts_equal_values_and_needs_all() -> None:
    left = torch.eye(4).double()[None]
    for r in range(1, 5):
        values = torch.zeros(1, 4).double()
        values[0, :r] = 0.3
        assert math.isclose(entropy_rank(Singular(values, left, values.square().sum(1))).item(), r, rel_tol=1e-12)
    values = torch.tensor([[2.0, 1.0, 1.0, 0.0]]).double()
    singular = Singular(values, left, values.square().sum(1))
    assert math.isclose(entropy_rank(singular).item(), 2**1.5, rel_tol=1e-12)  # entropy ln 2 / 2 + 2 ln 4 / 4
    assert entropy_rank(singular._replace(values=0 * values)).item() == 0
    with pytest.raises(ValueError, match="needs all 4"):
        entropy_rank(Singular(values[:, :2], left[:, :, :2], singular.energy))


@pytest.mark.parametrize("wrong", [{"rank": 0}, {"rank": 3, "probes": 0}])
def test_nothing_to_find_is_refused(wrong: dict[str, int]) -> None:
    x, t = noisy(EDM(), 1)
    with pytest.raises(ValueError, match="at least one"):
        randomized(EVERY["mlp"](), x, t, **wrong)
