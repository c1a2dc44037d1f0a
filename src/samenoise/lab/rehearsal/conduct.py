"""The rehearsal: the seconds at hand, spent where they tell most of what the whole run takes.

Of cells that are alike one is rehearsed. Trainings and images are computed in shorter versions, of those first that
make up most of the whole by what is known so far; scores and the rest are computed once, and left off after a while
where they say how far they are. Seconds are of the processor for what it computes, and of the clock for a GPU.
"""

from __future__ import annotations

import resource
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors import safe_open

from samenoise.cells.data import DataCell
from samenoise.cells.training import TrainCell
from samenoise.generators.sampling import SampleCell
from samenoise.lab.rehearsal.alike import alike
from samenoise.lab.rehearsal.ladder import Ladder, ladder_of
from samenoise.lab.rehearsal.stage import Stage
from samenoise.runs.cell import Cell, in_order
from samenoise.runs.store import reproducible
from samenoise.runs.workers import freed_memory_kept

__all__ = ["Estimate", "rehearse", "update_seconds"]

SECONDS = 10.0
"""Of the processor, about, for all but the shortest versions; data are read in full besides."""

ASIDE = 0.3
"""Share of them for scores, grids and features."""

LONG = 1.5
"""Seconds after which a score that says how far it is has told enough."""

SMALL = 0.002
"""Share of the whole below which nothing is looked at more closely."""


@dataclass(frozen=True)
class Estimate:
    """What cells take, by hash."""

    seconds: Mapping[str, float]
    bytes: Mapping[str, int]
    """On the disk."""
    untimed: Sequence[Cell]
    """Those that could not be rehearsed: their seconds are their own rough cost, and their bytes are not known."""
    memory: int
    """Bytes of a process at most."""
    whole: bool
    """Whether as many images at a time as in the run were tried of everything: else memory may be more."""
    device_memory: int | None
    """Bytes of the GPU at most, where there is one."""


class _Enough(Exception):
    """A cell has shown how long it takes."""


