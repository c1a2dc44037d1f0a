"""A little of the harm that ``python -m tests.fuzz --minutes 60`` does for an hour; the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz import guard
from fuzz.campaign import AREAS, prepared, tried
from fuzz.guard import called, problems

FEW = {"run directories": 6, "presets": 12, "data sets": 15, "models": 12, "comparisons": 10, "arguments": 30}
MORE = {"run directories": 50, "presets": 120, "data sets": 200, "models": 150, "comparisons": 150, "arguments": 500}


@pytest.mark.parametrize("area", AREAS)
def test_harm_is_taken_well(tmp_path: Path, area: str) -> None:
    with prepared(area, tmp_path) as (it, empty):
        assert tried(area, it, empty, FEW[area]) >= FEW[area] - 5


@pytest.mark.slow
@pytest.mark.parametrize("area", AREAS)
def test_more_harm_is_taken_well(tmp_path: Path, area: str) -> None:
    with prepared(area, tmp_path) as (it, empty):
        tried(area, it, empty, MORE[area], seed=1)


def _raises() -> None:
    raise KeyError("x")


def _fills() -> None:
    data = b"x" * 2**27
    assert len(data) > 2**26


def _lasts() -> None:
    while True:
        pass


def _says_two_lines() -> None:
    import sys

    print("samenoise: one\nand another", file=sys.stderr)
    raise SystemExit(2)


def _waits() -> None:
    import time

    time.sleep(3)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (_raises, "traceback"),
        (_fills, "MiB"),
        (_waits, "by the clock"),
        (_says_two_lines, "no sentence"),
        (lambda: (_ for _ in ()).throw(SystemExit(7)), "exit code is 7"),
        pytest.param(_lasts, "of a processor", marks=pytest.mark.slow),
    ],
)
def test_the_judge_sees_what_no_call_may_do(monkeypatch: pytest.MonkeyPatch, call: object, says: str) -> None:
    monkeypatch.setattr(guard, "MEMORY", 2**26)
    monkeypatch.setattr(guard, "CLOCK", 1.0)
    assert any(says in each for each in problems(called(call)))  # type: ignore[arg-type]


def test_the_judge_has_nothing_against_a_call_that_is_good() -> None:
    assert problems(called(lambda: None)) == []
