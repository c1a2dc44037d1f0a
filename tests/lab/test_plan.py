"""From what is asked for to cells: cohorts follow from the asks alone, and change no bit of a network."""

from itertools import product
from typing import ClassVar

import pytest
from tiny import DYNAMICS, MATRIX, TINY, content, other, tiny

from samenoise.lab.agenda import Agenda
from samenoise.lab.measurement import Measurement
from samenoise.lab.plan import Plan
from samenoise.lab.presets import load
from samenoise.lab.study import Ask
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store


def trainings(agenda):
    return [cell for cell in in_order(agenda.cells) if cell.kind == "train"]


def planned(study, *wanted):
    return Plan(wanted, study.feature, "cpu")


def test_cohorts_follow_from_the_preset_alone():
    """Every model is trained once; cohorts have one width and hold at most what the preset says."""
    agenda = Agenda(load("digits"))
    wanted = {
        (each.member.width, each.member.model.subset.n, each.member.model.subset.part): each
        for each in (ask.wanted for ask in agenda.asks)
        if hasattr(each, "member")
    }
    assert len(wanted) == 2 * 9 + 8
    cohorts = {}
    for (width, n, part), each in wanted.items():
        cell, k = agenda.plan.place(each.member)
        cohorts.setdefault(cell.hash, []).append(k)
        assert (cell.width, cell.models[k].subset.n, cell.models[k].subset.part) == (width, n, part)
    for places in cohorts.values():
        assert len(places) <= agenda.config.common.training.cohort
        assert sorted(places) == list(range(len(places)))
    assert {cell.hash for cell in trainings(Agenda(load("digits")))} == set(cohorts)


def test_cohorts_are_as_even_as_may_be():
    """Five models and four at most: three and two."""
    config = tiny(experiments=["regimes"], sizes=[4, 6, 8, 10, 12], widths=[8], training={"cohort": 4})
    cells = trainings(Agenda(config))
    assert [[model.subset.n for model in cell.models] for cell in cells] == [[4, 8, 12], [6, 10]]


class One(Measurement):
    experiment: ClassVar[str] = "one"
    own: tuple[Ask, ...]

    @property
    def title(self) -> str:
        return self.experiment

    def asks(self):
        return list(self.own)

    def measure(self, scene, progress):
        return self.ledger()


class Two(One):
    experiment: ClassVar[str] = "two"


@pytest.mark.parametrize("first", [False, True])
def test_the_plan_does_not_know_who_asks(first):
    """However the same asks, in the same order, are shared out among experiments, they are planned alike."""
    config = tiny(experiments=["regimes"], widths=[8, 16], sizes=[4, 12], training={**TINY["training"], "cohort": 2})
    study = Agenda(config).study
    asks = [study.ask(study.model(width, n, part)) for n in (4, 12) for width in (8, 16) for part in ("a", "b")]
    members = [ask.wanted.member for ask in asks]

    def places(measurements):
        agenda = Agenda(config)
        agenda.__dict__.update(measurements=measurements, panels=[])
        return [(place.train.hash, place.member) for place in map(agenda.plan.place, members)]

    alone = places([One(common=config.common, own=tuple(asks))])
    assert len({train for train, _ in alone}) == 4
    for who in product((One, Two), repeat=3):
        kinds = [Two if first else One, *who, One, Two, *who][: len(asks)]
        shared_out = [kind(common=config.common, own=(ask,)) for kind, ask in zip(kinds, asks, strict=True)]
        assert places(shared_out) == alone
    assert places([Two(common=config.common, own=tuple(asks))] * 2) == alone, "asked for twice, trained once"


def test_two_experiments_share_what_both_ask_for():
    """The same networks at the ends of their trainings, the same closed forms, and one plan."""
    regimes, splits, both = (
        Agenda(tiny(experiments=names, shown=12)) for names in (["regimes"], ["splits"], TINY["experiments"])
    )

    def networks(agenda):
        return {model.init_seed for cell in trainings(agenda) for model in cell.models}

    assert networks(both) == networks(regimes) | networks(splits)
    assert sum(len(cell.models) for cell in trainings(both)) == len(networks(both)) == 9
    assert len(networks(regimes) & networks(splits)) == 3, "halves a at width 8"


