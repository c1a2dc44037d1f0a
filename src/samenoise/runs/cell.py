"""Cells: one unit of work, frozen, named by a hash over everything that makes its result.

The hash covers every field, defaults included, the cells it needs (they are fields), and the code that computes: a
digest of the package's own numerical sources. A result found under a hash is therefore the result that would be
computed now.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from samenoise.runs.store import Store

__all__ = ["Cell", "Progress", "Spec", "code_version", "in_order"]

Progress = Callable[[float], None]
"""Called with the share of a cell that is done, 0 to 1."""


CODE_VERSIONS: dict[tuple[str, ...], str] = {}
"""What :func:`code_version` has found. Worker processes are given their parent's, so that a run has one opinion of its
own code even while somebody edits it."""


def code_version(sources: tuple[str, ...]) -> str:
    """16 hex digits over files of the package, named as ``noise.py`` or, for all of a folder, ``oracle``."""
    if sources not in CODE_VERSIONS:
        root = Path(__file__).parent.parent
        digest = hashlib.sha256()
        for name in sources:
            place = root / name
            for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
                digest.update(file.relative_to(root).as_posix().encode())
                digest.update(file.read_bytes())
        CODE_VERSIONS[sources] = digest.hexdigest()[:16]
    return CODE_VERSIONS[sources]


class Spec(BaseModel):
    """Part of a config: frozen, and no key but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cell(Spec, ABC):
    """A unit of work. Subclasses say which cells they need and how to compute."""

    kind: ClassVar[str]
    folder: ClassVar[str]
    """Folder of the store that its results live in."""
    sources: ClassVar[tuple[str, ...]]
    """Files and folders of the package whose code decides the result."""

    @abstractmethod
    def needs(self) -> list[Cell]:
        """Cells whose results this one reads."""

    @abstractmethod
    def run(self, store: Store, out: Path, progress: Progress) -> None:
        """Compute, reading needed cells from ``store`` and writing files into the empty folder ``out``."""

    @property
    @abstractmethod
    def title(self) -> str:
        """A few words for progress bars and messages."""

    @property
    def cost(self) -> float:
        """Rough relative cost: what is dear is started first, and weighs more in a progress bar."""
        return 1.0

    @cached_property
    def hash(self) -> str:
        """20 hex digits that name the result."""
        content = {
            "kind": self.kind,
            "code": code_version(self.sources),
            "config": self.model_dump(mode="json"),
            "needs": [need.hash for need in self.needs()],
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:20]


def in_order(cells: list[Cell]) -> list[Cell]:
    """The cells and all they need, each once, needs first."""
    seen: dict[str, Cell] = {}

    def visit(cell: Cell) -> Iterator[Cell]:
        if cell.hash not in seen:
            seen[cell.hash] = cell
            for need in cell.needs():
                yield from visit(need)
            yield cell

    return [each for cell in cells for each in visit(cell)]
