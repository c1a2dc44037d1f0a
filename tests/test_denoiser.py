from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from samenoise.denoiser import LOG_SNR_BOUND, PARAMETERISATIONS, Guided, NetworkDenoiser, expand, precondition
from samenoise.oracle import Empirical
from samenoise.process import EDM, CosineVP, Flow, Process


class Recorder(nn.Module):
    """Keeps what it is asked and answers zero."""

    def forward(self, x: Tensor, c_noise: Tensor, cond: Tensor | None) -> Tensor:
        self.asked = x, c_noise, cond
        return torch.zeros_like(x)


def test_edm_coefficients_are_those_of_its_table() -> None:
    """Karras et al. 2206.00364, table 1, where alpha is 1."""
    sigma, sd = torch.logspace(-3, 2, 40, dtype=torch.float64), 0.5
    c_skip, c_out, c_in, c_noise = precondition("edm", torch.ones_like(sigma), sigma, sd)
    torch.testing.assert_close(c_skip, sd**2 / (sigma**2 + sd**2))
    torch.testing.assert_close(c_out, sigma * sd / (sigma**2 + sd**2).sqrt())
    torch.testing.assert_close(c_in, 1 / (sigma**2 + sd**2).sqrt())
    torch.testing.assert_close(c_noise, sigma.log() / 4)


def test_v_on_a_circle_and_flow_on_a_line() -> None:
    """x_0 = alpha x_t - sigma v where alpha^2 + sigma^2 = 1; x_0 = x_t - t F where alpha = 1 - t, sigma = t."""
    angle, t = torch.linspace(0.1, 1.5, 9, dtype=torch.float64), torch.linspace(0.1, 1, 9, dtype=torch.float64)
    c_skip, c_out, c_in, _ = precondition("v", angle.cos(), angle.sin())
    torch.testing.assert_close((c_skip, c_out, c_in), (angle.cos(), -angle.sin(), torch.ones_like(angle)))
    c_skip, c_out, c_in, _ = precondition("flow", 1 - t, t)
    torch.testing.assert_close((c_skip, c_out, c_in), (torch.ones_like(t), -t, torch.ones_like(t)))


@pytest.mark.parametrize("kind", ["eps", "x0", "v", "flow"])
def test_input_of_unit_scale_is_left_alone_and_a_larger_one_brought_back(kind: str) -> None:
    alpha, sigma = (
        torch.tensor([0.6, 0.5, 1.0], dtype=torch.float64),
        torch.tensor([0.8, 0.5, 80.0], dtype=torch.float64),
    )
    _, _, c_in, _ = precondition(kind, alpha, sigma)
    torch.testing.assert_close(c_in, torch.tensor([1.0, 1.0, 6401**-0.5], dtype=torch.float64))


def test_noise_condition_is_bounded() -> None:
    for process in (Flow(), CosineVP()):
        network = Recorder()
        NetworkDenoiser(network, process, (2,), "v")(torch.ones(3, 2), torch.tensor(process.T, dtype=torch.float64))
        assert network.asked[1].tolist() == [LOG_SNR_BOUND] * 3


def test_network_gets_scaled_images_one_condition_an_image_and_the_labels() -> None:
    network, labels = Recorder(), torch.tensor([4, 2])
    x = torch.randn(2, 1, 3, 3)
    t = torch.tensor([0.5, 80.0], dtype=torch.float64)
    NetworkDenoiser(network, EDM(), (1, 3, 3))(x, t, labels)
    scaled, c_noise, cond = network.asked
    torch.testing.assert_close(scaled, x / (t**2 + 0.25).sqrt().float().view(2, 1, 1, 1))
    torch.testing.assert_close(c_noise, (t.log() / 4).float())
    assert cond is labels


@pytest.mark.parametrize("t", [1.0, [0.5, 1.0]], ids=str)
def test_eps_where_nothing_of_the_image_is_left(t: float | list[float]) -> None:
    denoiser = NetworkDenoiser(Recorder(), Flow(), (4,), "eps")
    with pytest.raises(ValueError, match="alpha is 0, as at the start of 'flow'"):
        denoiser(torch.ones(2, 4), torch.tensor(t, dtype=torch.float64))
    denoiser(torch.ones(2, 4), torch.tensor(0.99, dtype=torch.float64))


def test_unknown_parameterisation_names_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"'score'; there are eps, x0, v, flow, edm"):
        precondition("score", torch.ones(()), torch.ones(()))
    assert PARAMETERISATIONS == ("eps", "x0", "v", "flow", "edm")


def test_expand_multiplies_images() -> None:
    x = torch.ones(2, 1, 3, 3)
    assert (expand(torch.tensor(2.0, dtype=torch.float64), x) * x).dtype == torch.float32
    assert (expand(torch.tensor([2.0, 3.0]), x) * x)[:, 0, 1, 1].tolist() == [2.0, 3.0]


@pytest.mark.parametrize("process", [EDM(), Flow()], ids=lambda p: p.name)
def test_guidance_is_linear_in_its_scale(process: Process) -> None:
    images, labels = torch.randn(30, 4, generator=torch.Generator().manual_seed(0)), torch.arange(30) % 2
    denoiser = Empirical(images, process, labels)
    x, t, cond = torch.randn(5, 4), torch.tensor(0.8, dtype=torch.float64), torch.tensor([0, 1, 1, 0, 1])
    conditional, unconditional = denoiser(x, t, cond), denoiser(x, t)
    assert (conditional - unconditional).abs().max() > 0.1

    def guided(scale: float) -> Tensor:
        return Guided(denoiser, scale)(x, t, cond)

    assert torch.equal(guided(1.0), conditional)
    torch.testing.assert_close(guided(0.0), unconditional)
    torch.testing.assert_close(guided(3.0), 3 * conditional - 2 * unconditional)
    assert torch.equal(Guided(denoiser, 3.0)(x, t), unconditional)
    assert (Guided(denoiser).process, Guided(denoiser).shape) == (process, (4,))