def test_a_cohort_changes_no_bit_of_its_networks(tmp_path):
    agenda = Agenda(tiny())
    study, together, alone = agenda.study, Store(tmp_path / "together"), Store(tmp_path / "alone")
    for store in (together, alone):
        store.compute(study.data)
    wanted = [study.model(8, 4), study.model(8, 40), study.model(8, 12, "b")]
    for each in wanted:
        train, member = agenda.plan.place(each.member)
        assert len(train.models) > 1
        single, zero = planned(study, each).place(each.member)
        assert (len(single.models), zero) == (1, 0)
        together.compute(train)
        alone.compute(single)
        assert content(train.place(together, member)) == content(single.place(alone, 0))


def test_teachers_are_trained_in_cohorts(tmp_path):
    """A student is made of the very member of the cohort that its teacher is."""
    models = {"other": {"seed": 1}, "plain": {}, "halved": MATRIX["models"]["halved"]}
    agenda = Agenda(other(MATRIX, models=models))
    study, wanted = agenda.study, agenda.study.named("halved")
    student, _ = agenda.plan.place(wanted.member)
    chain = [student, student.teacher.train]
    cohort, member = chain[-1].teacher.train, chain[-1].teacher.member
    assert (cohort, member) == agenda.plan.place(study.named("plain").member) == (cohort, 1)
    assert [len(cell.models) for cell in (*chain, cohort)] == [1, 1, 2]
    alone, _ = planned(study, wanted).place(wanted.member)
    assert alone.teacher.train.teacher.member == 0, "asked for by nobody but its student, it is trained all the same"
    folders = []
    for cell, root in ((student, tmp_path / "cohort"), (alone, tmp_path / "alone")):
        store = Store(root)
        for need in in_order([cell]):
            store.compute(need)
        folders.append(content(cell.place(store, 0)))
    assert folders[0] == folders[1]


def test_kept_updates_are_the_union_of_what_is_asked_for():
    agenda = Agenda(other(DYNAMICS))
    study = agenda.study
    assert {cell.kept for cell in trainings(agenda)} == {(64, 91, 100)}
    plan = planned(study, study.model(8, 4, update=91), study.model(8, 12), study.model(8, 4, update=64))
    train, _ = plan.place(study.model(8, 12).member)
    assert train.kept == (64, 91)
    assert plan.place(study.model(8, 4).member).train == train
    assert planned(study, study.model(8, 4)).place(study.model(8, 4).member).train.kept == ()
    kept = plan.generator(study.model(8, 4, update=64))
    assert (kept.train, kept.member, kept.update) == (train, 0, 64)


def test_looks_and_ends_of_two_experiments_are_of_one_training():
    agenda = Agenda(other(DYNAMICS, experiments=["teacher", "dynamics"]))
    assert {cell.kept for cell in trainings(agenda)} == {(64, 91, 100)}
    assert sum(len(cell.models) for cell in trainings(agenda)) == 2 * 2


def test_what_nobody_asks_for_is_not_planned():
    agenda = Agenda(tiny(experiments=["splits"], shown=12))
    assert agenda.study.model(8, 4, "b") in agenda.plan
    assert agenda.study.model(16, 4) not in agenda.plan


def test_networks_of_two_shapes_or_recipes_share_no_cohort():
    models = {"a": {}, "b": {"seed": 1}, "wide": {"width": 16}, "long": {"training": {"updates": 31}}}
    agenda = Agenda(other(MATRIX, models={**models, "flow": {"process": {"name": "flow"}}}))
    assert sorted(len(cell.models) for cell in trainings(agenda)) == [1, 1, 1, 2]
