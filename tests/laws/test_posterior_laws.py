"""Posterior sampling runs with every process and solver, draws what is measured, and is off where nothing is asked."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch
from inverse_problems import BANK, NOISE, PRIORS, SHAPE, empirical, gaussian, isotropic, mixture, operators, truth
from torch import Tensor

from samenoise.denoiser import Denoiser, Guided, NetworkDenoiser
from samenoise.fresh import FreshNoise
from samenoise.inverse import DDNM, DPS, AveragePool, BoxMask, LinearOperator, measure
from samenoise.inverse.measurement import for_each
from samenoise.networks import NETWORKS, build
from samenoise.process import EDM, PROCESSES, VP, Flow, Process
from samenoise.solver import DDIM, SOLVERS, Heun, Solver, generate

IDS = range(5)
STEPS = 5
OPERATOR = BoxMask(SHAPE)
Y = measure(OPERATOR, truth(5), NOISE, seed=7)
solvers = pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
priors = pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)


def draw(denoiser: Denoiser, ids: object = IDS, **settings: object) -> Tensor:
    how = {"steps": STEPS, "batch_size": 64, **settings}
    return torch.cat([b.images for b in generate(denoiser, BANK, ids, **how)])  # type: ignore[arg-type]


def misfit(images: Tensor, y: Tensor = Y, operator: LinearOperator = OPERATOR) -> Tensor:
    return (operator.forward(images) - y).flatten(1).norm(dim=1)


# --- zeta 0


@solvers
@priors
def test_zeta_0_is_the_unconditional_image_bit_for_bit(process: Process, solver: Solver, prior: object) -> None:
    denoiser = prior(process)  # type: ignore[operator]
    plain = draw(denoiser, solver=solver)
    assert torch.equal(draw(denoiser, solver=DPS(solver, OPERATOR, Y, zeta=0.0)), plain)
    assert not torch.equal(draw(denoiser, solver=DPS(solver, OPERATOR, Y, zeta=0.1)), plain)
    nearly = draw(denoiser, solver=DPS(solver, OPERATOR, Y, zeta=1e-9))
    torch.testing.assert_close(nearly, plain, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_zeta_0_of_networks(name: str) -> None:
    width = {"mlp": 16, "unet": 8, "ncsnpp": 8}.get(name, 16)
    shape = (1, 8, 8)
    denoiser = NetworkDenoiser(build(name, shape, width).eval(), EDM(), shape)
    operator = AveragePool(shape)
    y = torch.zeros(1, *operator.measured)
    bank = type(BANK)(3, shape)
    plain, none, some = (
        next(generate(denoiser, bank, range(3), solver=s, steps=4)).images
        for s in (Heun(), DPS(Heun(), operator, y, 0.0), DPS(Heun(), operator, y, 2.0))
    )
    assert torch.equal(none, plain)
    assert not some.requires_grad
    assert not torch.equal(some, plain)
    assert all(p.grad is None for p in denoiser.network.parameters())


# --- every process and solver


@solvers
@priors
@pytest.mark.parametrize("method", ["dps", "ddnm"])
def test_images_do_not_depend_on_the_batch_and_are_nearer_to_what_was_measured(
    process: Process, solver: Solver, prior: object, method: str
) -> None:
    denoiser = prior(process)  # type: ignore[operator]

    def given(ids: list[int], size: int) -> Tensor:
        images = []
        for chosen in torch.tensor(ids).split(size):  # type: ignore[no-untyped-call]
            if method == "dps":
                images.append(draw(denoiser, chosen, solver=DPS(solver, OPERATOR, Y[chosen], 0.5), dtype=torch.float64))
            else:
                wrapped = DDNM(denoiser, OPERATOR, Y[chosen], NOISE)
                images.append(draw(wrapped, chosen, solver=solver, dtype=torch.float64))
        return torch.cat(images)

    together = given(list(IDS), 5)  # in float64: the optimum of 30 images makes much of a rounding
    assert together.dtype == torch.float64
    assert bool(together.isfinite().all())
    order = [3, 0, 4, 2, 1]
    for size in (1, 2):
        torch.testing.assert_close(given(order, size), together[order], rtol=0, atol=1e-6)
    if prior is not empirical:  # which has 30 images, none of them the one that was measured
        assert float(misfit(together).mean()) < 0.9 * float(misfit(draw(denoiser, solver=solver)).mean())


@solvers
@pytest.mark.parametrize("operator", operators(), ids=lambda o: o.name)
def test_every_operator_draws_towards_its_measurement(solver: Solver, operator: LinearOperator) -> None:
    y = measure(operator, truth(5), 0.0)
    denoiser = mixture(Flow())
    plain = misfit(draw(denoiser, solver=solver), y, operator)
    by_dps = misfit(draw(denoiser, solver=DPS(solver, operator, y, 0.5)), y, operator)
    assert float(by_dps.mean()) < 0.8 * float(plain.mean())
    noiseless = draw(DDNM(denoiser, operator, y), solver=solver, dtype=torch.float64)
    assert float(misfit(noiseless, y, operator).max()) < 1e-5, "without noise the image is measured as y"


def test_fresh_noise_passes_through(process: Process) -> None:
    denoiser, solver, fresh = mixture(process), DPS(DDIM(0.7), OPERATOR, Y, 0.3), FreshNoise(4, SHAPE)
    assert solver.stochastic
    assert not DPS(DDIM(), OPERATOR, Y).stochastic
    one, other = (draw(denoiser, solver=solver, fresh=f) for f in (fresh, FreshNoise(5, SHAPE)))
    assert (one - other).abs().max() > 0.01
    plain = draw(denoiser, solver=DDIM(0.7), fresh=fresh)
    assert float(misfit(one).mean()) < float(misfit(plain).mean())


def test_wrappers_compose() -> None:
    """Guidance by classes inside, of DPS and of DDNM: a scale of 1 changes nothing, another does."""
    denoiser, cond = mixture(EDM()), torch.tensor([0, 1, 2, 0, 1])

    class Known(Denoiser):
        process, shape = denoiser.process, denoiser.shape

        def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
            return denoiser(x_t, t, cond)

    for made in (
        lambda d: (d, DPS(Heun(), OPERATOR, Y, 0.3)),
        lambda d: (DDNM(d, OPERATOR, Y, NOISE), Heun()),
    ):
        drawn = [draw(d, solver=s, cond=cond) for d, s in (made(Guided(Known(), w)) for w in (1.0, 2.0))]
        d, s = made(denoiser)
        assert torch.equal(drawn[0], draw(d, solver=s, cond=cond))
        assert (drawn[1] - drawn[0]).abs().max() > 0.01


# --- what a step is


class Counting(Denoiser):
    """Counts calls, and the times that a gradient is taken through one."""

    def __init__(self, inner: Denoiser) -> None:
        self.inner, self.process, self.shape = inner, inner.process, inner.shape
        self.calls = self.backward = 0

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        self.calls += 1
        D = self.inner(x_t, t, cond)
        if D.requires_grad:
            D.register_hook(lambda gradient: setattr(self, "backward", self.backward + 1))
        return D


@solvers
def test_a_step_costs_one_backward_pass_and_no_call_more(process: Process, solver: Solver) -> None:
    plain, guided, wrapped = (Counting(mixture(process)) for _ in range(3))
    draw(plain, solver=solver)
    (batch,) = generate(guided, BANK, IDS, solver=DPS(solver, OPERATOR, Y, 0.3), steps=STEPS)
    assert (guided.calls, guided.backward) == (plain.calls, STEPS)
    assert batch.nfe == plain.calls
    draw(DDNM(wrapped, OPERATOR, Y, NOISE), solver=solver)
    assert (wrapped.calls, wrapped.backward) == (plain.calls, 0)


@solvers
@pytest.mark.parametrize("prior", [gaussian, empirical], ids=["gaussian", "empirical"])
def test_a_step_is_the_solvers_less_zeta_times_the_gradient(solver: Solver, prior: object) -> None:
    """The gradient by central differences, in float64."""
    denoiser, y, zeta, h = prior(VP()), Y[:1].double(), 0.7, 1e-6  # type: ignore[operator]
    t, s = torch.tensor(0.6, dtype=torch.float64), torch.tensor(0.5, dtype=torch.float64)
    x = BANK[:1].double()

    def height(x: Tensor) -> float:
        return float(misfit(denoiser(x, t), y))

    numeric = torch.zeros_like(x)
    for k in range(x.numel()):
        bump = torch.zeros_like(x).flatten()
        bump[k] = h
        numeric.view(-1)[k] = (height(x + bump.view_as(x)) - height(x - bump.view_as(x))) / (2 * h)
    plain, _ = solver.step(denoiser, x, t, s, None, None, None)
    with torch.no_grad():
        guided, _ = DPS(solver, OPERATOR, y, zeta).step(denoiser, x, t, s, None, None, None)
    torch.testing.assert_close(guided, plain - zeta * numeric, rtol=0, atol=1e-7)
    assert float(numeric.abs().max()) > 1e-3


def test_ddnm_draws_one_image_whatever_the_process_and_solver() -> None:
    """From starts without a trace of the image, gaps fall with the steps."""
    gaps = []
    for steps in (32, 128):
        drawn = [
            draw(DDNM(mixture(made()), OPERATOR, Y, NOISE), solver=Heun(), steps=steps, dtype=torch.float64)
            for made in PROCESSES
            if made().at(made().T)[0] / made().at(made().T)[1] < 0.02
        ]
        assert len(drawn) == 4 or len(drawn) == 5
        gaps.append(max(float((a - b).abs().mean()) for a, b in combinations(drawn, 2)))
    assert gaps[1] < 0.5 * gaps[0]
    assert gaps[1] < 0.03


# --- wrong use


def test_wrong_use_is_refused_in_one_sentence() -> None:
    denoiser = isotropic(EDM())
    with pytest.raises(ValueError, match="zeta is 0 or more, got -1"):
        DPS(Heun(), OPERATOR, Y, zeta=-1.0)
    with pytest.raises(
        ValueError, match=r"^5 images need one measurement of shape \(1, 12\) each, or one for all; y has"
    ):
        draw(denoiser, solver=DPS(Heun(), OPERATOR, Y[:3]))
    with pytest.raises(ValueError, match="or one for all; y has shape"):
        draw(DDNM(denoiser, OPERATOR, torch.zeros(5, 3)))
    one_for_all = draw(denoiser, solver=DPS(Heun(), OPERATOR, Y[:1]))
    each = draw(denoiser, solver=DPS(Heun(), OPERATOR, Y[:1].expand(5, -1, -1)))
    torch.testing.assert_close(one_for_all, each)
    assert for_each(Y[:1], BANK[:5].double(), OPERATOR).dtype == torch.float64
    wrong = AveragePool((1, 8, 8))
    with pytest.raises(ValueError, match=r"'pool' measures images of shape \(batch, 1, 8, 8\), got \(5, 1, 4, 4\)"):
        draw(denoiser, solver=DPS(Heun(), wrong, torch.zeros(1, 1, 4, 4)))
