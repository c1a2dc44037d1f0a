"""Few-step students as models of a run: what they are made of, where they start, and how they are sampled."""

import json

import pytest
import torch
from tiny import MATRIX, other, pixels

from samenoise.experiments.sweep import Sweep
from samenoise.networks.checkpoint import from_pretrained
from samenoise.noise import NoiseBank
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store
from samenoise.solver import DDIM, generate

DISTILLED = {"procedure": "consistency-distillation", "teacher_steps": 16, "steps": 4}


def sweep_of(training, teacher="plain"):
    student = {"training": training} | ({} if teacher is None else {"teacher": teacher})
    return Sweep(other(MATRIX, models={"plain": {}, "student": student}))


def test_a_progressive_student_is_the_last_of_a_chain():
    """Each teaches the next, which has half its steps; the first is the trained model itself."""
    training = {"procedure": "progressive-distillation", "teacher_steps": 32, "steps": 2, "updates": 10}
    sweep = sweep_of(training)
    cell, chain = sweep.named("student").train, []
    while cell is not None:
        chain.append(cell)
        cell = cell.teacher
    *students, teacher = chain
    assert [s.training.steps for s in students] == [2, 4, 8, 16]
    assert {(s.training.teacher_steps, s.training.updates, s.training.procedure) for s in students} == {
        (32, 10, "progressive-distillation")
    }
    assert teacher == sweep.named("plain").train
    order = [cell.hash for cell in in_order([students[0]])]
    assert order == [sweep.data.hash, *(cell.hash for cell in reversed(chain))], "teachers first"


def test_other_students_are_one_cell():
    assert sweep_of(DISTILLED).named("student").train.teacher == sweep_of(DISTILLED).named("plain").train
    assert sweep_of({**DISTILLED, "procedure": "consistency-training"}, None).named("student").train.teacher is None


def test_students_are_sampled_on_their_own_times(matrix_run):
    """Steps of the run do not reach them: NFE = steps, on every fourth time of the teacher's eight, by plain DDIM."""
    config, store, _ = matrix_run
    sweep = Sweep(config)
    cell = sweep.samples(sweep.named("halved"))
    manifest = json.loads((store.path(cell) / "manifest.json").read_text())
    times = config.process.build().grid(8)
    assert (manifest["nfe"], manifest["solver"]["name"]) == (2, "ddim")
    assert manifest["grid"] == times[[0, 4, 8]].tolist()
    assert json.loads((store.path(sweep.samples(sweep.named("plain"))) / "manifest.json").read_text())["nfe"] == 7
    denoiser = from_pretrained(cell.source.train.place(store, 0))
    x = torch.tensor(pixels(store, cell)).reshape(24, 1, 8, 8)
    bank, grid = NoiseBank(0, (1, 8, 8)), times[[0, 4, 8]]
    [drawn] = generate(denoiser, bank, range(24), solver=DDIM(), grid=grid, batch_size=24)
    assert torch.equal(drawn.images, x)


@pytest.mark.parametrize("procedure", ["consistency-distillation", "progressive-distillation"])
def test_a_distilled_student_starts_from_its_teacher(procedure, tmp_path):
    """One update of next to nothing leaves the teacher; from weights of its own the student would be far from it."""
    training = {**DISTILLED, "procedure": procedure, "teacher_steps": 8, "updates": 1, "lr": 1e-7, "warmup": 0}
    sweep, store = sweep_of(training), Store(tmp_path)
    student = sweep.named("student").train
    for cell in in_order([student]):
        store.compute(cell)
    own, taught = (from_pretrained(cell.place(store, 0)).network.state_dict() for cell in (student, student.teacher))
    assert own.keys() == taught.keys()
    distance = max((own[name] - taught[name]).abs().max().item() for name in own)
    assert 0 < distance < 1e-5


def test_consistency_training_starts_on_its_own(tmp_path):
    training = {**DISTILLED, "procedure": "consistency-training", "updates": 1, "lr": 1e-7, "warmup": 0}
    sweep, store = sweep_of(training, None), Store(tmp_path)
    cell = sweep.named("student").train
    for need in in_order([cell]):
        store.compute(need)
    weights = from_pretrained(cell.place(store, 0)).network.state_dict()
    start = cell._network(sweep.data.load(store).images, cell.models[0].init_seed).state_dict()
    assert 0 < max((weights[name] - start[name]).abs().max().item() for name in weights) < 1e-5
