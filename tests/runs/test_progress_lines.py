"""Progress in a log file: a line now and then, however long a unit of work is silent; on a terminal bars alone."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
from number_cell import Number

from samenoise.runs import progress
from samenoise.runs.busy import busy, crowded
from samenoise.runs.executor import Event
from samenoise.runs.sentence import filled


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


def test_a_line_is_parted_at_spaces_alone() -> None:
    path = "/a/path-that/is-longer/than-the-width"
    text = f"samenoise: the pictures at {path} are well-known"
    lines = filled(text, 30).splitlines()
    assert " ".join(lines) == text
    assert path in lines
    assert [len(line) <= 30 for line in lines].count(False) == 1


def test_a_busy_machine_is_told_of_where_both_signs_show() -> None:
    assert "(load average 4.5)" in str(busy(30, 10, 2, 4.5))
    assert "a second of computing takes 3.0 of the clock" in str(busy(30, 10, 2, 4.5))
    assert busy(30, 10, 2, 2.0) is None, "nobody else wants to run: the work waited for itself"
    assert busy(12, 10, 2, 4.5) is None, "others want to, but hardly get in the way"


def test_the_processor_of_children_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (1e6, 0, 0))
    said: list[str] = []
    with crowded(said.append):
        subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.3: pass"], check=True)
    assert said == [] or "computing takes 1." in said[0], "but for what others have"
    with crowded(said.append):
        time.sleep(0.05)
    assert "other work has this machine too (load average 1000000.0)" in said[-1]
    told = len(said)
    with crowded(said.append, least=60):
        time.sleep(0.05)
    assert len(said) == told, "of a moment nobody asks how long it took"
