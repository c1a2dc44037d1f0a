"""What nobody asks for any more: results under other hashes, what was put aside as damaged, leftovers of dead runs.

What a living claim holds stays: the cells of a run that is going on, though no config speaks of them yet.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from samenoise.runs.files import size_of
from samenoise.runs.seal import damage
from samenoise.runs.store import DAMAGED, Store
from samenoise.runs.writers import is_gone

__all__ = ["Swept", "sweep"]


class Swept(NamedTuple):
    """Something removed, or that would be: its place in the store, what it was, and its bytes."""

    path: str
    what: str
    bytes: int


def sweep(store: Store, wanted: set[str], dry_run: bool = False) -> list[Swept]:
    """Remove what is not among the hashes ``wanted``, nor held by a living claim; say what it was.

    A result goes with all its bytes or not at all: it is renamed first, so that nobody meets half of one.
    """
    found = []
    for place, what in _candidates(store, wanted):
        # Anew for each: a run that has begun since we looked has said what it needs.
        if {place.name, _hash_of(place)} & _held(store):
            continue
        found.append(Swept(place.relative_to(store.root).as_posix(), what, size_of(place)))
        if not dry_run:
            _remove(store, place)
    for path, size in store.claims.sweep(dry_run):
        found.append(Swept(path.relative_to(store.root).as_posix(), "claim of a run that is gone", size))
    return found


def _candidates(store: Store, wanted: set[str]) -> Iterator[tuple[Path, str]]:
    whole = set()
    for place in store.places():
        if place.name not in wanted:
            yield place, "result that no config asks for"
        elif damage(place, place.name, every_byte=False) is None:
            whole.add(place.name)
    for place in sorted((store.root / DAMAGED).glob("*")):
        yield place, "damaged result"
    for name in store.drafts.names():
        if name not in wanted or name in whole:
            if not store.drafts.busy(name):
                yield store.drafts.folder / name, "scratch of no use any more"
            continue
        for writer in store.drafts.writers(name):  # checkpoints stay, to go on from
            if is_gone(writer.name):
                yield from ((draft, "half of a result") for draft in sorted(writer.glob("result-*")))


def _hash_of(place: Path) -> str:
    """The unit that something in scratch belongs to."""
    return place.parent.parent.name


def _held(store: Store) -> set[str]:
    return {cell for claim in store.claims.living() for cell in claim.cells}


def _remove(store: Store, place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        away = store.drafts.folder / f"removed-{uuid4().hex}"
        away.parent.mkdir(exist_ok=True)
        try:
            place.rename(away)
        except FileNotFoundError:  # somebody else was faster
            return
        shutil.rmtree(away, ignore_errors=True)
    else:
        os.unlink(place)
