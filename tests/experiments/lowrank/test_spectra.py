"""Spectra at a noise level: whole for small images, the leading part of large ones, and in the dtype that is asked."""

from __future__ import annotations

import pytest
import torch

from samenoise.experiments.lowrank.jacobian import full, numerical_rank
from samenoise.experiments.lowrank.ranks import noises_at
from samenoise.experiments.lowrank.spectra import WHOLE, followed, spectra, time_of
from samenoise.oracle import Empirical, Gaussian
from samenoise.process import EDM, VP, Flow, Process


def images(n: int, side: int) -> torch.Tensor:
    """Of nine directions."""
    generator = torch.Generator().manual_seed(0)
    factors = torch.randn(9, side * side, generator=generator) / 10
    return (torch.randn(n, 9, generator=generator) @ factors).view(n, 1, side, side)


def test_what_is_followed() -> None:
    assert followed(64) == 64
    assert followed(WHOLE) == WHOLE
    assert followed(28 * 28) == 98
    assert followed(3072) == 384


def test_large_images_have_the_rank_of_the_whole_and_no_entropy() -> None:
    data = images(40, 28)
    denoiser, t = Gaussian.fit(data, EDM()), time_of(EDM(), 0.3)
    noises = noises_at(0, "heldout", data[:1])
    found = spectra(denoiser, data[:1], noises, t, "cpu", torch.float64)
    whole = full(denoiser, data[:1].double() + 0.3 * noises.double(), t)
    assert torch.equal(found.rank, numerical_rank(whole).double())
    assert found.rank.item() == 9
    torch.testing.assert_close(found.gain, whole.values[:, 0])
    assert found.entropy.isnan().all()
    assert found.left.shape == (1, 784, 98)


@pytest.mark.parametrize("process", [EDM(), VP(), Flow()], ids=lambda p: p.name)
def test_a_level_is_the_same_problem_under_every_process(process: Process) -> None:
    """``D(alpha u) = D_edm(u)``, so ``alpha J`` is the Jacobian of the process whose alpha is 1."""
    data = images(30, 8)
    noises = noises_at(0, "train", data[:3])
    one = spectra(Gaussian.fit(data, EDM()), data[:3], noises, time_of(EDM(), 0.7), "cpu", torch.float64)
    t = time_of(process, 0.7)
    other = spectra(Gaussian.fit(data, process), data[:3], noises, t, "cpu", torch.float64)
    torch.testing.assert_close(other.rank, one.rank, rtol=0, atol=0)
    torch.testing.assert_close(other.entropy, one.entropy)
    torch.testing.assert_close(process.at(t)[0] * other.gain, one.gain)


def test_what_is_far_below_float32_still_has_a_rank() -> None:
    data = images(3, 8)
    denoiser, noises, t = Empirical(data, EDM()), torch.zeros(1, 1, 8, 8), time_of(EDM(), 0.17)
    single = spectra(denoiser, data[:1], noises, t, "cpu")
    double = spectra(denoiser, data[:1], noises, t, "cpu", torch.float64)
    assert single.gain.item() == 0
    assert 0 < double.gain.item() < 1e-30
    assert double.rank.item() == 1
