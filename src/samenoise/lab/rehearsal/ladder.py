"""Shorter versions of a cell, each longer than the one before, and what the whole will take.

A training of ``m`` updates takes ``a + c m``, and so does drawing images with ``m`` evaluations of each; ``a`` is what
starting and writing take. ``c`` and ``a`` are of the line through two lengths with the same number of images at a time.
Where all images are too many for a rehearsal, ``c`` is of fewer, in proportion.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from samenoise.generators.sampling import SampleCell
from samenoise.runs.cell import Cell
from samenoise.training.unseen import LEVELS, looks_back

__all__ = ["QUICK", "Ladder", "ladder_of", "shortest"]

FEW = 8
"""Images at a time, before it is known how long many take."""

FIRST, LONGEST = 2, 256
"""Lengths of the first version and of the last."""

QUICK = 2.0
"""Seconds that the first version with all images may seem to take, or another with few comes before."""

SURE = 0.3
"""Seconds of a version, usually."""


class Rung(NamedTuple):
    """What a shorter version was, and took."""

    length: int
    """Updates, or steps of the solver."""
    amount: float
    """Updates, or evaluations of the network."""
    width: int
    """Images at a time."""
    seconds: float


@dataclass
class Ladder:
    """The versions of a cell.

    Args:
        length, width: of the cell itself.
    """

    cell: Cell
    length: int
    width: int
    rungs: list[Rung] = field(default_factory=list)
    moment: float = SURE
    """Seconds of a version that need no longer one."""

    def ahead(self) -> tuple[int, int] | None:
        """Length and images at a time of the next version; ``None`` where nothing more is to be learnt."""
        few = min(FEW, self.width)
        if not self.rungs:
            return min(FIRST, self.length), few
        last, longest = self.rungs[-1], min(self.length, LONGEST)
        if last.width < self.width:
            quick = last.seconds * self.width / last.width < QUICK
            if not quick and last.length == FIRST < self.length:
                return 2 * FIRST, few
            return min(FIRST, self.length), self.width
        if self.sure or last.length >= longest:
            return None
        return min(longest, last.length * min(64, max(2, math.ceil(self.moment / max(last.seconds, 1e-6))))), self.width

    @property
    def sure(self) -> bool:
        """Whether what was measured is long enough to be right."""
        whole = [rung.seconds for rung in self.rungs if rung.width == self.width]
        return bool(whole) and whole[-1] > (self.moment if len(whole) > 1 else QUICK)

    def at(self, length: int, width: int) -> Cell:
        """A version."""
        cell: Any = self.cell
        found: Cell
        if isinstance(self.cell, SampleCell):
            sampling = self.cell.sampling.model_copy(update={"steps": length, "noises": width})
            return self.cell.model_copy(update={"sampling": sampling, "batch": width})
        parts = getattr(cell.training, "accumulate", 1)
        shorter = {"updates": length, "batch": width if width >= parts else parts}
        aside = {"kept": (), "unseen": 0}
        more = {name: value for name, value in aside.items() if name in type(cell).model_fields}
        found = cell.model_copy(update={"training": cell.training.model_copy(update=shorter), **more})
        return found

    def climbed(self, length: int, width: int, out: Path, seconds: float) -> None:
        """A version was computed."""
        amount = float(length)
        if isinstance(self.cell, SampleCell):
            amount = json.loads((out / "manifest.json").read_text())["nfe"]
        self.rungs.append(Rung(length, amount, width, seconds))

    def seconds(self, cell: Any, length: int | None = None, width: int | None = None, most: bool = False) -> float:
        """What a cell that is alike takes; of another length or with another number of images at a time, if given.

        ``most``: if starting took nothing, and all that was measured is the work.
        """
        own = ladder_of(cell)
        assert own is not None
        times = cell.sampling.noises / own.width if isinstance(cell, SampleCell) and width is None else 1.0
        looks = _looks(cell) if length is None else 0.0
        before, last = self._two()
        length, width, amount, start = length or own.length, width or own.width, last.amount, 0.0
        each = last.seconds / last.amount if last.amount else last.seconds
        if before is None:
            amount *= length / last.length
        elif before.amount != last.amount:
            amount += (last.amount - before.amount) / (last.length - before.length) * (length - last.length)
            if not most:
                each = self.slope * last.width
                start = max(0.0, last.seconds - each * last.amount)
        found: float = start + each * (amount + looks) * times * width / last.width
        return found

    @property
    def slope(self) -> float:
        """Seconds of one more update or evaluation, for each image."""
        before, last = self._two()
        if before is None or before.amount == last.amount:
            return last.seconds / max(last.amount, 1) / last.width
        return max(0.0, (last.seconds - before.seconds) / (last.amount - before.amount)) / last.width

    def _two(self) -> tuple[Rung | None, Rung]:
        """The last version, and the longest gap to one before it with as many images at a time."""
        last = self.rungs[-1]
        same = [rung for rung in self.rungs[:-1] if rung.width == last.width]
        if same:
            return same[0], last
        return None, last


def shortest(cell: Any) -> Cell:
    """A version of a cell whose result may stand for its own."""
    ladder = ladder_of(cell)
    assert ladder is not None
    brief: Any = ladder.at(min(FIRST, ladder.length), min(FEW, ladder.width))
    unseen = {"unseen": min(cell.unseen, FEW)} if getattr(cell, "unseen", 0) else {}
    found: Cell = brief.model_copy(update=unseen)
    return found


def _looks(cell: Any) -> float:
    """The looks at unseen images of a training, in updates: evaluations alone, of which an update has three."""
    unseen = getattr(cell, "unseen", 0)
    if not unseen:
        return 0.0
    return float(len(looks_back(cell.training.updates)) * unseen * LEVELS / (3 * cell.training.batch))


def ladder_of(cell: Any) -> Ladder | None:
    """Of a cell whose length is said in it: a training, or images; ``None`` of all others."""
    if isinstance(cell, SampleCell):
        return Ladder(cell, cell.sampling.steps, min(cell.batch, cell.sampling.noises))
    training = getattr(cell, "training", None)
    if training is None or training.updates < FIRST:
        return None
    return Ladder(cell, training.updates, training.batch)
