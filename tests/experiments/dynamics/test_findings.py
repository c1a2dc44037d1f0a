"""What ``dynamics`` says follows from its rows, and claims no more."""

from __future__ import annotations

from typing import Any

import pytest
from experiment_rows import UPDATES, dynamics_rows, time_row
from readings import said
from rows import Rows, row


def test_the_training_in_words() -> None:
    text = said(dynamics_rows())
    for sentence in (
        "The width-128 network generalizes after 100 updates at N = 16 and after 200 updates at N = 1024, no change "
        "beyond the spacing of the checkpoints for 64 times as many images.",
        "The width-128 network starts to copy after 200 updates at N = 16 and after 5000 updates at N = 256, 25.0 "
        "times as many for 16 times as many images (as N to the power 1.2). At N = 1024 it does not in 20000 updates.",
        "At N = 64, 256 and 1024 the width-256 network has generalized before it starts to copy; at N = 16 the one is "
        "not seen to come before the other.",
    ):
        assert sentence in text


def timed(metric: str, times: dict[int, int | None]) -> Rows:
    made = [time_row(metric, u, experiment="dynamics", a="m", n_train=n, width=64) for n, u in times.items()]
    return [*made, row("dynamics", "rp", 0.5, "m", "w", 16, update=UPDATES[-1])]


def test_growth_is_claimed_beyond_the_checkpoints_and_an_exponent_from_three_sizes() -> None:
    two = said(timed("memorization_time", {16: 100, 1024: 2000}))
    assert "20.0 times as many for 64 times as many images." in two
    assert "power" not in two
    assert "no change beyond the spacing" in said(timed("memorization_time", {16: 100, 1024: 200}))
    assert "fewer for 64 times" in said(timed("memorization_time", {16: 2000, 1024: 100}))
    assert "power 1.0)" in said(timed("memorization_time", {10: 100, 100: 1000, 1000: 10000}))


def test_times_that_were_not_reached() -> None:
    never = said(timed("memorization_time", {16: None, 64: None}))
    assert never == "The width-64 network starts to copy at no size in 20000 updates."
    assert "At N = 64 it does not in 20000 updates." in said(timed("memorization_time", {16: 100, 64: None}))
    never = said(timed("generalization_time", {16: None}))
    assert never == "The width-64 network generalizes at no size in 20000 updates."


def test_what_the_first_look_found_was_then_or_before() -> None:
    first = said(timed("generalization_time", {16: UPDATES[0], 64: 1000, 256: 5000}))
    assert f"generalizes after {UPDATES[0]} updates or fewer at N = 16 and after 5000 updates at N = 256" in first
    assert "power" not in first, "two exact times give no exponent"


@pytest.mark.parametrize(
    ("copying", "expected"),
    [
        (1000, "At N = 16 the width-64 network has generalized before it starts to copy."),
        (None, "At N = 16 the width-64 network has generalized before it starts to copy."),
        (200, "At N = 16 the width-64 network has generalized before it starts to copy."),
        (100, "there is nowhere to stop early"),
        (50, "there is nowhere to stop early"),
    ],
)
def test_the_window_needs_a_checkpoint_between(copying: int | None, expected: str) -> None:
    assert expected in said(timed("generalization_time", {16: 100}) + timed("memorization_time", {16: copying}))


def test_growth_is_rounded_down_and_baselines_are_not_spoken_of() -> None:
    def started(n: int, after: float, ci95: list[float]) -> dict[str, Any]:
        own = {"floor": 7000.0, "ceiling": 9000.0, "gaussian": 8000.0}
        return row("dynamics", "memorization_time", None, "m", "train", n, width=64, **own) | {
            "value": after,
            "ci95": ci95,
        }

    rows = [started(16, 100, [90, 100]), started(32, 239, [190, 239])]
    assert said(rows) == (
        "The width-64 network starts to copy after 100 updates at N = 16 and after 239 updates at N = 32, 2.3 times as "
        "many for 2 times as many images."
    )
    rows[1]["ci95"] = [100, 239]  # reaches back to the first
    assert "no change beyond the spacing" in said(rows)
