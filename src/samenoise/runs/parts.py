"""Parts: one cell cut into several, which any executor computes side by side, and which are put together again.

A part is a cell like any other. The whole keeps its hash: parts are cut where its own arithmetic would pause anyway,
between one batch and the next, so that their number changes no bit of it. What has been put together needs its parts no
more; ``samenoise gc`` removes them, as no config asks for them.
"""

from __future__ import annotations

from itertools import pairwise

from samenoise.runs.cell import Cell
from samenoise.runs.store import Store

__all__ = ["cut", "spans"]


def spans(count: int, unit: int, most: int) -> list[tuple[int, int]]:
    """First and last of at most so many stretches of ``range(count)``, as even as may be, that begin at multiples of
    ``unit``.

    >>> spans(10, 4, 2)
    [(0, 4), (4, 10)]
    """
    units = -(-count // unit)
    number = min(most, units)
    edges = [min(count, unit * (units * k // number)) for k in range(number + 1)]
    return list(pairwise(edges))


def cut(todo: dict[str, Cell], store: Store, shards: int) -> dict[str, Cell]:
    """What is to be computed, with the parts of what can be cut that are lacking, each before its whole."""
    found: dict[str, Cell] = {}
    for key, cell in todo.items():
        whole = cell.cut(shards)
        found |= {part.hash: part for part in whole.parts() if not store.whole(part)}
        found[key] = whole
    return found
