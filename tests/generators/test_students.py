"""Few-step students as models of a run: what they are made of, where they start, and how they are sampled."""

import pytest
import torch
from tiny import MATRIX, other, pixels

from samenoise.lab.agenda import Agenda
from samenoise.networks.checkpoint import from_pretrained
from samenoise.noise import NoiseBank
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store
from samenoise.solver import DDIM, generate

DISTILLED = {"procedure": "consistency-distillation", "teacher_steps": 16, "steps": 4}


def agenda_of(training, teacher="plain"):
    student = {"training": training} | ({} if teacher is None else {"teacher": teacher})
    return Agenda(other(MATRIX, models={"plain": {}, "student": student}))


def place_of(agenda, label):
    return agenda.plan.place(agenda.study.named(label).member)


def test_a_progressive_student_is_the_last_of_a_chain():
    """Each teaches the next, which has half its steps; the first is the trained model itself."""
    training = {"procedure": "progressive-distillation", "teacher_steps": 32, "steps": 2, "updates": 10}
    agenda = agenda_of(training)
    (cell, _), chain = place_of(agenda, "student"), []
    while cell is not None:
        chain.append(cell)
        cell = None if cell.teacher is None else cell.teacher.train
    *students, teacher = chain
    assert [s.training.steps for s in students] == [2, 4, 8, 16]
    assert {(s.training.teacher_steps, s.training.updates, s.training.procedure) for s in students} == {
        (32, 10, "progressive-distillation")
    }
    assert (teacher, students[-1].teacher.member) == place_of(agenda, "plain")
    order = [cell.hash for cell in in_order([students[0]])]
    assert order == [agenda.study.data.hash, *(cell.hash for cell in reversed(chain))], "teachers first"


def test_other_students_are_one_cell():
    agenda = agenda_of(DISTILLED)
    student, teacher = place_of(agenda, "student").train, place_of(agenda, "plain").train
    assert student.teacher.train == teacher
    alone = agenda_of({**DISTILLED, "procedure": "consistency-training"}, None)
    assert place_of(alone, "student").train.teacher is None


def test_students_are_sampled_on_their_own_times(matrix_run):
    """Steps of the run do not reach them: NFE = steps, on every fourth time of the teacher's eight, by plain DDIM."""
    agenda, store, _ = matrix_run
    study, plan = agenda.study, agenda.plan
    cell = plan.samples(study.ask(study.named("halved")))
    manifest = cell.manifest(store)
    times = agenda.config.common.process.build().grid(8)
    assert (manifest["nfe"], manifest["solver"]["name"]) == (2, "ddim")
    assert manifest["grid"] == times[[0, 4, 8]].tolist()
    assert plan.samples(study.ask(study.named("plain"))).manifest(store)["nfe"] == 7
    denoiser = from_pretrained(cell.generator.train.place(store, 0))
    x = torch.tensor(pixels(store, cell)).reshape(24, 1, 8, 8)
    bank, grid = NoiseBank(0, (1, 8, 8)), times[[0, 4, 8]]
    [drawn] = generate(denoiser, bank, range(24), solver=DDIM(), grid=grid, batch_size=24)
    assert torch.equal(drawn.images, x)


@pytest.mark.parametrize("procedure", ["consistency-distillation", "progressive-distillation"])
def test_a_distilled_student_starts_from_its_teacher(procedure, tmp_path):
    """One update of next to nothing leaves the teacher; from weights of its own the student would be far from it."""
    training = {**DISTILLED, "procedure": procedure, "teacher_steps": 8, "updates": 1, "lr": 1e-7, "warmup": 0}
    store, (student, _) = Store(tmp_path), place_of(agenda_of(training), "student")
    for cell in in_order([student]):
        store.compute(cell)
    places = student.place(store, 0), student.teacher.train.place(store, student.teacher.member)
    own, taught = (from_pretrained(place).network.state_dict() for place in places)
    assert own.keys() == taught.keys()
    distance = max((own[name] - taught[name]).abs().max().item() for name in own)
    assert 0 < distance < 1e-5


def test_consistency_training_starts_on_its_own(tmp_path):
    training = {**DISTILLED, "procedure": "consistency-training", "updates": 1, "lr": 1e-7, "warmup": 0}
    store, (cell, _) = Store(tmp_path), place_of(agenda_of(training, None), "student")
    for need in in_order([cell]):
        store.compute(need)
    weights = from_pretrained(cell.place(store, 0)).network.state_dict()
    start = cell._network(cell.data.load(store).images, cell.models[0].init_seed).state_dict()
    assert 0 < max((weights[name] - start[name]).abs().max().item() for name in weights) < 1e-5
