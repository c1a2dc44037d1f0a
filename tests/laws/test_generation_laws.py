"""An image belongs to its noise: not to its batch, its place in it, or what was generated before."""

from __future__ import annotations

from typing import cast

import pytest
import torch
from closed_forms import CLOSED_FORMS, SHAPE, Make, covariances, means, mixture
from torch import Tensor

from samenoise.denoiser import Denoiser
from samenoise.fresh import FreshNoise
from samenoise.noise import NoiseBank
from samenoise.oracle import Gaussian
from samenoise.process import EDM, VP, Flow, Process
from samenoise.solver import DDIM, SOLVERS, DPMSolverPP2M, Heun, Solver, generate

BANK = NoiseBank(3, SHAPE)
SHUFFLED = [7, 2, 11, 0, 5, 3, 9, 1, 10, 4, 8, 6]


def draw(denoiser: Denoiser, ids: list[int], bank: NoiseBank = BANK, **settings: object) -> Tensor:
    batches = list(generate(denoiser, bank, ids, **settings))  # type: ignore[arg-type]
    assert torch.cat([b.ids for b in batches]).tolist() == ids
    return torch.cat([b.images for b in batches])


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
def test_images_do_not_depend_on_batch_or_order(process: Process, closed_form: Make, solver: Solver) -> None:
    denoiser = closed_form(process)
    together = draw(denoiser, list(range(12)), solver=solver, steps=6)
    assert together.dtype == torch.float32
    assert (together[0] - together[1]).abs().max() > 1e-2
    for batch_size in (1, 5):
        apart = draw(denoiser, SHUFFLED, solver=solver, steps=6, batch_size=batch_size)
        torch.testing.assert_close(apart, together[SHUFFLED], rtol=0, atol=1e-5)


@pytest.mark.parametrize("make", ["empirical", "mixture", "by-class"])
def test_labels_go_with_their_noise(process: Process, make: str) -> None:
    denoiser, cond = CLOSED_FORMS[make](process), torch.arange(12) % 3
    together = draw(denoiser, list(range(12)), cond=cond)
    apart = draw(denoiser, SHUFFLED, cond=cond[SHUFFLED], batch_size=5)
    torch.testing.assert_close(apart, together[SHUFFLED], rtol=0, atol=1e-5)
    assert (draw(denoiser, list(range(12)), cond=cond.roll(1)) - together).abs().amax(dim=(1, 2, 3)).min() > 1e-2


def test_fresh_noise_belongs_to_the_image(process: Process) -> None:
    denoiser, fresh, solver = mixture(process), FreshNoise(4, SHAPE), DDIM(eta=0.7)
    together = draw(denoiser, list(range(12)), solver=solver, steps=6, fresh=fresh)
    apart = draw(denoiser, SHUFFLED, solver=solver, steps=6, fresh=fresh, batch_size=5)
    torch.testing.assert_close(apart, together[SHUFFLED], rtol=0, atol=1e-5)
    other = draw(denoiser, list(range(12)), solver=solver, steps=6, fresh=FreshNoise(5, SHAPE))
    assert (other - together).abs().max() > 0.1


def test_eta_0_draws_nothing(process: Process) -> None:
    denoiser, ids = mixture(process), list(range(4))
    plain = draw(denoiser, ids, solver=DDIM(), steps=6)
    assert torch.equal(draw(denoiser, ids, solver=DDIM(eta=0.0), steps=6, fresh=FreshNoise(4, SHAPE)), plain)
    nearly = draw(denoiser, ids, solver=DDIM(eta=1e-6), steps=6, fresh=FreshNoise(4, SHAPE))
    torch.testing.assert_close(nearly, plain, rtol=0, atol=1e-4)


