"""What computes cells: anything that can be called so and keeps the promise of :class:`Executor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from samenoise.runs.cell import Cell, in_order
from samenoise.runs.parts import cut
from samenoise.runs.store import Store

__all__ = ["Event", "Executor", "Told", "lacking", "unheard", "wanted"]


class Event(NamedTuple):
    """What happened to a cell: its share done, 0 to 1; 1 is the end. ``cached`` ones were there already, or were
    computed by another driver. One that failed says so in ``failed``, once."""

    cell: Cell
    share: float
    cached: bool = False
    failed: str = ""


Told = Callable[[Event], None]


class Executor(Protocol):
    """Has the results of cells, and of all they need, in a store. Whatever an engine says of its jobs, a cell is done
    when its result is there, and the results of ``cells`` are checked to the last byte."""

    def __call__(self, cells: list[Cell], store: Store, *, on_event: Told) -> None:
        """Compute what is lacking, telling ``on_event`` of every change, in this process.

        Raises:
            Unfinished: some cells failed, and all that does not need them is there.
            CellFailed: all others would fail as well.
        """


def unheard(event: Event) -> None:
    """Tell nobody."""


@contextmanager
def wanted(cells: list[Cell], store: Store, on_event: Told, shards: int = 1) -> Iterator[dict[str, Cell]]:
    """What is to be computed for ``cells``, by hash, needs first, what can be cut in at most so many parts; until the
    end of the block nobody throws out any of it. What is there already is told, and what those left behind who were
    killed is cleared."""
    everything = {cell.hash: cell for cell in in_order(cells)}
    with store.claims.using(everything):
        store.drafts.tidy()
        todo = lacking(cells, store)
        for key, cell in everything.items():
            if key not in todo:
                on_event(Event(cell, 1.0, cached=True))
        parted = cut(todo, store, shards)
        with store.claims.using(parted):
            yield parted
        for key in everything.keys() & set(store.drafts.names()):  # of those who were killed between seal and clearing
            if store.has(everything[key]):
                store.drafts.clear(key)


def lacking(cells: list[Cell], store: Store) -> dict[str, Cell]:
    """What is to be computed for ``cells``: all that is not there, and all that is there and damaged, if it would be
    read. Read are ``cells``, and what a cell needs that is to be computed; that, every byte of it, is looked at now."""
    everything = in_order(cells)
    found = {cell.hash: cell for cell in everything if not store.has(cell)}
    read = [*cells, *(need for cell in found.values() for need in cell.needs())]
    good: set[str] = set()
    while read:
        cell = read.pop()
        if cell.hash in good or cell.hash in found:
            continue
        if store.whole(cell):
            good.add(cell.hash)
        else:  # and now its own needs are read
            found[cell.hash] = cell
            read += cell.needs()
    return {cell.hash: cell for cell in everything if cell.hash in found}
