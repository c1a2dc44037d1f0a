"""What ``updates`` says follows from its rows, and claims no more."""

from __future__ import annotations

from itertools import chain

import pytest
from readings import findings, said
from rows import Rows, row

from tests.experiments.updates.made import agreed, by_ratio, copied, far

RISING, LEVEL, HIGH = [0.1, 0.3, 0.5, 0.65], [0.1, 0.3, 0.4, 0.4], [0.6, 0.9, 0.99, 0.995]
ONE = "Each network was trained once for each number of updates, and intervals are over noises alone"


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        (
            RISING,
            "At N = 64, 10.0 % of what the width-128 network draws are copies after 500 updates, 65.0 % after 4000; "
            "from 2000 to 4000 updates the share gains 12.8 to 17.2 points (95 % interval): it still rises with the "
            "updates.",
        ),
        (LEVEL, "the share changes by -2.2 to 2.2 points (95 % interval): it has levelled, short of all."),
        (HIGH, "nearly all are copies."),
        ([0.1, 0.3, 0.4, 0.43], "the share gains 0.8 to 5.2 points (95 % interval): it still rises"),
        ([0.1, 0.3, 0.4, 0.46], "it still rises with the updates"),
        ([0.1, 0.5, 0.4, 0.3], "it falls with more updates"),
    ],
)
def test_the_last_doubling_decides_whether_copying_levels_off(shares: list[float], expected: str) -> None:
    assert expected in said(copied(shares))


def test_what_is_within_the_noise_is_open() -> None:
    """At 100 noises an interval of a change is about 27 points wide."""
    wide = {0.4: [0.31, 0.5], 0.43: [0.34, 0.53], 0.4001: [0.31, 0.5]}
    for last in (0.43, 0.4001):
        rows = copied([0.1, 0.3, 0.4, last])
        for r, share in zip(rows[2:], (0.4, last), strict=True):
            r["ci95"] = wide[share]
        assert "so that whether it still rises is open." in said(rows)
        assert "levelled" not in said(rows)


def test_a_small_last_step_is_no_level() -> None:
    """From 3900 to 4000 updates nothing changes; from 2000 to 4000 much does."""
    rows = copied([0.1, 0.5, 0.65, 0.65])
    for r, updates in zip(rows, (500, 2000, 3900, 4000), strict=True):
        r["updates"] = updates
    assert "from 2000 to 4000 updates the share gains" in said(rows)
    assert "it still rises" in said(rows)


def test_a_network_that_has_not_begun_to_copy_has_not_levelled() -> None:
    text = said(copied([0.0, 0.0, 0.005, 0.01], floor=0.02))
    assert "never more than held-out real images pass for copies" in text
    assert "levelled" not in text
    assert "levelled" in said(copied([0.0, 0.0, 0.03, 0.03], floor=0.02))


def test_copies_of_a_network_that_draws_no_pictures_say_nothing() -> None:
    text = said(copied(LEVEL) + far(128, 4000))
    assert "no pictures of the data, so that this says nothing of copying: more training may help." in text
    assert "levelled" in said(copied(LEVEL) + far(128, 500))
    assert "levelled" in said(copied(LEVEL) + far(128, 4000, copies=0.4)), "copies are pictures"


def test_what_may_help_networks_that_draw_no_pictures_is_what_their_loss_says() -> None:
    for change, helps in ((-0.05, "more training"), (0.05, "more images"), (0.0, "wider networks")):
        ends = {"ci95": [change - 0.004, change + 0.004], "updates": 4000}
        last = row("updates", "unseen_change", 0, "mlp-128", "held-out", 64, **ends) | {"value": change}
        assert f"says nothing of copying: {helps}" in said([*copied(LEVEL), *far(128, 4000), last])


def test_every_size_and_network_has_its_sentence() -> None:
    rows = [*copied(RISING, n=128), *copied(HIGH, n=64, width=256), *copied(LEVEL, n=64)]
    copying = findings(rows)[0]
    assert copying.title == "Copying with more updates"
    starts = [s.replace("\u00a0", " ").partition(" draws")[0] for s in copying.sentences]
    assert starts == [
        "At N = 64, 10.0 % of what the width-128 network",
        "At N = 64, 60.0 % of what the width-256 network",
        "At N = 128, 10.0 % of what the width-128 network",
    ]


