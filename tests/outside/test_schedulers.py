"""Schedulers: those that draw noise are refused by name; our solvers draw in a pipeline what they draw alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pipelines_made import options, quiet

from samenoise.denoiser import Denoiser
from samenoise.noise import NoiseBank
from samenoise.outside import OutsideError, open_target
from samenoise.outside.schedulers import DETERMINISTIC
from samenoise.outside.solving import Solving, alphas_cumprod
from samenoise.process import Process
from samenoise.solver import SOLVERS, generate

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of diffusers with NumPy 2
STOCHASTIC = {
    "DDPMScheduler": {},
    "EulerAncestralDiscreteScheduler": {},
    "KDPM2AncestralDiscreteScheduler": {},
    "LCMScheduler": {},
    "DPMSolverMultistepScheduler": {"algorithm_type": "sde-dpmsolver++"},
    "EDMDPMSolverMultistepScheduler": {"algorithm_type": "sde-dpmsolver++"},
    "FlowMatchEulerDiscreteScheduler": {"stochastic_sampling": True},
}


def replaced(pipeline, tmp_path, name, settings):
    """The unconditional pipeline with another scheduler, saved."""
    import diffusers

    with quiet():
        pipe = diffusers.DDPMPipeline.from_pretrained(pipeline("ddpm"))
        pipe.scheduler = getattr(diffusers, name)(**settings)
        pipe.save_pretrained(tmp_path / "p")
    return str(tmp_path / "p")


@pytest.mark.parametrize("name", STOCHASTIC)
def test_a_scheduler_that_draws_noise_is_refused_by_name(pipeline, tmp_path, name):
    with pytest.raises(OutsideError, match=rf"{name}.* draws noise of its own at every step.*solver=ddim") as refused:
        open_target(replaced(pipeline, tmp_path, name, STOCHASTIC[name]), {})
    assert "\n" not in str(refused.value)


def test_a_consistency_model_draws_no_noise_in_one_step_alone(pipeline):
    open_target(pipeline("consistency"), {"steps": 1})
    with pytest.raises(OutsideError, match="between its steps: with steps=1 it draws none, got 2"):
        open_target(pipeline("consistency"), {"steps": 2})


@pytest.mark.parametrize("name", [name for name in DETERMINISTIC if not name.startswith(("Flow", "EDM", "CM"))])
def test_every_scheduler_of_the_list_is_deterministic(pipeline, name):
    pytest.importorskip("scipy")
    model = open_target(pipeline("ddpm"), {"steps": 4, "scheduler": name})
    z = NoiseBank(0, model.shape)[:2].numpy()
    first = model.draw(z)
    torch.manual_seed(1)
    np.testing.assert_array_equal(model.draw(z), first)
    assert np.isfinite(first).all()


def test_unknown_names_list_those_there_are(pipeline):
    with pytest.raises(OutsideError, match="no solver 'euler'; there are ddim, heun, dpmpp-2m"):
        open_target(pipeline("ddim"), {"solver": "euler"})
    with pytest.raises(OutsideError, match="no deterministic scheduler 'LCMScheduler'; there are DDIMScheduler"):
        open_target(pipeline("ddim"), {"scheduler": "LCMScheduler"})
    with pytest.raises(OutsideError, match="has no table of alphas"):
        open_target(pipeline("sd3"), {"solver": "ddim"})


class Table(Process):
    """Discrete times: t = 0 is the end, t = k + 1 is place k of the table."""

    name = "table"

    def __init__(self, table):
        self.table = torch.tensor([1.0, *table], dtype=torch.float64)

    @property
    def T(self):
        return float(len(self.table) - 1)

    def alpha_sigma(self, t):
        cumulative = self.table[t.long()]
        return cumulative.sqrt(), (1 - cumulative).sqrt()

    def grid(self, steps):
        times = torch.linspace(self.T - 1, 0, steps, dtype=torch.float64).round() + 1
        return torch.cat([times, torch.zeros(1, dtype=torch.float64)])

    def training_time(self, u):
        raise NotImplementedError


class OfUNet(Denoiser):
    """x0 of a network that predicts v."""

    def __init__(self, network, table, shape):
        self.network, self.process, self.shape = network, Table(table), shape

    def __call__(self, x_t, t, cond=None):
        alpha, sigma = self.process.at(t)
        return alpha * x_t - sigma * self.network(x_t, t - 1).sample


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
def test_a_solver_of_ours_draws_in_a_pipeline_what_it_draws_by_itself(pipeline, solver):
    model = open_target(pipeline("ddim"), options("ddim", solver=solver.name, steps=5))
    bank = NoiseBank(0, model.shape)
    denoiser = OfUNet(model.pipe.unet, model.pipe.scheduler.alphas_cumprod.double().tolist(), model.shape)
    [batch] = generate(denoiser, bank, range(3), solver=solver, steps=5)
    np.testing.assert_allclose(model.draw(bank[:3].numpy()), batch.images.numpy(), atol=1e-5)
    assert model.about["solver"] == solver.name


@pytest.mark.parametrize("prediction", ["epsilon", "sample", "v_prediction"])
@pytest.mark.parametrize("steps", [1, 2, 7])
@pytest.mark.parametrize("solver", ["ddim", "heun", "dpmpp-2m"])
def test_an_exact_network_ends_at_its_image(prediction, steps, solver):
    """A network that knows the image leads there by any solver, in NumPy, whatever it is asked to predict."""
    rng = np.random.default_rng(0)
    y, z = rng.uniform(-1, 1, (2, 4)), rng.normal(size=(2, 4))
    table = alphas_cumprod({"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}, "a test")
    solving = Solving(table, solver, prediction, "a test")
    x = z * solving.start
    for t in solving.begin(steps):
        alpha, sigma = table[t] ** 0.5, (1 - table[t]) ** 0.5
        noise = (x - alpha * y) / sigma
        answers = {"epsilon": noise, "sample": y, "v_prediction": alpha * noise - sigma * y}
        x = solving.step(answers[prediction], x)
    np.testing.assert_allclose(x, y, atol=1e-9)


@pytest.mark.parametrize("schedule", ["linear", "scaled_linear", "squaredcos_cap_v2"])
def test_tables_are_those_of_diffusers(schedule):
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler(beta_schedule=schedule, beta_start=0.001, beta_end=0.015, num_train_timesteps=200)
    found = alphas_cumprod(dict(scheduler.config), "a test")
    np.testing.assert_allclose(found, scheduler.alphas_cumprod.double(), rtol=2e-4)
    with pytest.raises(OutsideError, match="'sigmoid' is not known"):
        alphas_cumprod({"beta_schedule": "sigmoid"}, "a test")
    own = alphas_cumprod({"trained_betas": [0.5, 0.5]}, "a test")
    assert own == [0.5, 0.25]
