"""The order of work: which cells are ready, which of them are ours, and what a failure leaves undone.

An executor asks for cells that are :meth:`~Schedule.claimed`, has them computed in its own way, and says how that
ended. Any number of drivers may work in one run directory, on one host or on many: each claims a cell before it hands
it out, and a cell that another has claimed is left alone for now, and is done once its result appears.
"""

from __future__ import annotations

import time
from heapq import heappop, heappush

from samenoise.runs.cell import Cell
from samenoise.runs.executor import Event, Told
from samenoise.runs.failures import CellFailed, Unfinished, ends_all
from samenoise.runs.store import Store

__all__ = ["Schedule"]

DEAD_AFTER = 2.0
"""Seconds between looks at whether those who hold what we could do are still alive: every look reads files."""


class Schedule:
    """What is to be computed, the dearest of what is ready first.

    Args:
        todo: what is lacking, by hash, needs first.

    Attributes:
        left: hashes of what is neither done nor given up.
    """

    def __init__(self, todo: dict[str, Cell], store: Store, on_event: Told) -> None:
        self.todo, self.store, self.on_event = todo, store, on_event
        self.left = set(todo)
        reads = {key: (*cell.needs(), *cell.parts()) for key, cell in todo.items()}
        self._needs = {key: {each.hash for each in read} & self.left for key, read in reads.items()}
        self._feeds: dict[str, list[str]] = {key: [] for key in todo}
        for key, needs in self._needs.items():
            for need in needs:
                self._feeds[need].append(key)
        self._ready: list[tuple[float, str]] = []
        self._ours: set[str] = set()
        self._done: list[Cell] = []
        self._failures: list[CellFailed] = []
        self._left_out: set[str] = set()
        self._looked = -DEAD_AFTER
        for key, needs in self._needs.items():
            if not needs:
                self._push(key)

    def claimed(self, most: int, on_gpu: int | None = None) -> tuple[list[Cell], bool]:
        """Up to ``most`` cells that are ready, now ours, at most ``on_gpu`` of which want a GPU; and whether a cell
        that is ready is in the hands of another driver."""
        mine: list[Cell] = []
        elsewhere: list[tuple[float, str]] = []
        later: list[tuple[float, str]] = []
        if most < 1:
            return [], False
        look = time.monotonic() - self._looked > DEAD_AFTER
        held, failed = self.store.claims.names(), self.store.failures.names()
        while self._ready and len(mine) < most:
            rank, key = heappop(self._ready)
            cell = self.todo[key]
            if self.store.has(cell) and self.store.whole(cell):
                self.done(key, cached=True)
            elif key in failed:
                self._failed_elsewhere(key)
            elif on_gpu is not None and cell.on_gpu and sum(each.on_gpu for each in mine) == on_gpu:
                later.append((rank, key))
            elif (key not in held or look) and self.store.claims.take(key):
                self._ours.add(key)
                if self.store.failures.of(key) is None:
                    mine.append(cell)
                else:  # between our look and our claim
                    self._failed_elsewhere(key)
            else:
                elsewhere.append((rank, key))
                if look:
                    self._looked = time.monotonic()
        for each in (*elsewhere, *later):
            heappush(self._ready, each)
        return mine, bool(elsewhere)

    def done(self, key: str, cached: bool = False) -> None:
        """The result of a cell is there."""
        self._release(key)
        self.left.discard(key)
        self._done.append(self.todo[key])
        for other in self._feeds[key]:
            self._needs[other].discard(key)
            if not self._needs[other] and other in self.left:
                self._push(other)
        self.on_event(Event(self.todo[key], 1.0, cached))

    def again(self, key: str) -> None:
        """A cell was not computed, through no fault of its own."""
        self._release(key)
        self._push(key)

    def failed(self, key: str, failure: CellFailed) -> None:
        """A cell cannot be computed: what needs it is given up.

        Raises:
            CellFailed: the others would fail as well.
        """
        if ends_all(failure):
            raise failure
        self.store.failures.add(self.todo[key], failure)
        self._give_up(key, failure)

    def finish(self) -> None:
        """To be called when nothing is left: what others say they have made is seen from here by now, or soon.

        Raises:
            Unfinished: something failed.
        """
        for cell in self._done:
            self.store.comes(cell)
        if self._failures:
            raise Unfinished(self._failures, len(self._left_out))

    def release_all(self) -> None:
        """Give back what is ours."""
        for key in [*self._ours]:
            self._release(key)

    def _failed_elsewhere(self, key: str) -> None:
        found = self.store.failures.of(key)
        if found is None:  # forgotten meanwhile, to be tried again
            self.again(key)
        else:
            self._give_up(key, CellFailed(found.sentence, found.details))

    def _give_up(self, key: str, failure: CellFailed) -> None:
        self._release(key)
        self._failures.append(failure)
        self.left.discard(key)
        self.on_event(Event(self.todo[key], 0.0, failed=str(failure)))
        above = [*self._feeds[key]]
        while above:
            each = above.pop()
            if each in self.left:
                self.left.discard(each)
                self._left_out.add(each)
                above += self._feeds[each]

    def _push(self, key: str) -> None:
        heappush(self._ready, (-self.todo[key].cost, key))

    def _release(self, key: str) -> None:
        if key in self._ours:
            self._ours.discard(key)
            self.store.claims.release(key)
