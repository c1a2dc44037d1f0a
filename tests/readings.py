"""What readers get of made-up rows: sentences, figures, the page, the terminal."""

from __future__ import annotations

import io
from html.parser import HTMLParser
from pathlib import Path

from directories import build_experiment
from matplotlib.figure import Figure
from rich.console import Console
from rows import Rows

from samenoise.lab.experiment import Drawing, Finding
from samenoise.lab.rooms import every
from samenoise.lab.run_files import Row, Run, read_run
from samenoise.report import reading
from samenoise.report.summary import summary

__all__ = ["DEFINITIONS", "Page", "drawings", "drawn", "findings", "run_of", "said", "terminal"]


DEFINITIONS = reading.definitions(every())
"""Of the metrics of all experiments."""


def run_of(rows: Rows) -> Run:
    """A run that is nothing but its rows."""
    return Run("", {}, {}, tuple(Row.of(r) for r in rows), (), None)


def findings(rows: Rows) -> list[Finding]:
    run = run_of(rows)
    return reading.findings(run, reading.rooms_of(run))


def said(rows: Rows) -> str:
    """All sentences about some rows, with plain spaces."""
    return " ".join(" ".join(f.sentences) for f in findings(rows)).replace("\u00a0", " ")


def drawings(run: Run) -> list[Drawing]:
    """Every figure of a run, in reading order."""
    return [drawing for _, drawing in reading.drawings(run, reading.rooms_of(run))]


def drawn(folder: Path, experiment: str, key: str, narrow: bool = False, count: int = 16) -> Figure:
    """One figure of a made-up run of ``matrix``, ``solvers`` or ``dynamics``."""
    run = read_run(build_experiment(folder, experiment, count))
    return next(d for d in drawings(run) if d.key == key).draw(narrow=narrow)


def terminal(run_dir: Path, width: int = 200) -> str:
    """What the terminal prints of a run directory."""
    console = Console(file=io.StringIO(), width=width)
    for part in summary(run_dir, width):
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


class Page(HTMLParser):
    """The tags of a page, its text outside of style and script, and its cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text, self.raw = "", ""
        self.rows: list[dict[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.raw = tag if tag in ("script", "style") else ""
        given = dict(attrs)
        if tag == "tr" and "data-metric" in given:
            self.rows.append({"metric": given["data-metric"] or ""})
        if tag == "td" and "data-field" in given:
            self.rows[-1][given["data-field"] or ""] = given["data-value"] or ""

    def handle_endtag(self, tag: str) -> None:
        self.raw = ""

    def handle_data(self, data: str) -> None:
        self.text += "" if self.raw else data
