"""Training: the loss of every parameterisation, pure order of data, cohorts equal to single models, exact resume."""

import math

import numpy as np
import pytest
import torch
from average import power
from torch import nn

from samenoise.data import digits
from samenoise.denoiser import PARAMETERISATIONS, NetworkDenoiser, precondition
from samenoise.networks import ResidualMLP
from samenoise.process import EDM, PROCESSES, VP, Flow
from samenoise.training.cohort import Cohort, State
from samenoise.training.loss import task
from samenoise.training.order import child_seed, draws
from samenoise.training.recipe import DivergedError, Recipe
from samenoise.training.stack import Stack

SHAPE = (1, 4, 4)


def images(n: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(n, *SHAPE, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def cohort(sizes=(3, 8, 20), width=16, seeds=None, process=None, parameterisation="edm", **recipe) -> Cohort:
    recipe = {"updates": 60, "batch": 16, "warmup": 5, "ema": 0.1, **recipe}
    return Cohort(
        [ResidualMLP(SHAPE, width, 2, seed=k) for k in range(len(sizes))],
        [images(n) for n in sizes],
        list(range(len(sizes))) if seeds is None else seeds,
        [f"model {k}" for k in range(len(sizes))],
        process or EDM(),
        parameterisation,
        Recipe(**recipe),
    )


def run(group: Cohort, state: State | None = None) -> State:
    state = group.start() if state is None else state
    for _ in group.train(state):
        pass
    return state


@pytest.mark.parametrize("process", [kind() for kind in PROCESSES], ids=lambda p: p.name)
@pytest.mark.parametrize("kind", PARAMETERISATIONS)
def test_target_is_what_makes_the_denoiser_exact(process, kind):
    """A network that answered the target would make D return x_0, whatever the noise level."""
    u = torch.tensor([0.03, 0.4, 0.97], dtype=torch.float64)
    t = process.training_time(u)
    x0, z = images(3).double(), images(3, 1).double() * 3
    x, c_noise, target = task(x0, z, t, process, kind)

    class Answer(nn.Module):
        def forward(self, x_in, c_in, cond):
            torch.testing.assert_close(x_in, x)
            torch.testing.assert_close(c_in, c_noise)
            return target

    alpha, sigma = (c[:, None, None, None] for c in process.alpha_sigma(t))
    D = NetworkDenoiser(Answer(), process, SHAPE, kind)(alpha * x0 + sigma * z, t)
    torch.testing.assert_close(D, x0, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "formula"),
    [
        ("eps", lambda x0, z, a, s: z),
        ("x0", lambda x0, z, a, s: x0),
        ("v", lambda x0, z, a, s: a * z - s * x0),
        ("flow", lambda x0, z, a, s: z - x0),
    ],
)
def test_targets_are_the_published_ones(kind, formula):
    process = Flow() if kind == "flow" else VP()
    t = torch.tensor([0.2, 0.9], dtype=torch.float64)
    x0, z = images(2).double(), images(2, 1).double()
    alpha, sigma = (c[:, None, None, None] for c in process.alpha_sigma(t))
    torch.testing.assert_close(task(x0, z, t, process, kind).target, formula(x0, z, alpha, sigma))


def test_edm_loss_is_weighted_as_published():
    """Unit weight on F is lambda(sigma) = (sigma^2 + sd^2) / (sigma sd)^2 on D (Karras et al., table 1)."""
    t = torch.tensor([0.05, 0.7, 9.0], dtype=torch.float64)
    x0, z, F = images(3).double(), images(3, 1).double(), images(3, 2).double()
    c_skip, c_out, _, _ = precondition("edm", torch.ones_like(t), t, 0.5)
    D = c_skip[:, None, None, None] * (x0 + t[:, None, None, None] * z) + c_out[:, None, None, None] * F
    weight = (t**2 + 0.25) / (t * 0.5) ** 2
    on_denoiser = weight * (D - x0).square().flatten(1).mean(1)
    on_network = (F - task(x0, z, t, EDM(), "edm").target).square().flatten(1).mean(1)
    torch.testing.assert_close(on_network, on_denoiser)


def test_draws_are_a_function_of_seed_and_update():
    first, again = draws(3, 7, 5, SHAPE), draws(3, 7, 5, SHAPE)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    for other in (draws(4, 7, 5, SHAPE), draws(3, 8, 5, SHAPE)):
        assert not any(torch.equal(a, b) for a, b in zip(first, other, strict=True))
    many = draws(0, 0, 20_000, (1,))
    assert 0 <= float(many.image.min()) < float(many.image.max()) < 1
    assert abs(float(many.z.mean())) < 0.03
    assert abs(float(many.z.std()) - 1) < 0.03
    assert abs(np.corrcoef(many.image, many.time)[0, 1]) < 0.03


def test_child_seeds_differ_by_every_label():
    seeds = {child_seed(0, "a"), child_seed(0, "b"), child_seed(1, "a"), child_seed(0, "a", "b"), child_seed(0, "ab")}
    assert len(seeds) == 5
    assert all(0 <= seed < 2**56 for seed in seeds)


@pytest.mark.parametrize("blocks", [1, 3])
def test_gradients_are_those_of_autograd(blocks):
    """The written-out derivative of the stack against autograd through the ordinary module, in float64 and float32."""
    for dtype, tolerance in ((torch.float64, 1e-9), (torch.float32, 2e-4)):
        networks = [ResidualMLP(SHAPE, 12, blocks, seed) for seed in range(3)]
        for network in networks:  # nothing near its initial symmetry
            for p in network.parameters():
                p.data = (p.data + 0.3 * torch.randn(p.shape, generator=torch.Generator().manual_seed(1))).to(dtype)
        params = {
            name: torch.stack([dict(n.named_parameters())[name].detach() for n in networks])
            for name, _ in networks[0].named_parameters()
        }
        grads = {name: torch.full_like(p, torch.nan) for name, p in params.items()}
        x, target = (images(3 * 7, seed).reshape(3, 7, *SHAPE).to(dtype) for seed in (0, 1))
        c_noise = torch.linspace(-1.5, 1, 21).reshape(3, 7).to(dtype)
        stack = Stack(networks[0].to(dtype), 3, 7, dtype=dtype)
        for _ in range(2):  # buffers are used again
            losses = stack.gradients(params, grads, x, c_noise, target)
        for k, network in enumerate(networks):
            loss = (network.to(dtype)(x[k], c_noise[k]) - target[k]).square().mean()
            loss.backward()
            torch.testing.assert_close(losses[k], loss.detach(), rtol=tolerance, atol=tolerance)
            for name, p in network.named_parameters():
                torch.testing.assert_close(grads[name][k], p.grad, rtol=tolerance, atol=tolerance, msg=name)


def adam_alone(group: Cohort, k: int) -> dict[str, torch.Tensor]:
    """Member ``k`` trained by a plain loop over an ordinary module, written without the package's training code."""
    network = ResidualMLP(SHAPE, group.networks[k].width, 2, seed=k)
    recipe, data, process = group.recipe, images(int(group.counts[k])), group.process
    optimizer = torch.optim.Adam(network.parameters(), lr=1.0)
    average = {name: torch.zeros_like(p) for name, p in network.named_parameters()}
    for update in range(recipe.updates):
        rng = np.random.Generator(np.random.Philox(key=[k, update + 1]))
        u, z = rng.random((2, recipe.batch)), rng.standard_normal((recipe.batch, *SHAPE), dtype=np.float32)
        x0 = data[torch.from_numpy((u[0] * len(data)).astype(int))]
        sigma = torch.exp(process.p_mean + process.p_std * torch.special.ndtri(torch.from_numpy(u[1])))
        c_skip, c_out = 0.25 / (sigma**2 + 0.25), 0.5 * sigma / (sigma**2 + 0.25).sqrt()
        column = [c.float()[:, None, None, None] for c in (sigma, c_skip, c_out, 1 / (sigma**2 + 0.25).sqrt())]
        x = x0 + column[0] * torch.from_numpy(z)
        D = column[1] * x + column[2] * network(column[3] * x, (sigma.log() / 4).float())
        loss = ((D - x0) ** 2 / column[2] ** 2).mean()
        for group_ in optimizer.param_groups:
            warm = min(1, (update + 1) / recipe.warmup)
            group_["lr"] = recipe.lr * warm * (1 + math.cos(math.pi * update / recipe.updates)) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for name, p in network.named_parameters():
            decay = (update / (update + 1)) ** (power(recipe.ema) + 1)
            average[name] = decay * average[name] + (1 - decay) * p.detach()
    return average


def test_a_cohort_trains_every_member_as_alone():
    group = cohort()
    state = run(group)
    for k in range(3):
        for name, value in adam_alone(group, k).items():
            torch.testing.assert_close(state.ema[name][k], value, rtol=2e-3, atol=2e-4, msg=f"{name} of model {k}")
    alone = run(cohort(sizes=(3,)))
    torch.testing.assert_close(state.params["outward"][0], alone.params["outward"][0].detach(), rtol=2e-3, atol=2e-4)


def test_members_do_not_touch_each_other():
    """Another companion, same result: gradients, moments and data stay with their model."""
    one, other = run(cohort(sizes=(3, 8))), run(cohort(sizes=(3, 50)))
    for name in one.ema:
        torch.testing.assert_close(one.ema[name][0], other.ema[name][0], rtol=1e-4, atol=1e-5)
        assert not torch.allclose(one.ema[name][1], other.ema[name][1])


def test_resume_is_exact_to_the_bit():
    undisturbed = run(cohort())
    group = cohort()
    for state in group.train(group.start()):
        if state.update == 23:
            break
    kept = {name: value.clone() for name, value in state.tensors().items()}
    resumed = run(cohort(), State.from_tensors(kept))
    for name, value in undisturbed.tensors().items():
        assert torch.equal(value, resumed.tensors()[name]), name


def test_weights_carry_the_average():
    group = cohort()
    state = run(group)
    for k, weights in enumerate(group.weights(state)):
        network = ResidualMLP(SHAPE, 16, 2, seed=99)
        network.load_state_dict(weights)
        assert torch.equal(network.outward, state.ema["outward"][k])
        assert not torch.equal(network.outward, state.params["outward"][k])


def test_divergence_stops_with_a_clear_error():
    with pytest.raises(DivergedError, match=r"model 0, model 1 diverged.*training\.lr"):
        run(cohort(sizes=(3, 8), lr=1e30, updates=200))


def test_learning_rate_warms_up_and_decays_to_zero():
    recipe = Recipe(updates=1000, lr=2e-3, warmup=100)
    assert recipe.lr_at(0) == pytest.approx(2e-5)
    assert recipe.lr_at(99) == pytest.approx(2e-3, rel=0.03)
    assert recipe.lr_at(500) == pytest.approx(1e-3)
    assert recipe.lr_at(999) < 1e-8


@pytest.mark.parametrize("process", [EDM(), VP(), Flow()], ids=lambda p: p.name)
def test_training_lowers_the_loss_under_other_processes(process):
    kind = {"edm": "edm", "vp": "eps", "flow": "flow"}[process.name]
    data = digits().images[:4]
    group = Cohort(
        [ResidualMLP((1, 8, 8), 64, 2, 0)], [data], [0], ["four digits"], process, kind, Recipe(updates=400, ema=0.1)
    )
    losses = [float(state.loss[0]) for state in group.train(group.start())]
    assert np.mean(losses[-50:]) < 0.5 * np.mean(losses[:10])


def test_weights_are_a_function_of_the_seed():
    one, same, other = (ResidualMLP(SHAPE, 8, 1, seed).state_dict() for seed in (5, 5, 6))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["inward"], other["inward"])
    # W_in, E, one W_up and W_down, W_out.
    assert ResidualMLP(SHAPE, 8, 1).parameters_count == (16 + 25) * 8 + 25 * 8 + 2 * 64 + 8 * 16
