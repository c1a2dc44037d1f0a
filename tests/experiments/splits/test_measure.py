"""``splits``: rows from the samples in the store, of two models without a common image."""

from tiny import cosines, drawn, find, real, shuffled, tiny

from samenoise.lab.agenda import Agenda


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


def test_the_width_is_the_narrowest_unless_given():
    assert splits_of(splits={"width": 16}) == [(4, 16), (12, 16), (40, 16)]


def test_a_size_that_is_half_of_all_images_fits_twice():
    config = tiny(experiments=["splits"], sizes=[4, 20, 21], data={"held_out": 19, "count": 40})
    assert [measurement.n for measurement in Agenda(config).measurements] == [4, 20]