def test_a_level_is_one_by_every_way_to_tell_a_copy() -> None:
    other = said(copied(LEVEL) + by_ratio([0.0, 0.1, 0.2, 0.3]))
    assert "it has levelled, short of all, but by the NN ratio it changes by 8.1 to 12.0 points." in other
    assert "short of all." in said(copied(LEVEL) + by_ratio([0.0, 0.1, 0.3, 0.3]))
    assert "nearly all are copies, but by the NN ratio it changes by" in said(
        copied(HIGH) + by_ratio([0.1] * 3 + [0.2])
    )
    both = [{**r, "metric": "memorized_calibrated"} for r in by_ratio([0.0, 0.1, 0.3, 0.2])]
    assert "but at the calibrated threshold it changes by -12.0 to -8.1 points." in said(copied(LEVEL) + both)


def led(narrow: list[float], wide: list[float], *more: Rows) -> str:
    """What is said of two widths."""
    rows = [*copied(narrow), *copied(wide, width=256), *chain(*more)]
    found = next(f for f in findings(rows) if f.title == "Speed or capacity")
    return " ".join(found.sentences).replace("\u00a0", " ")


def test_a_lead_that_is_lost_was_speed() -> None:
    assert led([0.1, 0.5, 0.9, 0.98], [0.6, 0.9, 0.98, 0.99]).startswith(
        "At N = 64 the lead of the width-256 network over the width-128 network is largest after 500 updates, 48.2 to "
        "51.8 points (95 % interval); after 4000 it is 0.4 to 1.6 points, within 5 points of none: the lead was speed "
        "of training."
    )


def test_a_lead_that_is_lost_by_one_way_to_tell_a_copy_alone_is_open() -> None:
    lost = [0.1, 0.5, 0.9, 0.98], [0.6, 0.9, 0.98, 0.99]
    text = led(*lost, by_ratio([0.1, 0.2, 0.5, 0.7]), by_ratio([0.3, 0.5, 0.8, 0.9], width=256))
    assert "within 5 points of none, but by the NN ratio it is 18.3 to 21.8 points: whether all of it was speed" in text
    assert "the lead was speed" not in text
    same = led(*lost, by_ratio([0.1, 0.2, 0.5, 0.7]), by_ratio([0.3, 0.5, 0.8, 0.71], width=256))
    assert "within 5 points of none: the lead was speed of training." in same


def test_a_lead_that_is_left_is_read_by_the_narrower_network() -> None:
    wide = [0.5, 0.8, 0.9, 0.9]
    still = led(RISING, wide)
    assert "is largest after 1000 updates, 48.1 to 51.9 points" in still
    assert "after 4000 it is 23.2 to 26.8 points (what is lost was speed of training), and" in still
    assert ", and the narrower one still rises, so that how much of this is speed of training is open." in still
    levelled = led(LEVEL, wide)
    assert "points (not shown to be less), and the narrower one has levelled" in levelled
    assert "a matter of capacity, as far as the last doubling of the updates tells" in levelled
    assert "the narrower one falls with more updates" in led([0.1, 0.5, 0.4, 0.3], wide)
    assert "so that speed and capacity cannot be told apart" in led([0.0, 0.0, 0.01, 0.01], wide)


def test_a_level_that_may_hide_as_much_as_the_lead_is_not_capacity() -> None:
    """The last doubling may have added up to 4 points, and the lead may be no more than 2."""
    text = led([0.1, 0.3, 0.48, 0.495], [0.5, 0.53, 0.535, 0.54])
    assert "has levelled" not in text
    assert "whether the narrower one still rises is open, and so is whether this is speed or capacity" in text


def test_capacity_is_said_where_every_way_to_tell_a_copy_has_levelled() -> None:
    wide = [0.5, 0.8, 0.9, 0.9]
    assert "capacity, as far" in led(LEVEL, wide, by_ratio([0.0, 0.1, 0.2, 0.2]), by_ratio([0.5] * 4, width=256))
    rising = led(LEVEL, wide, by_ratio([0.0, 0.1, 0.2, 0.3]), by_ratio([0.5] * 4, width=256))
    assert "whether the narrower one still rises is open, and so is whether this is speed or capacity" in rising


def test_a_lead_that_grows_to_the_end() -> None:
    text = led([0.0, 0.02, 0.1, 0.2], [0.0, 0.1, 0.4, 0.8])
    assert "is largest after 4000 updates" in text
    assert "(95 % interval), the longest training, and the narrower one still rises" in text


