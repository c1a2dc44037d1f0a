from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import lognorm, norm

from samenoise.denoiser import precondition
from samenoise.process import EDM, PROCESSES, VE, VP, CosineVP, Flow, Process, SubVP


@pytest.fixture(params=PROCESSES, ids=lambda p: p.name)
def process(request: pytest.FixtureRequest) -> Process:
    made: Process = request.param()
    return made


def times(process: Process, count: int = 101) -> torch.Tensor:
    return torch.linspace(0.0, process.T, count, dtype=torch.float64)


@pytest.mark.parametrize("steps", [2, 18, 257])
def test_grid_descends_from_the_end_time_to_no_noise_at_all(process: Process, steps: int) -> None:
    grid = process.grid(steps)
    assert grid.dtype == torch.float64
    assert grid.shape == (steps + 1,)
    assert grid[0] == process.T
    assert (grid.diff() < 0).all()
    assert process.at(grid[-1]) == (1.0, 0.0)


def test_noise_grows_over_image(process: Process) -> None:
    alpha, sigma = process.alpha_sigma(times(process))
    angle = torch.atan2(sigma, alpha)
    assert angle[0] == 0
    assert (angle.diff() > 0).all()
    assert (alpha >= 0).all()


def test_prior_is_the_noise_at_the_end_time(process: Process) -> None:
    z = torch.randn(3, 4)
    _, sigma = process.at(process.T)
    assert process.prior(z).dtype == torch.float32
    torch.testing.assert_close(process.prior(z), sigma * z)


def test_too_few_steps() -> None:
    for process in (VP(), CosineVP(), SubVP(), Flow()):
        with pytest.raises(ValueError, match="number of steps of a sampling grid is at least 1, got 0"):
            process.grid(0)
    for process in (VE(), EDM()):
        with pytest.raises(ValueError, match="number of steps of this grid is at least 2, got 1"):
            process.grid(1)


@pytest.mark.parametrize("process", [VP(), CosineVP()], ids=lambda p: p.name)
def test_variance_is_preserved(process: Process) -> None:
    alpha, sigma = process.alpha_sigma(times(process))
    torch.testing.assert_close(alpha**2 + sigma**2, torch.ones_like(alpha))


def test_vp_integrates_its_beta() -> None:
    """d ln(alpha) / dt = -beta / 2, with beta rising linearly from beta_min to beta_max."""
    vp, t = VP(), times(VP())[1:].requires_grad_()
    (rate,) = torch.autograd.grad(vp.alpha_sigma(t)[0].log().sum(), t)
    torch.testing.assert_close(-2 * rate, 0.1 + 19.9 * t.detach())


def test_subvp_is_vp_with_less_noise() -> None:
    (alpha, sigma), (vp_alpha, vp_sigma) = (p.alpha_sigma(times(p)) for p in (SubVP(), VP()))
    torch.testing.assert_close(alpha, vp_alpha)
    torch.testing.assert_close(sigma, vp_sigma**2)


def test_cosine_alpha() -> None:
    t = times(CosineVP())
    squared = torch.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2
    alpha, _ = CosineVP().alpha_sigma(t)
    torch.testing.assert_close(alpha, (squared / squared[0]).sqrt())
    assert alpha[-1] < 1e-15


def test_ve_and_edm_count_time_in_noise() -> None:
    for process in (VE(), EDM()):
        alpha, sigma = process.alpha_sigma(times(process))
        assert (alpha == 1).all()
        assert torch.equal(sigma, times(process))
    ve = VE().grid(11)[:-1]
    torch.testing.assert_close(ve[1:] / ve[:-1], ve.new_full((10,), (0.01 / 50) ** 0.1))
    edm = EDM().grid(18)[:-1] ** (1 / 7)
    torch.testing.assert_close(edm.diff(), edm.new_full((17,), (0.002 ** (1 / 7) - 80 ** (1 / 7)) / 17))


def test_flow_is_straight() -> None:
    alpha, sigma = Flow().alpha_sigma(times(Flow()))
    torch.testing.assert_close(alpha + sigma, torch.ones_like(alpha))
    assert Flow().at(1.0) == (0.0, 1.0)


def test_training_time_is_monotone_and_within_reach(process: Process) -> None:
    u = torch.linspace(1e-6, 1 - 1e-6, 1001, dtype=torch.float64)
    t = process.training_time(u)
    assert (t.diff() > 0).all()
    _, sigma = process.alpha_sigma(t)
    assert (sigma > 0).all()
    if not isinstance(process, EDM):  # its log-normal has no end
        assert (t <= process.T).all()


@pytest.mark.parametrize("steps", [2, 4, 18, 64, 1000])
def test_sampling_stays_within_the_times_of_training(process: Process, steps: int) -> None:
    """In what a network is told of the noise level, at every time of the grid at which it is asked."""

    def level(t: torch.Tensor) -> torch.Tensor:
        return precondition("v", *process.alpha_sigma(t)).c_noise

    asked = level(process.grid(steps)[:-1])  # at the last, sigma is 0 and nothing is left to ask
    # As far as the uniforms of training go.
    least, most = level(process.training_time(torch.tensor([1e-12, 1 - 1e-12], dtype=torch.float64)))
    assert least - 1e-9 <= asked.min()
    assert asked.max() <= most + 1e-9


def test_training_time_is_the_inverse_of_its_distribution() -> None:
    u = torch.linspace(0.01, 0.99, 99, dtype=torch.float64)
    edm, ve = EDM().training_time(u), VE().training_time(u)
    torch.testing.assert_close(torch.from_numpy(lognorm(s=1.2, scale=math.exp(-1.2)).cdf(edm.numpy())), u)
    torch.testing.assert_close(torch.from_numpy(norm.cdf((edm.log().numpy() + 1.2) / 1.2)), u)
    torch.testing.assert_close((ve / 0.01).log() / math.log(5000), u)
    torch.testing.assert_close(Flow().training_time(u), u)
    for process in (VP(), CosineVP()):
        torch.testing.assert_close(process.training_time(u), 1e-5 + (1 - 1e-5) * u)


def test_describe_names_every_constant() -> None:
    assert EDM(rho=5.0).describe() == {
        "name": "edm",
        "sigma_min": 0.002,
        "sigma_max": 80.0,
        "rho": 5.0,
        "p_mean": -1.2,
        "p_std": 1.2,
    }
    assert len({str(p().describe()) for p in PROCESSES}) == len(PROCESSES)
