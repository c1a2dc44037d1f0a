"""Scratch: where results are made and checkpoints kept, each writer in a folder of its own.

    <root>/.scratch/<hash>/<writer>/checkpoint-...       what a training goes on from
    <root>/.scratch/<hash>/<writer>/result-<unique>/     a result that is being made

A writer never touches the folder of one that may be alive. All may read all checkpoints, which outlive their writers:
a killed training is gone on from by whoever comes next. Folders go once the result is there and nobody is at work on
it any more, and by age.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from samenoise.runs.files import files_under
from samenoise.runs.writers import is_gone, writer

__all__ = ["Scratch"]

DAY = 86400.0
SILENT = 1 * DAY
"""A writer of another host that has written nothing for so long counts as gone, once the result is there."""
FORGOTTEN = 30 * DAY
"""Checkpoints that nobody has come back to for so long are dropped, though the result is not there."""


class Scratch:
    """The scratch of a store."""

    def __init__(self, root: Path) -> None:
        self.folder = root / ".scratch"

    def of(self, name: str) -> Path:
        """Folder of all writers of the unit with hash ``name``."""
        return _made(self.folder / name)

    def result(self, name: str) -> Path:
        """A new and empty folder to make its result in."""
        return _made(self.folder / name / writer() / f"result-{uuid4().hex}")

    def clear(self, name: str) -> None:
        """The result is there: drop what is ours, and all the rest if nobody else is at work on it."""
        folder = self.folder / name
        if not any((folder / writer()).glob("result-*")):  # else another thread of ours is at work
            shutil.rmtree(folder / writer(), ignore_errors=True)
        if not self.busy(name):
            for each in self.writers(name):
                shutil.rmtree(each, ignore_errors=True)
        with suppress(OSError):  # not empty, or gone
            folder.rmdir()

    def busy(self, name: str) -> bool:
        """Whether somebody may be at work on it."""
        return any(not is_gone(each.name) and _idle(each) <= SILENT for each in self.writers(name))

    def tidy(self) -> None:
        """Drop what has been forgotten."""
        for name in self.names():
            writers = self.writers(name)
            if all(_idle(each) > FORGOTTEN for each in [self.folder / name, *writers]):
                shutil.rmtree(self.folder / name, ignore_errors=True)

    def names(self) -> list[str]:
        """Hashes of the units that have scratch."""
        return sorted(_names(self.folder))

    def writers(self, name: str) -> list[Path]:
        """Folders of those who work or worked on a unit."""
        return [self.folder / name / each for each in sorted(_names(self.folder / name))]


def _names(folder: Path) -> Iterator[str]:
    with suppress(FileNotFoundError, NotADirectoryError):
        yield from os.listdir(folder)


def _made(folder: Path) -> Path:
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return folder
        except FileNotFoundError:  # somebody cleared the folder above between its making and ours
            continue


def _idle(folder: Path) -> float:
    """Seconds since the last change below a folder. Days are measured, so that the clocks of hosts may differ."""
    try:
        last = folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0
    return time.time() - max((stat.st_mtime for _, stat in files_under(folder)), default=last)
