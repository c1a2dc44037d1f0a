"""To look on while others compute: results and failures, as they appear in the store."""

from __future__ import annotations

from samenoise.runs.cell import Cell
from samenoise.runs.executor import Event, Told
from samenoise.runs.failures import CellFailed, Unfinished
from samenoise.runs.store import Store

__all__ = ["Following"]


class Following:
    """What is to come.

    Args:
        todo: what is lacking, by hash.

    Attributes:
        left: hashes of what is neither there nor given up.
        failed: by hash.
    """

    def __init__(self, todo: dict[str, Cell], store: Store, on_event: Told) -> None:
        self.todo, self.store, self.on_event = todo, store, on_event
        self.left, self.failed = set(todo), dict[str, CellFailed]()
        self._feeds: dict[str, list[str]] = {key: [] for key in todo}
        for key, cell in todo.items():
            for need in {need.hash for need in (*cell.needs(), *cell.parts())} & self.left:
                self._feeds[need].append(key)

    def look(self) -> bool:
        """Tell of what is new; whether anything is left."""
        folders = {self.todo[key].folder for key in self.left}
        there = {name for folder in folders for name in self.store.shared.names(folder)}
        for key in sorted(self.left & there):
            if self.store.has(self.todo[key]):
                self.left.discard(key)
                self.on_event(Event(self.todo[key], 1.0))
        for key in sorted(self.left & self.store.failures.names()):
            found = self.store.failures.of(key)
            if found is not None:
                self.failed[key] = CellFailed(found.sentence, found.details)
                self.on_event(Event(self.todo[key], 0.0, failed=found.sentence))
                self._give_up(key)
        return bool(self.left)

    def finish(self) -> None:
        """To be called when nothing is left.

        Raises:
            Unfinished: something failed.
        """
        if self.failed:
            lost = sum(not self.store.has(cell) for cell in self.todo.values())
            raise Unfinished([*self.failed.values()], lost - len(self.failed))

    def _give_up(self, key: str) -> None:
        above = [key]
        while above:
            each = above.pop()
            if each in self.left:
                self.left.discard(each)
                above += self._feeds[each]
