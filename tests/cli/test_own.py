"""``samenoise run own``, as its page tells of it: every command on the page is run."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from data_forms import encode, write

from samenoise.cli import main
from samenoise.cli.shared import tell
from samenoise.lab.own import looking, pacing
from samenoise.lab.rehearsal import conduct

PAGES = Path(__file__).parents[2] / "docs"
QUICK = (
    *("sizes=8,20", "widths=16,24", "training.updates=30", "training.batch=16", "training.warmup=5", "shown=4"),
    *("sampling.noises=24", "sampling.batch=24", "sampling.ceiling_batch=8", "sampling.steps=4"),
)
"""Of what was chosen, so much less that it takes seconds."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with 130 pictures in ``my-pictures``, and a pace that is not measured."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pacing, "update_seconds", lambda cell, moment: cell.width * 1e-5)
    monkeypatch.setattr(conduct, "SECONDS", 0.5)
    rng = np.random.default_rng(0)
    pictures = {f"{k:03}.png": encode(rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)) for k in range(130)}
    write(tmp_path / "my-pictures", pictures)
    return tmp_path


def samenoise(*words: str) -> int:
    """The command line in this process: its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["samenoise", *words])
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def commands(page: str) -> list[list[str]]:
    text = (PAGES / page).read_text(encoding="utf-8")
    fences = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line.split()[1:] for fence in fences for line in fence.splitlines()]


def test_every_command_of_the_page_is_understood(place: Path) -> None:
    """Those that would take minutes say what they would do."""
    found = commands("own.md")
    assert len(found) >= 7
    for words in found:
        quick = [] if words[0] == "prepare" or "--dry-run" in words else ["--dry-run", "--no-timing"]
        assert samenoise(*words, *quick) == 0, words


def test_the_command_of_the_bad_run_is_understood(place: Path) -> None:
    (words,) = commands("reading.md")
    assert samenoise(*words, "--dry-run", "--no-timing") == 0


@pytest.mark.slow
def test_from_pictures_to_an_answer(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    asked = ("run", "own", "--data", "my-pictures", "--workers", "2", *QUICK)
    assert samenoise(*asked) == 0
    out, err = capfd.readouterr()
    assert f"samenoise: 130 pictures at {place}/my-pictures, in colour, 20 pixels and up" in err
    assert "8 x 8 pixels in colour: what small networks learn" in err
    assert out.startswith("In short. ")
    assert max(map(len, out.splitlines())) <= 80 or "report: " in max(out.splitlines(), key=len)
    rows = json.loads((place / "runs" / "own" / "scores.json").read_text())["scores"]
    assert {row["experiment"] for row in rows} == {"regimes", "splits"}
    chosen = (place / "runs" / "own" / "own.json").read_bytes()

    assert samenoise(*asked) == 0, "again: all is there, and nothing is looked at"
    again = capfd.readouterr()
    assert "130 pictures" not in again.err
    assert "8 x 8 pixels in colour" in again.err
    assert again.out == out
    assert (place / "runs" / "own" / "own.json").read_bytes() == chosen


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("own",), "say where your pictures are: samenoise run own --data FOLDER"),
        (("own", "--data", "my-pictures", "--budget", "soon"), "--budget is a time such as 10m or 2h, got 'soon'"),
        (("own", "--data", "my-pictures", "--budget", "0m"), "--budget is a time such as 10m or 2h, got '0m'"),
        (("own", "--data", "none"), "there is nothing at none: give a folder"),
        (("own", "--data", "my-pictures", "--budget", "1s"), "is too little for 9 networks here: give --budget"),
        (("digits", "--data", "my-pictures"), "--data and --budget are of the preset own; digits takes data.source="),
    ],
)
def test_what_cannot_be(place: Path, capfd: pytest.CaptureFixture[str], words: tuple[str, ...], says: str) -> None:
    assert samenoise("run", *words) == 2
    assert says in capfd.readouterr().err
    assert not list(place.glob("runs/*/config.yaml"))


def test_pictures_are_looked_at_once(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is tried with how much time, until they change."""
    looks = []
    monkeypatch.setattr("samenoise.lab.own.look", lambda path: looks.append(path) or looking.look(path))
    for budget, extra in (("1s", ()), ("2s", ()), ("10m", ("--dry-run", "--no-timing")), ("9m", ("--dry-run",))):
        samenoise("run", "own", "--data", "my-pictures", "--budget", budget, *extra)
    assert len(looks) == 1
    (place / "my-pictures" / "000.png").unlink()
    samenoise("run", "own", "--data", "my-pictures", "--budget", "1s")
    assert len(looks) == 2


def test_on_a_terminal_a_sentence_is_parted_at_spaces_and_in_a_log_it_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    words = "networks learn these pictures at /some/where/that-is/longer-than/a-line-of-it in ten minutes"
    tell(words)
    assert capsys.readouterr().err == f"samenoise: {words}\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    tell(words)
    lines = capsys.readouterr().err.splitlines()
    assert " ".join(lines) == f"samenoise: {words}"
    assert [line for line in lines if len(line) > 40] == ["/some/where/that-is/longer-than/a-line-of-it"]


def test_where_pictures_are_few(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for k in range(40):
        (place / "my-pictures" / f"{k:03}.png").unlink()
    assert samenoise("run", "own", "--data", "my-pictures") == 2
    assert "90 pictures can be used at" in capfd.readouterr().err
