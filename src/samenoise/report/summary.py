"""A run for the terminal: its findings in sentences, and its scores in tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from samenoise.lab.run_files import read_run
from samenoise.report.reading import findings, legible_rows, not_installed, rooms_of, strangers
from samenoise.report.tables import by_size

__all__ = ["summary"]


def summary(run_dir: Path, width: int = 80) -> Iterator[RenderableType]:
    """What to print of a run directory: its findings, then what its experiments have in figures.

    At most 80 characters wide for two widths of networks.
    """
    run = read_run(run_dir)
    rooms = rooms_of(run)
    for finding in findings(run, rooms):
        yield Text.assemble((f"{finding.title}. ", "bold"), " ".join(finding.sentences), "\n")
    for name in strangers(run):
        yield Text(f"{not_installed(name)}\n")
    tables = [by_size(run.scores, {room.name: room.columns for room in rooms})]
    for room in rooms:
        with legible_rows(room):
            tables += room.tables(run.scores, width)
    yield from (table for table in tables if table.row_count)
