"""Scratch: where results are made and checkpoints kept, each writer in a folder of its own.

    <root>/.scratch/<hash>/<writer>/checkpoint-...       what a training goes on from
    <root>/.scratch/<hash>/<writer>/result-<unique>/     a result that is being made

A writer never touches the folder of one that may be alive. All may read all checkpoints, which outlive their writers:
a killed training is gone on from by whoever comes next. Folders go once the result is there and nobody is at work on
it any more, and by age.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from samenoise.runs.clock import Clock
from samenoise.runs.tree import Tree
from samenoise.runs.writers import is_gone, writer

__all__ = ["FOLDER", "REMOVED", "Scratch"]

FOLDER = ".scratch"
REMOVED = f"{FOLDER}/removed"
"""How what is on its way out is called there, in the beginning."""
DAY = 86400.0
SILENT = 1 * DAY
"""A writer of another host that has written nothing for so long counts as gone, once the result is there."""
FORGOTTEN = 30 * DAY
"""Checkpoints that nobody has come back to for so long are dropped, though the result is not there."""


class Scratch:
    """The scratch of a store."""

    def __init__(self, tree: Tree) -> None:
        self.tree, self._clock = tree, Clock(tree)

    def of(self, name: str) -> Path:
        """Folder of all writers of the unit with hash ``name``."""
        return self.tree.folder(f"{FOLDER}/{name}")

    def result(self, name: str) -> Path:
        """A new and empty folder to make its result in."""
        return self.tree.folder(f"{FOLDER}/{name}/{writer()}/result-{uuid4().hex}", lasting=False)

    def drop(self, result: Path) -> None:
        """Remove what :meth:`result` gave, and the folders above it unless something else is in them."""
        place = self.tree.name(result)
        self._remove(place)
        for _ in range(2):  # checkpoints may be in it
            place = place.rpartition("/")[0]
            self.tree.remove_empty(place)

    def clear(self, name: str) -> None:
        """The result is there: drop what is ours, and all the rest if nobody else is at work on it."""
        place = f"{FOLDER}/{name}"
        if not any(each.startswith("result-") for each in self.tree.names(f"{place}/{writer()}")):
            self._remove(f"{place}/{writer()}")  # else another thread of ours is at work
        if not self.busy(name):
            for each in self.writers(name):
                self._remove(f"{place}/{each}")
        if not self.tree.remove_empty(place) and not self.tree.is_folder(place):
            self._remove(place)

    def busy(self, name: str) -> bool:
        """Whether somebody may be at work on it."""
        return any(not is_gone(each) and self._idle(f"{name}/{each}") <= SILENT for each in self.writers(name))

    def tidy(self) -> None:
        """Drop what has been forgotten."""
        for name in self.names():
            places = [name, *(f"{name}/{each}" for each in self.writers(name))]
            if all(self._idle(place) > FORGOTTEN for place in places):
                self._remove(f"{FOLDER}/{name}")

    def names(self) -> list[str]:
        """Hashes of the units that have scratch."""
        return self.tree.names(FOLDER)

    def writers(self, name: str) -> list[str]:
        """Those who work or worked on a unit."""
        return self.tree.names(f"{FOLDER}/{name}")

    def _remove(self, place: str) -> None:
        with suppress(OSError):  # somebody else is at it, or a file system says no: it is only scratch
            self.tree.remove(place)

    def _idle(self, name: str) -> float:
        """Seconds since the last change of a file below a folder, or of an empty folder, by the clock of the file
        system: ours may have jumped by days."""
        place = f"{FOLDER}/{name}"
        own = self.tree.about(place)
        if own is None:
            return 0.0
        return self._clock.now() - max((about.st_mtime for _, about in self.tree.files(place)), default=own.st_mtime)
