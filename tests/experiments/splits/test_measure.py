"""``splits``: rows from the samples in the store, of two models without a common image."""

import pytest
from tiny import cosines, drawn, find, real, shuffled, tiny

from samenoise.cells.training import TrainCell
from samenoise.data import held_out
from samenoise.lab.agenda import Agenda
from samenoise.lab.presets import load
from samenoise.runs.cell import ConfigError, in_order


def test_split_rows_compare_models_without_a_common_image(digits_run):
    agenda, store, rows = digits_run
    study = agenda.study
    for n in (4, 12, 40):
        a, b = study.model(8, n, "a"), study.model(8, n, "b")
        places = [agenda.plan.place(half.member) for half in (a, b)]
        ids = [set(train.models[k].subset.ids(study.data).tolist()) for train, k in places]
        assert not ids[0] & ids[1]
        assert [len(i) for i in ids] == [n, n]
        mean = real(agenda, store)[shuffled(1797)[:40]].mean(0)
        same = cosines(drawn(agenda, store, a), drawn(agenda, store, b), mean).diagonal() > 0.95
        assert find(rows, metric="rp_split", n_train=n)["value"] == same.mean()


def splits_of(**changes):
    agenda = Agenda(tiny(**changes))
    return [(each.n, each.width) for each in agenda.measurements if each.experiment == "splits"]


def test_every_size_that_fits_twice_is_split():
    assert splits_of() == [(4, 8), (12, 8), (40, 8)]
    assert splits_of(data={"held_out": 20, "count": 60}) == [(4, 8), (12, 8)], "two halves of 40 need 80 images"
    assert splits_of(data={"held_out": 20, "count": 99}) == [(4, 8), (12, 8)], "and 20 more that neither holds"
    assert splits_of(data={"held_out": 20, "count": 100}) == [(4, 8), (12, 8), (40, 8)]


def test_sizes_that_do_not_fit_twice_are_refused_where_there_are_no_others():
    says = "no size fits twice into the 1797 images without the 297 held out: .* is 751, and at most 750 would do"
    with pytest.raises(ConfigError, match=says):
        load("digits", ["sizes=751,1500"])
    assert splits_of(sizes=[751, 777], data={"held_out": 243}) == [(751, 8), (777, 8)]


@pytest.mark.parametrize("preset", ["digits", "digits-quick"])
def test_no_network_of_a_preset_trains_on_a_held_out_image(preset):
    config = load(preset)
    agenda, common = Agenda(config), config.common
    kept = set(held_out(common.count, agenda.study.largest, common.data.held_out, common.seed).tolist())
    trainings = [cell for cell in in_order(agenda.cells) if isinstance(cell, TrainCell)]
    trained = [set(model.subset.ids(cell.data).tolist()) for cell in trainings for model in cell.models]
    assert len(kept) == 297
    assert len(trained) > 10
    assert not any(kept & ids for ids in trained)


def test_the_width_is_the_narrowest_unless_given():
    assert splits_of(splits={"width": 16}) == [(4, 16), (12, 16), (40, 16)]


def test_a_size_that_is_half_of_what_is_not_held_out_fits_twice():
    config = tiny(experiments=["splits"], shown=12, sizes=[4, 20, 21], data={"held_out": 19, "count": 59})
    assert [measurement.n for measurement in Agenda(config).measurements] == [4, 20]
