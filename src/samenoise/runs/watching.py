"""What a run directory says of the run that goes on in it, to any machine that sees the folder.

<root>/.plan.json      [{"hash", "folder", "title", "cost"}, ...]: what is to be computed, written when a run begins
"""

from __future__ import annotations

import json
from typing import NamedTuple

from samenoise.runs.cell import Cell, in_order
from samenoise.runs.claims import Claim
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.failures import Failure
from samenoise.runs.named import KeptFiles
from samenoise.runs.seal import damage, read_seal
from samenoise.runs.store import Store

__all__ = ["PLAN", "Planned", "State", "plan", "state"]

PLAN = ".plan.json"


class Planned(NamedTuple):
    """A cell of the run, as its plan has it."""

    hash: str
    folder: str
    title: str
    cost: float


class State(NamedTuple):
    """Of a run."""

    cells: list[Planned]
    done: dict[str, float]
    """Hash -> worker seconds that it took."""
    running: dict[str, Claim]
    failed: dict[str, Failure]
    driven: bool
    """Whether any driver is at it, here or in a job of a cluster."""

    @property
    def seconds_left(self) -> float | None:
        """By what the cells took that are done and the number that run now; ``None`` before the first."""
        cost = sum(cell.cost for cell in self.cells if cell.hash in self.done)
        if not cost or not self.running:
            return None
        rate = sum(self.done.values()) / cost
        left = sum(cell.cost for cell in self.cells if cell.hash not in self.done and cell.hash not in self.failed)
        return left * rate / len(self.running)


def plan(cells: list[Cell], files: KeptFiles) -> None:
    """Say what is to be computed."""
    told = [Planned(cell.hash, cell.folder, cell.title, cell.cost)._asdict() for cell in in_order(cells)]
    files.write(PLAN, json.dumps(told).encode())


def state(store: Store, before: State | None = None) -> State:
    """How far the run is. Nothing is changed.

    Args:
        before: what was seen at an earlier look: what was done stays so, and is not looked at again.

    Raises:
        FileNotFoundError: no run has begun here.
        Unreadable: its plan is none.
    """
    cells = _planned(store)
    ours = {cell.hash for cell in cells}
    done = {} if before is None else {key: seconds for key, seconds in before.done.items() if key in ours}
    there = {folder: set(store.shared.names(folder)) for folder in {cell.folder for cell in cells}}
    for cell in cells:
        if cell.hash in done or cell.hash not in there[cell.folder]:
            continue
        place = f"{cell.folder}/{cell.hash}"
        seal = read_seal(store.shared, place)
        if seal is not None and damage(store.shared, place, every_byte=False) is None:
            done[cell.hash] = seal.seconds
    living = [claim for claim in store.claims.living() if not ours.isdisjoint(claim.cells)]
    running = {claim.cells[0]: claim for claim in living if len(claim.cells) == 1 and claim.cells[0] not in done}
    names = (store.failures.names() & ours) - done.keys()
    failed = {key: found for key in names if (found := store.failures.of(key)) is not None}
    return State(cells, done, running, failed, driven=bool(living))


def _planned(store: Store) -> list[Planned]:
    content = store.shared.json(PLAN)
    try:
        cells = [Planned(str(c["hash"]), str(c["folder"]), str(c["title"]), float(c["cost"])) for c in content]
    except (KeyError, TypeError, ValueError):
        raise Unreadable(f"{store.shared.where(PLAN)} is no plan of a run") from None
    if any("/" in part or part.startswith(".") for cell in cells for part in (cell.hash, cell.folder)):
        raise Unreadable(f"{store.shared.where(PLAN)} is no plan of a run")
    return cells
