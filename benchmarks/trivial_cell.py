"""A cell that computes next to nothing, for what it costs to carry one; in a file of its own, so that the jobs of a
cluster can import it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from samenoise.runs.cell import Cell, Progress, Results


class Trivial(Cell):
    """Writes its number."""

    kind: ClassVar[str] = "trivial"
    folder: ClassVar[str] = "scores"
    number: int

    def needs(self) -> list[Cell]:
        return []

    @property
    def title(self) -> str:
        return f"number {self.number}"

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        (out / "number.txt").write_text(str(self.number))
