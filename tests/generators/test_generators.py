"""Generators: what they need, where they are drawn, and that no two have one result."""

import pytest
import torch
from tiny import teacher, tiny

from samenoise.generators.gaussian import FittedGaussian
from samenoise.generators.optimum import Optimum
from samenoise.generators.sampling import SampleCell
from samenoise.generators.trained import Student, Trained
from samenoise.lab.agenda import Agenda
from samenoise.lab.study import Study
from samenoise.runs.cell import described, in_order
from samenoise.runs.store import Store


def test_two_generators_with_equal_fields_have_two_results():
    study = Study(tiny().common)
    optimum, gaussian = study.optimum(4), study.gaussian(4)
    assert optimum.model_dump() == gaussian.model_dump()
    assert (type(optimum), type(gaussian)) == (Optimum, FittedGaussian)
    cells = [
        SampleCell(generator=each, sampling=study.common.sampling, batch=8, device="cpu")
        for each in (optimum, gaussian)
    ]
    assert cells[0].hash != cells[1].hash
    assert described(cells[0]) != described(cells[1])


def test_a_student_is_not_the_network_that_it_would_be_without_its_times():
    agenda = Agenda(tiny())
    train, member = agenda.plan.place(agenda.study.model(8, 4).member)
    sampling = agenda.config.common.sampling
    hashes = {
        SampleCell(generator=kind(train=train, member=member), sampling=sampling, batch=8, device="cpu").hash
        for kind in (Trained, Student)
    }
    assert len(hashes) == 2


def test_closed_forms_are_drawn_on_the_cpu_and_networks_where_the_run_is():
    agenda = Agenda(teacher(device="cuda"))
    study = agenda.study
    for wanted, device in (
        (study.optimum(4), "cpu"),
        (study.gaussian(4), "cpu"),
        (study.truth(), "cpu"),
        (study.model(8, 4), "cuda"),
    ):
        assert agenda.plan.samples(study.ask(wanted)).device == device


@pytest.mark.parametrize("name", ["optimum", "gaussian", "truth", "model"])
def test_images_are_drawn_from_the_numbered_noises_in_any_batches(name, tmp_path):
    agenda, store = Agenda(teacher(training={"updates": 3})), Store(tmp_path)
    study = agenda.study
    wanted = {"optimum": study.optimum(4), "gaussian": study.gaussian(4), "model": study.model(8, 4)}.get(name)
    cell, again = (agenda.plan.samples(study.ask(wanted or study.truth(), a)) for a in (False, True))
    for need in in_order([cell, again]):
        store.compute(need)
    one, other = cell.load(store), again.load(store)
    assert one.ids.tolist() == other.ids.tolist() == list(range(32))
    assert one.bank == other.bank
    assert one.images.shape == (32, 1, 8, 8)
    torch.testing.assert_close(one.images, other.images, rtol=0, atol=1e-3)
    assert [each.manifest(store)["batch"] for each in (cell, again)] == [32, 12]
    assert cell.manifest(store)["nfe"] == one.nfe == 2 * 6 - 1, "Heun with six steps"
