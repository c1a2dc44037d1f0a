"""Progress, as it is printed once where stderr is no terminal."""

from __future__ import annotations

import re

import pytest
from number_cell import Number

from samenoise.runs.executor import Event
from samenoise.runs.progress import progress_bars


def test_a_unit_counts_once_however_often_its_end_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A unit that another run had made may be told to be there, and to be done."""
    cells = [Number(value=value) for value in range(3)]
    with progress_bars(cells) as told:
        for event in (
            Event(cells[0], 1.0, True),
            Event(cells[0], 1.0, True),
            Event(cells[1], 0.5),
            Event(cells[1], 1.0),
        ):
            told(event)
    assert re.search(r"score .* 67% 2/3 \(1 there already\)", capsys.readouterr().err)
