"""What the score cells of all experiments have in common."""

from __future__ import annotations

from typing import ClassVar

from samenoise.experiments.config import Config
from samenoise.experiments.sweep import Sweep
from samenoise.runs.cell import Cell

__all__ = ["ScoreCell"]


class ScoreCell(Cell):
    """A cell that reads samples and writes rows (or pictures). It is cheap, so it hangs on the whole config."""

    folder: ClassVar[str] = "scores"
    sources: ClassVar[tuple[str, ...]] = ("experiments", "features", "metrics", "data")
    config: Config

    @property
    def sweep(self) -> Sweep:
        """The cells below."""
        return Sweep(self.config)