@pytest.mark.parametrize("eta", [0.5, 1.0])
def test_renewed_noise_keeps_the_variance_of_the_process(process: Process, eta: float) -> None:
    """For one known image the family of DDIM keeps Var(x_t) = sigma_t^2 exactly, at every step and for every eta
    (Song et al. 2010.02502, appendix B). Of 9 x 2,048 values the variance has a standard error of 1 %."""
    known = Gaussian(means()[0], torch.zeros(9, 9), process)
    grid = process.grid(5)[:4]
    bank, fresh = NoiseBank(1, SHAPE), FreshNoise(2, SHAPE)
    x = draw(known, list(range(2048)), bank, solver=DDIM(eta), grid=grid, fresh=fresh, batch_size=2048)
    _, sigma = process.at(grid[-1])
    assert float((x - x.mean(0)).var()) / sigma**2 == pytest.approx(1, abs=0.035)
    start = bank[:2048].flatten()
    assert abs(torch.corrcoef(torch.stack([start, (x - x.mean(0)).flatten()]))[0, 1]) < 0.95


def test_ancestral_sampling_draws_from_the_distribution(process: Process) -> None:
    """1,024 images of a Gaussian have its variances along its nine eigenvectors, to 20 %, and all in all to 10 %: three
    standard errors, of 4.4 and 1.5 %, and what 200 steps lose."""
    covariance = covariances(scale=1.0)[0] + 0.3 * torch.eye(9)
    gaussian = Gaussian(means()[0], covariance, process)
    bank, fresh = NoiseBank(1, SHAPE), FreshNoise(2, SHAPE)
    x = draw(gaussian, list(range(1024)), bank, solver=DDIM(1.0), steps=200, fresh=fresh, batch_size=1024)
    along, _ = gaussian.spectrum.split(x.flatten(1).double() - gaussian.mean)
    ratios = along.var(0) / gaussian.spectrum.variances
    torch.testing.assert_close(ratios, torch.ones(9).double(), rtol=0, atol=0.2)
    assert float(ratios.mean()) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("solver", "nfe"), [(DDIM(), 9), (Heun(), 17), (DPMSolverPP2M(), 9)], ids=lambda x: str(x))
def test_function_evaluations(process: Process, solver: Solver, nfe: int) -> None:
    assert [b.nfe for b in generate(mixture(process), BANK, range(5), solver=solver, steps=9, batch_size=2)] == [
        nfe
    ] * 3
    ends_in_noise = process.grid(9)[:-1]
    (batch,) = generate(mixture(process), BANK, range(2), solver=Heun(), grid=ends_in_noise)
    assert batch.nfe == 16


def test_a_denoiser_is_a_call_a_process_and_a_shape() -> None:
    whole = mixture(EDM())

    class Own:
        process, shape = whole.process, whole.shape

        def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
            return whole(x_t, t, cond)

    own, theirs = (next(generate(d, BANK, range(3), steps=5)) for d in (cast("Denoiser", Own()), whole))
    assert torch.equal(own.images, theirs.images)
    assert own.nfe == theirs.nfe


def test_wrong_use() -> None:
    denoiser = mixture(EDM())
    with pytest.raises(ValueError, match=r"bank has shape \(1, 4, 4\), the denoiser draws \(1, 3, 3\)"):
        next(generate(denoiser, NoiseBank(0, (1, 4, 4)), [0]))
    for grid in ([1.0, 1.0, 0.0], [0.0, 1.0], [1.0]):
        with pytest.raises(ValueError, match="strictly descending"):
            next(generate(denoiser, BANK, [0], grid=torch.tensor(grid)))
    with pytest.raises(ValueError, match=r"give `fresh`, a FreshNoise of shape \(1, 3, 3\)"):
        next(generate(denoiser, BANK, [0], solver=DDIM(1.0)))
    with pytest.raises(ValueError, match=r"fresh noise has shape \(3, 3\), the denoiser draws \(1, 3, 3\)"):
        next(generate(denoiser, BANK, [0], solver=DDIM(1.0), fresh=FreshNoise(0, (3, 3))))


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
@pytest.mark.parametrize("process", [VP(), Flow()], ids=lambda p: p.name)
def test_precision_follows_the_request(process: Process, solver: Solver) -> None:
    single, double = (draw(mixture(process), [0, 1], solver=solver, dtype=d) for d in (torch.float32, torch.float64))
    assert (single.dtype, double.dtype) == (torch.float32, torch.float64)
    assert not torch.equal(single.double(), double)
    torch.testing.assert_close(single.double(), double, rtol=0, atol=1e-5)
