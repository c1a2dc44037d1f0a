"""Stand-ins for the results that cells need: of the right shape and size, and of no meaning.

Data are read as they are. A training's stand-in is a network after two updates. Images are real ones with noise on
them, a few sets for all generators; features and scores are computed from what is there.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from samenoise.cells.data import DataCell
from samenoise.generators.sampling import SampleCell
from samenoise.lab.features import FeatureCell
from samenoise.lab.rehearsal.alike import alike
from samenoise.lab.rehearsal.ladder import QUICK, Ladder, ladder_of, shortest
from samenoise.lab.score import ScoreCell
from samenoise.runs.cell import Cell, Progress

__all__ = ["Stage"]

SETS = 4
"""Of images, for generators in turn."""

NOISE = 0.3


class Stage:
    """What cells in a rehearsal find: a :class:`~samenoise.runs.cell.Results`.

    Args:
        folder: of its own.
        kept: where there are real results, the folder of one or ``None``.
    """

    def __init__(self, folder: Path, kept: Callable[[Cell], Path | None] = lambda cell: None) -> None:
        self.folder, self._kept, self._number = folder, kept, count()
        self._first: dict[str, Path] = {}
        self._ladders: dict[str, Ladder] = {}
        self._whole: dict[str, Path] = {}
        self._made: dict[str, Path] = {}
        self._features: dict[Path, Path] = {}
        self._images: dict[tuple[Any, ...], list[Path]] = {}

    def path(self, cell: Cell) -> Path:
        if cell.hash not in self._made:
            self._made[cell.hash] = self._make(cell)
        return self._made[cell.hash]

    def scratch(self, cell: Cell) -> Path:
        return self.new("scratch")

    def new(self, what: str = "result") -> Path:
        """An empty folder."""
        made = self.folder / f"{what}-{next(self._number)}"
        made.mkdir(parents=True)
        return made

    def timed(self, cell: Cell, out: Path, progress: Progress = lambda share: None) -> float:
        """Compute a cell; the seconds it takes when what it needs is there."""
        for need in cell.needs():
            self.path(need)
        clock = time.process_time if getattr(cell, "device", "cpu") == "cpu" else time.perf_counter
        began = clock()
        cell.run(self, out, progress)
        return clock() - began

    def ladder(self, cell: Cell) -> Ladder:
        """That of the cells that are alike."""
        name = alike(cell)
        if name not in self._ladders:
            found = ladder_of(cell)
            assert found is not None
            self._ladders[name] = found
        return self._ladders[name]

    def climb(self, ladder: Ladder, length: int, width: int) -> Path:
        """Compute a version of a cell, and keep what it took.

        The first with so many images at a time is computed twice, if it is short: what is asked of the system for the
        first time, memory above all, can take many times as long as the work, and a run asks for it once.
        """
        out = self.new()
        seconds = self.timed(ladder.at(length, width), out)
        if seconds < QUICK and all(rung.width != width for rung in ladder.rungs):
            out = self.new()
            seconds = self.timed(ladder.at(length, width), out)
        ladder.climbed(length, width, out, seconds)
        return out

    def first(self, cell: Cell) -> Path:
        """What stands for the result of a training, or for images: of the shortest version of those that are alike."""
        name = alike(cell)
        if name not in self._first:
            out = self.new()
            self.timed(shortest(cell), out)
            self._first[name] = out
        return self._first[name]

    def keep(self, cell: Cell, out: Path) -> None:
        """A result that may stand for those of all cells that are alike."""
        self._whole[alike(cell)] = out

    def _make(self, cell: Cell) -> Path:
        if alike(cell) in self._whole:
            return self._whole[alike(cell)]
        if isinstance(cell, ScoreCell):
            raise LookupError(f"{cell.title} was not rehearsed")
        if isinstance(cell, SampleCell):
            return self._drawn(cell)
        if ladder_of(cell) is not None:
            return self._trained(cell)
        real = self._kept(cell) if isinstance(cell, DataCell) else None
        if real is not None:
            return real
        if isinstance(cell, FeatureCell) and isinstance(cell.images, SampleCell):
            images = self.path(cell.images)
            if images not in self._features:
                self._features[images] = self.new()
                self.timed(cell, self._features[images])
            return self._features[images]
        out = self.new()
        self.timed(cell, out)
        return out

    def _trained(self, cell: Any) -> Path:
        out = self.first(cell)
        for update in getattr(cell, "kept", ()):
            for member in range(len(cell.models)):
                end, then = out / str(member), out / str(member) / f"update-{update}"
                if not then.exists():
                    shutil.copytree(end, then, ignore=shutil.ignore_patterns("update-*"))
        return out

    def _drawn(self, cell: SampleCell) -> Path:
        """Images of as many noises as the cell has."""
        first, count = self.first(cell), cell.sampling.noises
        shape = tuple(load_file(first / "samples.safetensors")["images"].shape[1:])
        sets = self._images.setdefault((shape, count), [])
        if len(sets) < SETS:
            generator, ids = torch.Generator().manual_seed(len(sets)), torch.arange(count)
            images, real = torch.randn(count, *shape, generator=generator), self._real(shape)
            if real is not None:
                images = real[torch.randint(len(real), (count,), generator=generator)] + NOISE * images
            sets.append(self.new())
            save_file({"images": images, "ids": ids}, sets[-1] / "samples.safetensors")
            shutil.copy(first / "manifest.json", sets[-1])
            return sets[-1]
        sets.append(sets.pop(0))
        return sets[-1]

    def _real(self, shape: tuple[int, ...]) -> torch.Tensor | None:
        """Images of the data, if they have this shape."""
        for place in self._made.values():
            if (place / "images.safetensors").exists():
                images: torch.Tensor = load_file(place / "images.safetensors")["images"]
                if tuple(images.shape[1:]) == shape:
                    return images
        return None
