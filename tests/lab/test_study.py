"""What can be asked for: models with randomness of their own, and the same noise for all."""

import pytest
from tiny import MATRIX, TEACHER, other, teacher, tiny

from samenoise.cells.data import ImagesCell, MixtureCell
from samenoise.cells.specs import SamplingSpec
from samenoise.lab.agenda import Agenda
from samenoise.lab.study import Study


def test_models_that_are_compared_share_no_randomness():
    agenda = Agenda(tiny())
    asked = {(w, n, p): agenda.study.model(w, n, p) for w, p in ((8, "a"), (16, "a"), (8, "b")) for n in (4, 12, 40)}
    trained = {}
    for key, wanted in asked.items():
        train, member = agenda.plan.place(wanted.member)
        trained[key] = train.models[member]
    assert len({trained[8, 4, "a"].seed, trained[16, 4, "a"].seed, trained[8, 4, "b"].seed}) == 3
    starts = [model.init_seed for model in trained.values()]
    assert len(set(starts)) == len(starts)


def test_seed_changes_models_and_not_the_noise():
    one, other = Agenda(tiny()), Agenda(tiny(seed=1))
    trainings = [agenda.plan.place(agenda.study.model(8, 4).member).train for agenda in (one, other)]
    assert trainings[0].hash != trainings[1].hash
    assert one.config.common.sampling == other.config.common.sampling


def test_networks_have_the_names_of_the_rows():
    assert list(Study(tiny().common).networks()) == ["mlp-8", "mlp-16"]
    assert list(Study(other(MATRIX).common).networks()) == list(MATRIX["models"])


def test_a_chain_of_students_halves_the_steps_from_the_teacher_on():
    last = Study(other(MATRIX).common).named("halved").member
    chain = [last]
    while chain[-1].teacher is not None:
        chain.append(chain[-1].teacher)
    assert [member.training.steps for member in chain[:-1]] == [2, 4], "of the teacher's 8"
    assert [member.training.procedure for member in chain] == ["progressive-distillation"] * 2 + ["standard"]


def test_the_truth_is_that_of_a_mixture_alone():
    assert isinstance(Study(teacher().common).data, MixtureCell)
    assert isinstance(Study(tiny().common).data, ImagesCell)
    truth = Study(other(TEACHER).common).truth()
    assert truth.needs() == [truth.data]
    with pytest.raises(ValueError, match="the true distribution of digits is not known"):
        Study(tiny().common).truth()


def test_images_are_asked_for_at_both_batch_sizes():
    study = Study(tiny().common)
    asks = study.twice(study.optimum(4), study.model(8, 4))
    assert [ask.batch for ask in asks] == [32, 12, 32, 12]
    assert [ask.wanted for ask in asks] == [study.optimum(4)] * 2 + [study.model(8, 4)] * 2
    finer = study.common.sampling.model_copy(update={"steps": 9})
    assert study.ask(study.optimum(4), sampling=finer).sampling.steps == 9


def test_ceilings_need_a_part_of_the_noises() -> None:
    """The first 128, or a whole batch, drawn as all are."""
    study = Study(tiny(sampling={"noises": 512, "batch": 512, "ceiling_batch": 48}).common)
    once, again = study.twice(study.optimum(4))
    assert (once.sampling.noises, once.batch) == (512, 512)
    assert (again.sampling.noises, again.batch) == (128, 48)
    assert again.sampling.model_copy(update={"noises": 512}) == once.sampling
    for spec, part in (({"noises": 64, "ceiling_batch": 48}, 64), ({"noises": 512, "ceiling_batch": 200}, 200)):
        assert SamplingSpec(**spec).again.noises == part
