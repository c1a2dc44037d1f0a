"""A report that is as it was written is left alone; whatever has changed, it is drawn anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from directories import build_run
from rows import row

import samenoise.report.current as current
from samenoise.report import current_report


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """Of one row of an experiment that is not installed, and so without a figure."""
    return build_run(tmp_path / "run", [row("elsewhere", "rp", 0.5, "a", "b", 8)], curves=False, grid=False)


@pytest.fixture
def drawn(run_dir: Path) -> Callable[[], bool]:
    """Writes the report, and says whether it drew it."""

    def again() -> bool:
        before = _written(run_dir)
        current_report(run_dir)
        return _written(run_dir) != before

    return again


def _written(run_dir: Path) -> dict[str, Any]:
    return {str(p): (p.stat().st_ino, p.stat().st_mtime_ns) for p in (run_dir / "report").rglob("*") if p.is_file()}


def test_what_has_not_changed_is_not_drawn_again(drawn: Callable[[], bool], run_dir: Path) -> None:
    assert drawn()
    assert not drawn()
    (run_dir / "scores.parquet").write_bytes(b"is not read")
    assert not drawn()


@pytest.mark.parametrize("name", ["config.yaml", "manifest.json", "scores.json", "curves.json"])
def test_another_file_of_the_run_is_another_report(drawn: Callable[[], bool], run_dir: Path, name: str) -> None:
    assert drawn()
    file = run_dir / name
    file.write_bytes(
        file.read_bytes() + b"\n" if file.exists() else b'{"schema_version": 1, "thresholds": [], "curves": []}'
    )
    assert drawn()
    assert not drawn()


@pytest.mark.parametrize("damage", ["the page", "a further file", "a lost page", "a link", "no list", "the list"])
def test_a_report_that_is_not_as_it_was_written_is(drawn: Callable[[], bool], run_dir: Path, damage: str) -> None:
    assert drawn()
    page, made = run_dir / "report" / "index.html", run_dir / "report" / "made.json"
    right, listed = page.read_bytes(), made.read_bytes()
    match damage:
        case "the page":
            page.write_bytes(right.replace(b"0.5", b"0.9"))
        case "a further file":
            (run_dir / "report" / "figures").mkdir()
            (run_dir / "report" / "figures" / "rp.png").write_bytes(b"of somebody else")
        case "a lost page":
            page.unlink()
        case "a link":
            page.rename(run_dir / "elsewhere.html")
            page.symlink_to(run_dir / "elsewhere.html")
        case "no list":
            made.unlink()
        case "the list":
            made.write_bytes(listed[:-7])
    assert drawn()
    assert page.read_bytes() == right
    assert not page.is_symlink()
    assert not drawn()


def test_other_code_is_another_report(
    drawn: Callable[[], bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert drawn()
    folder = tmp_path / "rainbow_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("experiment = None\n")
    rooms = {**current.names(), "rainbow": "rainbow_package:experiment"}
    monkeypatch.setattr(current, "names", lambda: rooms)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert drawn(), "a package with an experiment came"
    assert not drawn()
    (folder / "__init__.py").write_text("experiment = 1\n")
    assert drawn(), "its code changed"
    monkeypatch.setattr(current, "version", lambda name: "0")
    assert drawn(), "another matplotlib"


def test_what_nobody_can_have_drawn_is_not_read(drawn: Callable[[], bool], run_dir: Path) -> None:
    """A terabyte of nothing, which would take an hour to hash."""
    drawn()
    with (run_dir / "report" / "images").open("wb") as file:
        file.truncate(2**40)
    drawn()
    assert json.loads((run_dir / "report" / "made.json").read_text())["files"]["images"] == f"{2**40} bytes"


def test_the_list_is_of_what_lies_there(drawn: Callable[[], bool], run_dir: Path) -> None:
    assert drawn()
    made = json.loads((run_dir / "report" / "made.json").read_text())
    assert list(made["files"]) == ["index.html"]
