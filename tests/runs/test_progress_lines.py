"""Progress in a log file: a line now and then, however long a unit of work is silent; on a terminal bars alone."""

from __future__ import annotations

import re
import time

import pytest
from number_cell import Number

from samenoise.runs import progress
from samenoise.runs.executor import Event


def watched(monkeypatch: pytest.MonkeyPatch, every: float) -> None:
    """Half of the work, then silence, then the rest."""
    monkeypatch.setattr(progress, "EVERY", every)
    cells = [Number(value=1), Number(value=2)]
    with progress.progress_bars(list(cells)) as on_event:
        on_event(Event(cells[0], 1.0))
        time.sleep(0.35)
        on_event(Event(cells[1], 1.0))


def test_a_log_gets_lines_while_nothing_happens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    watched(monkeypatch, 0.1)
    said = capsys.readouterr().err
    lines = re.findall(r"^\d:\d\d:\d\d  score 50 % \(1/2\)$", said, re.MULTILINE)
    assert 2 <= len(lines) <= 3
    assert "100%" in said, "the end is said, too"
    time.sleep(0.25)
    assert capsys.readouterr().err == "", "nobody goes on talking"


def test_a_short_run_is_told_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    watched(monkeypatch, 30)
    assert "50 %" not in capsys.readouterr().err
