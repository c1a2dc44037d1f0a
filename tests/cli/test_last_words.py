"""What is said last, and where: a sentence and an exit code for what a user can mend, a traceback for a bug alone."""

from __future__ import annotations

import errno
import re
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml
from directories import build_run
from number_cell import Number
from tiny import TINY

from samenoise.cli import explain, main
from samenoise.runs import store as store_module
from samenoise.runs.cell import ConfigError
from samenoise.runs.failures import CellFailed, CodeChanged
from samenoise.runs.store import Store, StoreError

FULL = "No space left on device"
QUOTA = "Disk quota exceeded"


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (ConfigError("sizes start at 2"), 2, "sizes start at 2"),
        (StoreError("choose another folder"), 2, "choose another folder"),
        (CellFailed("number 1: half written"), 1, "number 1: half written"),
        (CodeChanged(), 1, "run again"),
        (OSError(errno.ENOSPC, FULL), 1, "no space left on the disk"),
        (OSError(errno.EDQUOT, QUOTA), 1, "no space left on the disk"),
        (RuntimeError(f"safetensors: I/O error: {FULL}"), 1, "no space left on the disk"),
        (CellFailed(f"samples: {QUOTA}"), 1, "no space left on the disk"),
        (ModuleNotFoundError("it needs datasets: pip install 'samenoise[datasets]'"), 1, "pip install"),
    ],
)
def test_what_a_user_can_mend_is_a_sentence(error: Exception, code: int, says: str) -> None:
    sentence, exit_code = explain(error)
    assert exit_code == code
    assert says in sentence
    assert str(error) in sentence


def test_what_the_system_refuses_is_a_sentence_that_names_it() -> None:
    assert explain(PermissionError(errno.EACCES, "Permission denied", "runs/a")) == ("runs/a: Permission denied", 1)
    assert explain(OSError(errno.EMFILE, "Too many open files")) == ("Too many open files", 1)


@pytest.mark.parametrize("error", [KeyError("width"), ModuleNotFoundError("No module named 'samenoise.labs'")])
def test_anything_else_is_a_bug_and_goes_on_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as same:
        explain(error)
    assert same.value is error


def samenoise(*args: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The command in this process: its exit code."""
    monkeypatch.setattr(sys, "argv", ["samenoise", *args])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


@pytest.mark.parametrize("name", ["config.yaml", "manifest.json"])
def test_a_run_without_one_of_its_files_is_said_to_be_unfinished(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (build_run(tmp_path, [], curves=False, grid=False) / name).unlink()
    assert samenoise("report", str(tmp_path), monkeypatch=monkeypatch) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"samenoise: {tmp_path} has no {name}: it is not the directory of a finished run\n"


def test_the_run_directory_is_called_after_the_preset_and_not_after_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("draft-3.yaml").write_text(yaml.safe_dump({**TINY, "name": "mine"}))
    assert samenoise("run", "draft-3.yaml", "--dry-run", "--no-timing", monkeypatch=monkeypatch) == 0
    assert re.search(r"^\d+ units, (\d+) to compute, in runs/mine$", capsys.readouterr().out, re.MULTILINE)
    assert [path.name for path in tmp_path.iterdir()] == ["draft-3.yaml"]


def test_every_number_of_a_run_stands_under_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(store_module, "reproducible", nullcontext)
    monkeypatch.setenv("COLUMNS", "200")
    store = Store(tmp_path / "numbers")
    for value in (1, 2, 3):
        store.compute(Number(value=value))
    (store.root / "much").write_bytes(bytes(7_300_000))
    assert samenoise("ls", str(store.root), monkeypatch=monkeypatch) == 0
    table = capsys.readouterr().out.partition("runs in")[2].splitlines()[1:3]
    heads, cells = (re.split(r"\s{2,}", line.strip()) for line in table)
    assert dict(zip(heads[1:], cells[1:], strict=True)) == {
        "data": "0",
        "models": "0",
        "samples": "0",
        "scores": "3",
        "size": "7.3 MB",
        "worker time": "0 s",
        "state": "unfinished",
    }
