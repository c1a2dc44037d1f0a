"""``solvers``: which settings there are, whose fresh noise each model gets, and every row from the samples."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tiny import SOLVERS, computed, cosines, drawn, find, hashed, other, pixels, real, shuffled

from samenoise.experiments.solvers.measure import Solvers
from samenoise.fresh import FreshNoise
from samenoise.lab.agenda import Agenda
from samenoise.lab.presets import load
from samenoise.noise import NoiseBank
from samenoise.oracle import Empirical
from samenoise.process import EDM, Flow
from samenoise.solver import DDIM, generate


def measurement(config):
    return Solvers(common=config.common, settings=config.settings["solvers"])


def sample_cell(agenda, label, sampling, shared=False):
    return agenda.plan.samples(measurement(agenda.config).ask(label, sampling, shared))


def test_settings_are_every_solver_at_every_number_of_steps_and_then_every_eta():
    settings = [(s.solver, s.steps, s.eta) for s in measurement(other(SOLVERS)).samplings]
    assert settings == [
        ("ddim", 3, 0),
        ("ddim", 6, 0),
        ("heun", 3, 0),
        ("heun", 6, 0),
        ("ddim", 6, 0.5),
        ("ddim", 6, 1.0),
    ]
    elsewhere = other(SOLVERS, solvers={**SOLVERS["solvers"], "eta_steps": 5})
    assert ("ddim", 5, 0) in [(s.solver, s.steps, s.eta) for s in measurement(elsewhere).samplings]
    shipped = measurement(load("digits-solvers")).samplings
    assert len(shipped) == len(set(shipped)) == 3 * 6 + 6
    assert measurement(other(SOLVERS)).reference.steps == 12


def test_fresh_noise_is_each_models_own_or_the_same(solvers_run):
    agenda, store, _ = solvers_run
    samplings, labels = measurement(agenda.config).samplings, agenda.config.common.models

    def manifest(label, sampling, shared=False):
        return sample_cell(agenda, label, sampling, shared).manifest(store)

    [half, whole] = [s for s in samplings if s.eta]
    own = [manifest(label, half) for label in labels]
    shared = [manifest(label, half, shared=True) for label in labels]
    assert len({m["fresh"] for m in own}) == 2
    assert len({m["fresh"] for m in shared}) == 1
    assert shared[0]["fresh"] not in {m["fresh"] for m in own}
    assert {m["bank"] for m in own + shared} == {NoiseBank(0, (1, 8, 8)).hash}, "all start from the same noise"
    assert {m["fresh"] for m in own + shared} == {
        FreshNoise(hashed(f"1/fresh{whose}"), (1, 8, 8)).hash for whose in ("", "/0", "/1")
    }
    assert [manifest("plain", s)["solver"]["eta"] for s in (half, whole)] == [0.5, 1.0]
    plain = samplings[1]
    assert manifest("plain", plain)["fresh"] is None
    assert sample_cell(agenda, "plain", plain) == sample_cell(agenda, "plain", plain, shared=True)
    different = [pixels(store, sample_cell(agenda, "plain", half, shared)) for shared in (False, True)]
    assert not np.array_equal(*different)


def test_eta_of_nothing_is_plain_ddim():
    """The end of the sweep over eta is the very cell of the sweep over steps, not a second drawing."""
    agenda = Agenda(other(SOLVERS))
    found = measurement(agenda.config)
    [plain] = [s for s in found.samplings if (s.solver, s.steps, s.eta) == ("ddim", 6, 0)]
    zero = plain.model_copy(update={"eta": 0.0})
    assert sample_cell(agenda, "plain", zero).hash == sample_cell(agenda, "plain", plain).hash
    assert found.ask("again", plain).sampling.fresh_seed == found.ask("plain", plain).sampling.fresh_seed


def test_rows_equal_an_independent_computation(solvers_run):
    agenda, store, rows = solvers_run
    study, labels = agenda.study, agenda.config.common.models
    mean = real(agenda, store)[shuffled(1797)[:40]].mean(0)

    def rp(a, b):
        return (cosines(a, b, mean).diagonal() > 0.9).mean()

    fine = agenda.config.common.sampling.model_copy(update={"solver": "heun", "steps": 12})
    reference = {
        label: [drawn(agenda, store, study.named(label), again, fine) for again in (False, True)] for label in labels
    }
    gaussian = drawn(agenda, store, study.gaussian(40))
    for setting in measurement(agenda.config).samplings:
        tags = {"solver": setting.solver, "steps": setting.steps, "eta": setting.eta}
        a, b = (pixels(store, sample_cell(agenda, label, setting)) for label in labels)
        row = find(rows, metric="rp", **tags)
        assert row["value"] == rp(a, b)
        assert row["nfe"] == (2 * setting.steps - 1 if setting.solver == "heun" else setting.steps)
        assert row["baseline"]["ceiling"] == min(rp(*pair) for pair in reference.values())
        assert row["baseline"]["gaussian"] == max(rp(x, gaussian) for x in (a, b))
        for label, images in zip(labels, (a, b), strict=True):
            to_reference = find(rows, metric="rp_reference", a=label, **tags)
            assert (to_reference["value"], to_reference["b"], to_reference["width"]) == (
                rp(images, reference[label][0]),
                "reference",
                8,
            )
            distance = np.sqrt(((images.astype(np.float64) - reference[label][0]) ** 2).sum(1).mean())
            row = find(rows, metric="pfd_reference", a=label, **tags)
            assert row["value"] == pytest.approx(distance, rel=1e-6)
        shared = [row for row in rows if row["metric"] == "rp_shared" and row["eta"] == setting.eta]
        assert len(shared) == (1 if setting.eta else 0)
        for row in shared:
            same = [pixels(store, sample_cell(agenda, label, setting, shared=True)) for label in labels]
            assert row["value"] == rp(*same)
    assert len([row for row in rows if row["metric"] == "rp"]) == 6
    assert len({row["value"] for row in rows if row["metric"] in ("rp", "rp_reference", "rp_shared")}) > 3


def test_finer_heun_comes_to_its_reference(solvers_run):
    _, _, rows = solvers_run
    for label in ("plain", "again"):
        found = [
            row for row in rows if row["metric"] == "pfd_reference" and row["a"] == label and row["solver"] == "heun"
        ]
        distance = {row["steps"]: row["value"] for row in found}
        assert distance[6] < distance[3] / 1.5


def test_rows_follow_the_schema_and_the_grid_has_every_setting(solvers_run, follows_schema):
    agenda, store, rows = solvers_run
    content = json.loads((store.root / "scores.json").read_text())
    follows_schema(content)
    assert all({"solver", "steps", "nfe", "eta"} <= row.keys() for row in rows)
    grid = json.loads((store.root / "grid.json").read_text())
    assert [panel["label"] for panel in grid["panels"]] == [
        "ddim, 3 steps",
        "ddim, 6 steps",
        "heun, 3 steps",
        "heun, 6 steps",
        "ddim, 6 steps, eta 0.5",
        "ddim, 6 steps, eta 1",
    ]
    tensors = load_file(store.root / "grid.safetensors")
    shown = sample_cell(agenda, "plain", measurement(agenda.config).samplings[4])
    expected = np.round((pixels(store, shown)[:4].clip(-1, 1) + 1) * 127.5)
    assert np.abs(tensors["images"][4, 1].reshape(4, -1) - expected).max() <= 1


def test_the_ceiling_of_shared_fresh_noise_is_one_exact_denoiser_under_the_two_processes(tmp_path):
    flow = {"process": {"name": "flow"}, "network": {"parameterisation": "flow"}}
    config = other(SOLVERS, models={"plain": {}, "again": {"seed": 1}, "flow": flow})
    store, rows = computed(config, tmp_path)
    agenda = Agenda(config)
    images = real(agenda, store)[shuffled(1797)[:40]]
    mean, noises = images.mean(0), NoiseBank(0, (1, 8, 8))

    def optimum(process, eta):
        denoiser = Empirical(torch.from_numpy(images).reshape(-1, 1, 8, 8), process)
        how = {"solver": DDIM(eta), "steps": 6, "fresh": FreshNoise(hashed("1/fresh"), (1, 8, 8))}
        return next(generate(denoiser, noises, range(24), **how)).images.flatten(1).numpy()

    for eta in (0.5, 1.0):
        same = (cosines(optimum(EDM(), eta), optimum(Flow(), eta), mean).diagonal() > 0.9).mean()
        assert 0 < same < 1
        for a, b, ceiling in (("plain", "again", 1.0), ("plain", "flow", same), ("again", "flow", same)):
            row = find(rows, metric="rp_shared", eta=eta, a=a, b=b)
            assert row["baseline"]["ceiling"] == ceiling
            assert find(rows, metric="rp", eta=eta, a=a, b=b)["baseline"]["ceiling"] == 1.0
