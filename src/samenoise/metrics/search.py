"""The search under nearest neighbours: exact, and in memory that does not grow with what is searched.

Rows ``y`` come in shards. Whatever their sizes, they are cut into blocks by the *numbers* of the rows, and each block
goes through a matrix product with ``chunk`` rows of ``x`` at a time: so every product, and every bit of the result, is
the same however many shards there are, and whoever searched which blocks. A product ranks, it does not measure: of each
row of ``x`` the best ``k`` and a few to spare are kept, the lower row first among equals, and those that rounding may
have put below others are measured directly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

__all__ = ["Block", "Candidates", "merged", "search"]

GROUP = 32
"""Columns of a product whose highest is looked at before they are."""


class Block(Protocol):
    """Some rows of ``y``, made ready to be compared."""

    margin: float
    """A row that ranks so far below another is the worse one however ranks are rounded."""

    def rank(self, x: Tensor) -> Tensor:
        """How high each ranks for rows of ``x``, shape ``(n, d)``: shape ``(n, rows)``."""

    def measure(self, x: Tensor, row: Tensor) -> Tensor:
        """Exactly, between each row of ``x``, shape ``(pairs, d)``, and one row of the block: shape ``(pairs,)``."""


class Candidates(NamedTuple):
    """The rows of ``y`` that rank highest for each row of ``x``, each of shape ``(n, k)`` or of as many as there are;
    the highest first, and among equals the lowest row."""

    rank: Tensor
    measured: Tensor
    """``-inf`` where a row ranks too low to be among the ``k`` best."""
    row: Tensor
    """int64."""

    def best(self, k: int, descending: bool) -> tuple[Tensor, Tensor]:
        """The ``k`` best as measured, and their rows; among equals the lowest row first."""
        by_row = self.row.argsort(dim=1)
        measured, order = self.measured.gather(1, by_row).sort(dim=1, descending=descending, stable=True)
        return measured[:, :k].contiguous(), self.row.gather(1, by_row.gather(1, order))[:, :k].contiguous()


def search(
    x: Tensor,
    shards: Iterable[Tensor],
    k: int,
    spare: int,
    block: Callable[[Tensor], Block],
    chunk: int,
    first: int = 0,
) -> Candidates:
    """The ``k + spare`` rows of ``y`` that rank highest for each row of ``x``.

    Args:
        x: shape ``(n, d)``; the search runs on its device, and blocks of ``y`` are moved there.
        shards: rows of ``y``, in their order, each of shape ``(any, d)``; one at a time is asked for and let go.
        block: made of at most ``chunk`` rows of ``y`` at a time.
        first: the number of the first row of ``shards`` in all of ``y``, a multiple of ``chunk``.
    """
    parts = [x[start : start + chunk] for start in range(0, len(x), chunk)]
    found = [_nothing(part) for part in parts]
    for start, rows in _blocks(shards, chunk):
        y = block(rows.to(x.device))
        del rows  # or a shard would be open while the next one is opened
        found = [_better(best, y, part, first + start, k, spare) for best, part in zip(found, parts, strict=True)]
    return Candidates(*(torch.cat(each) for each in zip(*found, strict=True)))


def merged(parts: Sequence[Candidates], k: int) -> Candidates:
    """The best of what was found in parts of ``y``, in whichever order: what a search of all of them would find."""
    return _best(Candidates(*(torch.cat(each, 1) for each in zip(*parts, strict=True))), k)


def _blocks(shards: Iterable[Tensor], chunk: int) -> Iterator[tuple[int, Tensor]]:
    """``chunk`` rows at a time, wherever shards end, with the number of the first."""
    start, kept = 0, 0
    left: list[Tensor] = []
    for shard in shards:
        begin = 0
        while begin < len(shard):
            end = min(len(shard), begin + chunk - kept)
            left.append(shard[begin:end])
            kept += end - begin
            begin = end
            if kept == chunk:
                yield start, left[0] if len(left) == 1 else torch.cat(left)
                start, kept, left = start + chunk, 0, []
        left = [each.clone() for each in left]
        del shard
    if kept:
        yield start, torch.cat(left)


def _nothing(x: Tensor) -> Candidates:
    none = x.new_empty(len(x), 0)
    return Candidates(none, none, none.long())


def _better(best: Candidates, y: Block, x: Tensor, start: int, k: int, spare: int) -> Candidates:
    """With those of one more block. Soon few rows of ``x`` find something better there, and nothing else is looked at:
    where ranks are equal, the rows that were seen before are lower."""
    rank, kept = y.rank(x), k + spare
    columns = rank.shape[1]
    width = GROUP if columns % GROUP == 0 and columns >= kept * GROUP else 1
    groups = rank.view(len(rank), -1, width)
    top = groups.amax(2)  # the highest columns lie in as many groups whose highest are the highest
    rows = torch.arange(len(rank), device=rank.device)
    if best.rank.shape[1] == kept:
        rows = (top.amax(1) > torch.maximum(best.rank[:, -1], _floor(best, k, y.margin))).nonzero().squeeze(1)
    if len(rows) == 0:
        return best
    few = top[rows].topk(min(kept, top.shape[1]), dim=1).indices
    highest = groups[rows[:, None], few].flatten(1).topk(min(kept, columns), dim=1)
    column = few.gather(1, highest.indices // width) * width + highest.indices % width
    new = Candidates(highest.values, torch.full_like(highest.values, math.nan), column + start)
    found = merged([Candidates(*(each[rows] for each in best)), new], kept)
    unknown = found.measured.isnan()
    of, at = (unknown & (found.rank >= _floor(found, k, y.margin)[:, None])).nonzero(as_tuple=True)
    found.measured[unknown] = -math.inf
    found.measured[of, at] = y.measure(x[rows[of]], found.row[of, at] - start)
    if len(rows) == len(best.rank):
        return found
    return Candidates(*(old.index_copy(0, rows, each) for old, each in zip(best, found, strict=True)))


def _floor(found: Candidates, k: int, margin: float) -> Tensor:
    """What ranks lower is not among the ``k`` best."""
    if found.rank.shape[1] < k:
        return found.rank.new_full((len(found.rank),), -math.inf)
    return found.rank[:, k - 1] - margin


def _best(found: Candidates, k: int) -> Candidates:
    by_row = found.row.argsort(dim=1)
    order = by_row.gather(1, found.rank.gather(1, by_row).sort(dim=1, descending=True, stable=True).indices)[:, :k]
    return Candidates(*(each.gather(1, order) for each in found))
