"""What nobody asks for any more: results under other hashes, what was put aside as damaged, leftovers of dead runs.

What a living claim holds stays: the cells of a run that is going on, though no config speaks of them yet. What was
handed to jobs of a cluster goes when nobody is at work and no array of them is left; where Slurm cannot be asked, it
stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from samenoise.runs import scratch, shares
from samenoise.runs.seal import damage
from samenoise.runs.slurm import at_large
from samenoise.runs.store import Store
from samenoise.runs.tree import DAMAGED
from samenoise.runs.writers import is_gone

__all__ = ["Swept", "sweep"]


class Swept(NamedTuple):
    """Something removed, or that would be: its place in the store, what it was, and its bytes."""

    path: str
    what: str
    bytes: int


def sweep(store: Store, wanted: set[str], dry_run: bool = False) -> list[Swept]:
    """Remove what is not among the hashes ``wanted``, nor held by a living claim; say what it was."""
    found = []
    for place, what in _candidates(store, wanted):
        # Anew for each: a run that has begun since we looked has said what it needs.
        if set(place.split("/")) & _held(store):
            continue
        found.append(Swept(place, what, store.shared.size(place) or store.tree.size(place)))
        if not dry_run:
            store.discard(place)
    handed = store.shared.size(shares.FOLDER) or store.tree.size(shares.FOLDER)
    if handed and not any(store.claims.living()) and not at_large(store):
        found.append(Swept(shares.FOLDER, "of jobs that are gone", handed))
        if not dry_run:
            store.discard(shares.FOLDER)
    for place, size in store.claims.sweep(dry_run):
        found.append(Swept(place, "claim of a run that is gone", size))
    return found


def _candidates(store: Store, wanted: set[str]) -> Iterator[tuple[str, str]]:
    whole = set()
    for place in store.places():
        name = place.rpartition("/")[2]
        if name not in wanted:
            yield place, "result that no config asks for"
        elif damage(store.shared, place, every_byte=False) is None:
            whole.add(name)
    for name in store.tree.names():
        if name.startswith(f"{DAMAGED}-") or (name == DAMAGED and not store.tree.is_folder(name)):
            yield name, "damaged result"
    for name in store.tree.names(DAMAGED):
        yield f"{DAMAGED}/{name}", "damaged result"
    for name in store.drafts.names():
        if name not in wanted or name in whole:
            if not store.drafts.busy(name):
                yield f"{scratch.FOLDER}/{name}", "scratch of no use any more"
            continue
        for writer in store.drafts.writers(name):  # checkpoints stay, to go on from
            place = f"{scratch.FOLDER}/{name}/{writer}"
            if is_gone(writer):
                drafts = [each for each in store.tree.names(place) if each.startswith("result-")]
                yield from ((f"{place}/{draft}", "half of a result") for draft in drafts)


def _held(store: Store) -> set[str]:
    return {cell for claim in store.claims.living() for cell in claim.cells}