def test_a_lead_within_the_noise_is_open_and_none_is_said_so() -> None:
    assert "after 4000 it is -2.2 to 2.2 points, so that" not in led([0.1, 0.3, 0.5, 0.6], [0.5, 0.6, 0.6, 0.6])
    rows = copied([0.1, 0.3, 0.5, 0.6]) + copied([0.5, 0.6, 0.6, 0.62], width=256)
    rows[3]["ci95"] = [0.5, 0.7]
    assert "so that whether any is left is open" in said(rows)
    assert "is not seen to copy more often" in led([0.5, 0.6, 0.6, 0.6], [0.2, 0.3, 0.4, 0.5])
    assert "it is the narrower one that copies more often" in led([0.1, 0.3, 0.5, 0.9], [0.5, 0.6, 0.7, 0.7])
    assert "copy alike, to within 5 points after any number of updates" in led([0.5] * 4, [0.51] * 4)


def test_a_lead_that_was_never_more_is_not_lost() -> None:
    """4 points at first, 2 or 3 at last: the intervals overlap."""
    text = led([0.5] * 4, [0.54, 0.53, 0.53, 0.525])
    assert "(not shown to be less)" in text
    assert "was speed" not in text


def test_a_lead_of_any_value_within_the_noise_is_none() -> None:
    rows = copied([0.5] * 4) + copied([0.53] * 4, width=256)
    assert "is not seen to copy more often" in said([{**r, "ci95": [r["value"] - 0.1, r["value"] + 0.1]} for r in rows])


def test_updates_make_up_for_width_as_far_as_it_goes() -> None:
    text = led(RISING, [0.4, 0.6, 0.8, 0.9])
    assert (
        "After 4000 updates the width-128 network copies more often than the width-256 network after 1000: so far "
        "updates make up for width." in text
    )
    assert "make up" not in led(LEVEL, [0.5, 0.6, 0.8, 0.9])
    assert "make up" not in led([0.1, 0.3, 0.39, 0.4], [0.39, 0.6, 0.8, 0.9]), "a lead of a point is within the noise"


def test_widths_are_compared_where_both_draw_pictures_and_with_their_neighbour() -> None:
    rows = copied(RISING) + copied(HIGH, width=256)
    assert "lead of" in said(rows)
    assert "lead of" not in said(rows + far(128, 4000))
    assert "lead of" not in said(rows + far(256, 4000))
    assert "lead of" not in said(copied(RISING) + copied(HIGH, n=128, width=256)), "of two sizes"
    three = said(rows + copied([0.9, 0.99, 0.99, 0.99], width=512))
    assert three.count("the lead of") == 2
    assert "the width-512 network over the width-256 network" in three


def test_one_training_of_each_is_said_to_be_one() -> None:
    rows = copied(RISING) + copied(HIGH, width=256)
    assert said(rows).count(ONE) == 1
    assert ONE not in said([{**r, "replicates": 3} for r in rows])
    assert ONE not in said(copied(RISING)), "where nothing is said of widths"


def test_agreement_is_that_of_networks_that_draw_pictures() -> None:
    rows = agreed([0.2, 0.3, 0.4, 0.5])
    assert "RP of mlp-128 and mlp-256 at N = 64 is 0.20 after 500 updates and 0.50 after 4000: it rises by" in said(
        rows
    )
    blurred = said(rows + far(128, 500) + far(256, 500, 1000))
    assert "is 0.40 after 2000 updates and 0.50 after 4000: it rises by" in blurred
    assert "is 0.50 after 4000 updates." in said(rows + far(256, 500, 1000, 2000))
    assert "says nothing of the data" in said(rows + far(256, 500, 1000, 2000, 4000))
    falls = said(agreed([0.5, 0.4, 0.3, 0.2]))
    assert "it falls by 28.0 to 32.0 points (95 % interval)." in falls
    assert "no change beyond the intervals." in said(agreed([0.4, 0.3, 0.3, 0.405]))
    assert "after 4000, not shown to be more than chance: it falls" in said(agreed([0.5, 0.4, 0.3, 0.01]))
    assert "not shown to be more than chance" in said(agreed([0.5, 0.4, 0.3, 0.012])), "its interval reaches the floor"