def rehearse(
    cells: list[Cell],
    kept: Callable[[Cell], Path | None] = lambda cell: None,
    seconds: float | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Estimate:
    """Estimate what some cells take here, one after the other on one core or GPU.

    Args:
        cells: those that are to be computed.
        kept: the folder of a result that is there already.
        seconds: to be spent, :data:`SECONDS` unless given.
        progress: called with the share of them that is spent.
    """
    with (
        freed_memory_kept(),  # as workers do
        TemporaryDirectory(prefix="samenoise-") as folder,
        reproducible(),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # of results that have no meaning
        return _Rehearsal(cells, Stage(Path(folder), kept), kept, seconds or SECONDS, progress).estimate()


def update_seconds(cell: TrainCell, moment: float) -> float:
    """What one update of a training takes, all its networks together, from a version that takes about a moment."""
    with freed_memory_kept(), TemporaryDirectory(prefix="samenoise-") as folder, reproducible():
        stage = Stage(Path(folder))
        ladder = stage.ladder(cell)
        ladder.moment = moment
        while (ahead := ladder.ahead()) is not None:
            stage.climb(ladder, *ahead)
        return ladder.slope * ladder.width


class _Rehearsal:
    def __init__(
        self,
        cells: list[Cell],
        stage: Stage,
        kept: Callable[[Cell], Path | None],
        seconds: float,
        progress: Callable[[float], None],
    ) -> None:
        self.cells, self.stage, self.kept, self.limit, self.told = cells, stage, kept, seconds, progress
        self.groups: dict[str, list[Cell]] = {}
        for cell in cells:
            self.groups.setdefault(alike(cell), []).append(cell)
        self.ladders: dict[str, Ladder] = {}
        self.whole: dict[str, tuple[float, int]] = {}
        """Seconds and bytes of what was computed as it is."""
        self.failed: set[str] = set()

    def estimate(self) -> Estimate:
        for cell in in_order(self.cells):  # read before the clock runs
            if isinstance(cell, DataCell) and self.kept(cell) is None:
                self._as_it_is(cell)
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        self._first()
        self.began = time.process_time()
        self._closer()
        self._others()
        self.told(1.0)
        seconds, sizes, untimed = self._all()
        return Estimate(
            seconds,
            sizes,
            untimed,
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            all(ladder.rungs[-1].width == ladder.width for ladder in self.ladders.values()),
            torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None,
        )

    @property
    def left(self) -> float:
        """Seconds."""
        spent = time.process_time() - self.began
        self.told(min(1.0, spent / self.limit))
        return self.limit - spent

    def _first(self) -> None:
        """The shortest versions of everything, and what is imported for them: without them there is no telling what is
        long."""
        for name, group in self.groups.items():
            if ladder_of(group[0]) is not None and self._climb(name, self.stage.ladder(group[0])):
                self.ladders[name] = self.stage.ladder(group[0])

    def _others(self) -> None:
        """What is computed as it is, one of each, in the seconds that were set aside for it."""
        for name, group in self.groups.items():
            if name in self.ladders or name in self.whole:
                continue
            if self.left > 0:
                self._as_it_is(group[len(group) // 2])
            else:
                self.failed.add(name)

    def _closer(self) -> None:
        """Longer versions, where they tell most."""
        while True:
            total = {
                name: sum(ladder.seconds(cell, most=True) for cell in self.groups[name])
                for name, ladder in self.ladders.items()
            }
            everything, left = sum(total.values()), self.left - ASIDE * self.limit
            best, most = None, 0.0
            for name, ladder in self.ladders.items():
                ahead, last = ladder.ahead(), ladder.rungs[-1]
                if ahead is None or total[name] < SMALL * everything:
                    continue
                if ladder.seconds(ladder.cell, *ahead) < left and total[name] / (last.seconds + 0.02) > most:
                    best, most = name, total[name] / (last.seconds + 0.02)
            if best is None:
                return
            self._climb(best, self.ladders[best])

    def _climb(self, name: str, ladder: Ladder) -> bool:
        ahead = ladder.ahead()
        assert ahead is not None
        try:
            self.stage.first(ladder.cell)  # and what is imported for it does not count
            self.stage.climb(ladder, *ahead)
        except Exception:  # of a network that has learnt nothing, of whatever somebody else's cell asks for
            self.failed.add(name)
            return False
        return True

    def _as_it_is(self, cell: Cell) -> None:
        """One cell, until it ends or has shown how long it takes."""
        out, name = self.stage.new(), alike(cell)
        said: list[tuple[float, float]] = []
        began = 0.0

        def enough(share: float) -> None:
            said.append((share, time.process_time() - began))
            if said[0][0] < share < 1 and said[-1][1] > LONG:
                raise _Enough

        try:
            for need in cell.needs():
                self.stage.path(need)
            began = time.process_time()
            try:
                self.whole[name] = self.stage.timed(cell, out, enough), _size(out)
                self.stage.keep(cell, out)
            except _Enough:
                (before, first), (share, last) = said[0], said[-1]
                rest = (last - first) / (share - before) * (1 - share)
                self.whole[name] = last + rest, _size(out)
        except Exception:  # of results that have no meaning, of whatever somebody else's cell asks for
            self.failed.add(name)

    def _all(self) -> tuple[dict[str, float], dict[str, int], list[Cell]]:
        seconds: dict[str, float] = {}
        sizes: dict[str, int] = {}
        untimed: list[Cell] = []
        for name, group in self.groups.items():
            for cell in group:
                if name in self.ladders:
                    seconds[cell.hash], sizes[cell.hash] = self.ladders[name].seconds(cell), self._bytes(cell)
                elif name in self.whole:
                    seconds[cell.hash], sizes[cell.hash] = self.whole[name]
                else:
                    seconds[cell.hash], sizes[cell.hash] = cell.cost, 0
                    untimed.append(cell)
        return seconds, sizes, untimed

    def _bytes(self, cell: Cell) -> int:
        """Of a training, all of its weights; of images, as many as there will be."""
        first = self.stage.first(cell)
        if not isinstance(cell, SampleCell):
            kept = sum(_size(path) for path in first.glob("*/update-*"))
            return (_size(first) - kept) * (1 + len(getattr(cell, "kept", ())))
        return int(_size(first) * cell.sampling.noises / _images(first))


def _images(place: Path) -> int:
    with safe_open(place / "samples.safetensors", "pt") as found:
        return int(found.get_slice("ids").get_shape()[0])


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
