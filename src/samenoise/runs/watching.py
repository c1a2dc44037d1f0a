"""What a run directory says of the run that goes on in it, to any machine that sees the folder.

<root>/.plan.json      [{"hash", "folder", "title", "cost", "parts": {hash: title}}, ...]: what is to be computed,
                       written when a run begins
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

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
    parts: Mapping[str, str] = MappingProxyType({})
    """Titles, by hash, of the cells that it is put together from."""


MOSTLY = 0.9
"""Of what is left to do: as much has to be of kinds that were done already, or nobody knows how long it takes."""


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
        """By what cells of each kind took that are done, and the number that run now; ``None`` before there are some of
        nearly all that is left."""
        cost, took, left = (defaultdict[str, float](float) for _ in range(3))
        for cell in self.cells:
            if cell.hash in self.done:
                cost[cell.folder] += cell.cost
                took[cell.folder] += self.done[cell.hash]
            elif cell.hash not in self.failed:
                left[cell.folder] += cell.cost
        known = {folder: took[folder] / each for folder, each in cost.items() if each}
        told = sum(left[folder] for folder in known)
        if not told or not self.running or told < MOSTLY * sum(left.values()):
            return None
        seconds = sum(left[folder] * rate for folder, rate in known.items())
        return seconds * sum(left.values()) / told / len(self.running)


def plan(cells: list[Cell], files: KeptFiles, shards: int = 1) -> None:
    """Say what is to be computed, what can be cut in at most so many parts."""
    told = []
    for cell in in_order(cells):
        parts = {part.hash: part.title for part in cell.cut(shards).parts()} if shards > 1 else {}
        told.append(Planned(cell.hash, cell.folder, cell.title, cell.cost, parts)._asdict())
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
    known = ours.union(*(cell.parts for cell in cells))
    done = {} if before is None else {key: seconds for key, seconds in before.done.items() if key in ours}
    there = {folder: set(store.shared.names(folder)) for folder in {cell.folder for cell in cells}}
    for cell in cells:
        if cell.hash in done or cell.hash not in there[cell.folder]:
            continue
        place = f"{cell.folder}/{cell.hash}"
        seal = read_seal(store.shared, place)
        if seal is not None and damage(store.shared, place, every_byte=False) is None:
            done[cell.hash] = seal.seconds
    living = [claim for claim in store.claims.living() if not known.isdisjoint(claim.cells)]
    running = {claim.cells[0]: claim for claim in living if len(claim.cells) == 1 and claim.cells[0] not in done}
    names = (store.failures.names() & ours) - done.keys()
    failed = {key: found for key in names if (found := store.failures.of(key)) is not None}
    return State(cells, done, running, failed, driven=bool(living))


def _planned(store: Store) -> list[Planned]:
    content = store.shared.json(PLAN)
    try:
        cells = [
            Planned(str(c["hash"]), str(c["folder"]), str(c["title"]), float(c["cost"]), _texts(c.get("parts", {})))
            for c in content
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unreadable(f"{store.shared.where(PLAN)} is no plan of a run") from None
    if any("/" in part or part.startswith(".") for cell in cells for part in (cell.hash, cell.folder)):
        raise Unreadable(f"{store.shared.where(PLAN)} is no plan of a run")
    return cells


def _texts(content: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in content.items()}
