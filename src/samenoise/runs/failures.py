"""Failures: what could not be computed and why, a file for each, which all who look into the run directory see.

    <root>/.failures/<hash>.json      {"title", "sentence", "host", "details"}

Whoever fails at a cell says so here before it gives its claim back, so that nobody who works beside it fails again. The
run that comes next forgets the failures of its cells, and tries them once more.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from typing import Any, NamedTuple

from samenoise.runs.cell import Cell
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.named import KeptFiles
from samenoise.runs.objects import AWAY

__all__ = [
    "FOLDER",
    "CellFailed",
    "CodeChanged",
    "Failure",
    "Failures",
    "Unfinished",
    "WorkerDied",
    "ends_all",
    "is_away",
    "is_full",
]

FOLDER = ".failures"

FULL = ("No space left", "quota exceeded")
NAMED = 3
"""Failures that are told in one sentence."""


class CellFailed(RuntimeError):
    """A cell could not be computed. The message is one sentence; ``details`` is the worker's traceback."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class CodeChanged(CellFailed):
    """A worker has other code than its driver."""

    def __init__(self) -> None:
        super().__init__("the code of samenoise changed while this run was going: run again")


class WorkerDied(CellFailed):
    """A cell was at work in a process that is no more, which may not be the fault of the cell."""


class Unfinished(CellFailed):
    """Some cells failed; all that does not need them is finished.

    Attributes:
        failed: how many.
        left_out: how many others need them, and were not tried.
    """

    def __init__(self, failures: list[CellFailed], left_out: int) -> None:
        told = [str(each) for each in failures]
        more = f"; and {len(told) - NAMED} more" if len(told) > NAMED else ""
        super().__init__("; ".join(told[:NAMED]) + more, failures[0].details)
        self.failed, self.left_out = len(told), left_out


class Failure(NamedTuple):
    """What is kept of one."""

    title: str
    sentence: str
    host: str
    details: str = ""

    @classmethod
    def of(cls, content: Any) -> Failure:
        """From JSON, whatever is in it."""
        if not isinstance(content, dict) or not all(isinstance(content.get(key), str) for key in cls._fields):
            return cls("", "it failed, and the record of that cannot be read", "")
        return cls(*(content[key] for key in cls._fields))


class Failures:
    """The failures of a store."""

    def __init__(self, tree: KeptFiles) -> None:
        self.tree = tree

    def add(self, cell: Cell, failure: CellFailed) -> None:
        """Keep one for all to see."""
        kept = Failure(cell.title, str(failure), socket.gethostname(), failure.details)
        self.tree.write(_place(cell.hash), json.dumps(kept._asdict()).encode())

    def of(self, key: str) -> Failure | None:
        """That of the cell with a hash."""
        try:
            return Failure.of(self.tree.json(_place(key)))
        except FileNotFoundError:
            return None
        except Unreadable:
            return Failure.of(None)

    def names(self) -> set[str]:
        """Hashes of the cells that failed."""
        return {name.removesuffix(".json") for name in self.tree.names(FOLDER) if name.endswith(".json")}

    def forget(self, keys: Iterable[str]) -> None:
        """Let these be tried again."""
        for key in self.names() & set(keys):
            self.tree.remove_file(_place(key))


def ends_all(failure: CellFailed) -> bool:
    """Whether other cells would fail as well."""
    return isinstance(failure, CodeChanged) or is_full(failure) or is_away(failure)


def is_full(error: Exception) -> bool:
    """Whether the disk is full: any library may say so, in any class, and the next cell would fail at it too."""
    return any(words in str(error) for words in FULL)


def is_away(error: Exception) -> bool:
    """Whether the service that the store is at cannot be used, by what its files say of that."""
    return AWAY in str(error)


def _place(key: str) -> str:
    return f"{FOLDER}/{key}.json"
