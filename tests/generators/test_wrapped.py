"""Generators made of another: on planes, given measurements, and what stands beside; of networks, closed forms and
few-step students alike."""

from __future__ import annotations

import pytest
import torch
from tiny import MATRIX, other

from samenoise.generators.base import DenoiserGenerator
from samenoise.generators.measured import Measured, TaskSpec
from samenoise.generators.plane import PlaneSpec, on_planes
from samenoise.generators.posterior import MethodSpec, Posterior, posterior
from samenoise.generators.reference import Reference
from samenoise.generators.trained import Student, Unplanned
from samenoise.inverse import DDNM, DPS, AveragePool, measure
from samenoise.lab.agenda import Agenda
from samenoise.lab.plan import Plan
from samenoise.lab.study import Wanted
from samenoise.noise import NoiseBank
from samenoise.plane import PlaneBank
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store
from samenoise.solver import DDIM, Heun, generate

AGENDA = Agenda(other(MATRIX, training={"updates": 3, "batch": 16, "warmup": 1}))
STUDY = AGENDA.study
TASK = TaskSpec(operator="pool", options={"factor": 4}, noise=0.1)
MEASURED = Measured(data=STUDY.data, images=(5, 1, 8), task=TASK, seed=11)
PLANE = PlaneSpec(cells=2, beyond=1)
PRIORS: dict[str, DenoiserGenerator | Unplanned] = {
    "network": STUDY.named("plain"),
    "student": STUDY.named("halved"),
    "gaussian": STUDY.gaussian(40),
    "optimum": STUDY.optimum(40),
}
METHODS = {"dps": MethodSpec(name="dps", zeta=0.5), "ddnm": MethodSpec(name="ddnm")}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("wrapped"))


def drawn(store: Store, wanted: Wanted, again: bool = False) -> tuple[torch.Tensor, dict[str, object]]:
    ask = STUDY.ask(wanted, again)
    plan = Plan([wanted], STUDY.feature, "cpu")
    cell = plan.samples(ask)
    for need in in_order([cell]):
        store.compute(need)
    return cell.load(store).images, cell.manifest(store)


def raw(store: Store, prior: DenoiserGenerator | Unplanned) -> tuple[object, object, object]:
    """Denoiser, solver and grid of a prior, as it is drawn."""
    plan = Plan([prior], STUDY.feature, "cpu")
    generator = plan.generator(prior)
    for need in in_order(generator.needs()):
        store.compute(need)
    assert isinstance(generator, DenoiserGenerator)
    sampler = generator.open(store, STUDY.common.sampling, "cpu")
    assert isinstance(sampler.solver, DDIM if isinstance(generator, Student) else Heun)
    return sampler.denoiser, sampler.solver, sampler.grid


def measurements(store: Store) -> tuple[AveragePool, torch.Tensor, torch.Tensor]:
    operator = AveragePool((1, 8, 8), 4)
    store.compute(STUDY.data)
    images = STUDY.data.load(store).images[[5, 1, 8]]
    return operator, images, measure(operator, images, 0.1, 11)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", PRIORS)
def test_posterior_samples_are_the_wrapper_at_each_noise_with_its_measurement(
    store: Store, name: str, method: str
) -> None:
    images, manifest = drawn(store, posterior(PRIORS[name], MEASURED, METHODS[method]))
    again, _ = drawn(store, posterior(PRIORS[name], MEASURED, METHODS[method]), again=True)
    near = 2e-2 if name == "optimum" else 1e-3  # which makes much of a rounding where it is between two images
    torch.testing.assert_close(again, images, rtol=0, atol=near)
    denoiser, solver, grid = raw(store, PRIORS[name])
    operator, _, y = measurements(store)
    bank = NoiseBank(0, (1, 8, 8))
    for i in (0, 4, 23):
        if method == "dps":
            how = (denoiser, DPS(solver, operator, y[i % 3 : i % 3 + 1], 0.5))  # type: ignore[arg-type]
        else:
            how = (DDNM(denoiser, operator, y[i % 3 : i % 3 + 1], 0.1), solver)  # type: ignore[arg-type, assignment]
        (batch,) = generate(how[0], bank, [i], solver=how[1], grid=grid)  # type: ignore[arg-type]
        torch.testing.assert_close(batch.images[0], images[i], rtol=0, atol=near)
        assert batch.nfe == manifest["nfe"]
    assert manifest["method"] == METHODS[method].model_dump()
    assert manifest["bank"] == bank.hash


@pytest.mark.parametrize("name", PRIORS)
def test_places_of_planes_are_drawn_in_the_place_of_noises(store: Store, name: str) -> None:
    images, manifest = drawn(store, on_planes(PRIORS[name], PLANE))
    denoiser, solver, grid = raw(store, PRIORS[name])
    planes = PlaneBank(0, (1, 8, 8), cells=2, beyond=1)
    (batch,) = generate(denoiser, planes, range(24), solver=solver, grid=grid)  # type: ignore[arg-type]
    torch.testing.assert_close(batch.images, images, rtol=0, atol=1e-3)
    assert manifest["bank"] == planes.hash
    usual, told = drawn(store, PRIORS[name])
    torch.testing.assert_close(images[planes.anchors()[0]], usual[0], rtol=0, atol=1e-3)
    assert told["bank"] == NoiseBank(0, (1, 8, 8)).hash


def test_one_may_be_made_of_the_other(store: Store) -> None:
    """Posterior samples of a network, on planes."""
    given = posterior(STUDY.gaussian(40), MEASURED, METHODS["ddnm"])
    assert isinstance(given, Posterior)
    images, manifest = drawn(store, on_planes(given, PLANE))
    operator, _, y = measurements(store)
    denoiser, solver, grid = raw(store, STUDY.gaussian(40))
    planes = PlaneBank(0, (1, 8, 8), cells=2, beyond=1)
    y = y[torch.arange(24) % 3]
    (batch,) = generate(DDNM(denoiser, operator, y, 0.1), planes, range(24), solver=solver, grid=grid)  # type: ignore[arg-type]
    torch.testing.assert_close(batch.images, images, rtol=0, atol=1e-3)
    assert manifest["method"] == {"name": "ddnm", "zeta": 1.0}


def test_beside_them_stand_the_image_and_the_measurement(store: Store) -> None:
    operator, truth, y = measurements(store)
    for what, pictures in (("truth", truth), ("measurement", operator.pinv(y))):
        images, manifest = drawn(store, Reference(measured=MEASURED, what=what))  # type: ignore[arg-type]
        torch.testing.assert_close(images, pictures[torch.arange(24) % 3])
        assert manifest["nfe"] == 0


def test_costs_and_titles() -> None:
    plan = Plan([*PRIORS.values()], STUDY.feature, "cpu")
    given = posterior(STUDY.optimum(40), MEASURED, METHODS["dps"])
    assert isinstance(given, Posterior)
    assert given.cost(100) == 2 * STUDY.optimum(40).cost(100) > 0
    assert given.title == "optimum of N = 40a, given pool by dps"
    placed = on_planes(STUDY.optimum(40), PLANE)
    assert plan.generator(placed).title == "optimum of N = 40a on spherical planes"
