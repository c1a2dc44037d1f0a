"""A run for the terminal: its findings in sentences, and its scores in tables."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from samenoise.lab.run_files import read_run
from samenoise.report.reading import in_order, legible_rows, not_installed, rooms_of, strangers
from samenoise.report.tables import by_size

__all__ = ["summary"]

GLUE = "\ue000"
"""Stands for a no-break space while lines are filled: a letter of nobody's."""


def summary(run_dir: Path, width: int = 80) -> Iterator[RenderableType]:
    """What to print of a run directory: its findings, then what its experiments have in figures.

    No line is longer than ``width``, no number is parted from its unit, and none is cut.
    """
    run = read_run(run_dir)
    rooms = rooms_of(run)
    for finding in in_order(run, rooms):
        yield _paragraph(finding.title, " ".join(finding.sentences), width)
    for name in strangers(run):
        yield _paragraph("", not_installed(name), width)
    tables = by_size(run.scores, {room.name: room.columns for room in rooms}, width)
    for room in rooms:
        with legible_rows(room):
            tables += room.tables(run.scores, width)
    for table in tables:
        if table.row_count:
            yield table
            yield ""


def _paragraph(title: str, text: str, width: int) -> Text:
    """Wrapped here: rich would part what a no-break space holds together."""
    head = f"{title}. " if title else ""
    lines = textwrap.wrap(f"{head}{text}".replace("\u00a0", GLUE), width, break_on_hyphens=False)
    found = Text("\n".join(lines).replace(GLUE, " ") + "\n", no_wrap=True)
    found.stylize("bold", 0, len(title) + 1 if title else 0)
    return found
