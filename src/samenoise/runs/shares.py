"""What a driver hands to drivers on other machines: the cells, in a file of the run directory, under their hashes.

    <root>/.jobs/<sha256>.cells      a pickle, read by nobody but those who were told its digest

Who opens it works out the hashes anew: with other code there are other cells, and nothing is kept under a wrong name.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from typing import NamedTuple

from samenoise.runs.address import Address, reopen_store
from samenoise.runs.cell import Cell
from samenoise.runs.failures import CodeChanged
from samenoise.runs.store import Store

__all__ = ["FOLDER", "Share", "shared"]

FOLDER = ".jobs"
BYTES = 2**30


class Share(NamedTuple):
    """Where the cells are, and what they must be."""

    address: Address
    digest: str
    path: tuple[str, ...]
    """Where modules are found."""

    def cells(self) -> list[Cell]:
        """The cells.

        Raises:
            CodeChanged: they are others to the code of this process, or the file is not the one that was meant.
        """
        sys.path += [each for each in self.path if each not in sys.path]
        data = reopen_store(self.address).shared.read(_place(self.digest), BYTES)
        if hashlib.sha256(data).hexdigest() != self.digest:
            raise CodeChanged
        try:
            hashes, pickled = pickle.loads(data)
            cells: list[Cell] = pickle.loads(pickled)
            same = [cell.hash for cell in cells] == hashes
        except Exception:  # a class or a field is gone, a module does not import
            same = False
        if not same:
            raise CodeChanged
        return cells


def shared(cells: list[Cell], store: Store) -> Share:
    """Put cells where all who see the run directory find them."""
    data = pickle.dumps(([cell.hash for cell in cells], pickle.dumps(cells)))
    digest = hashlib.sha256(data).hexdigest()
    store.shared.write(_place(digest), data)
    return Share(store.address, digest, tuple(sys.path))


def _place(digest: str) -> str:
    return f"{FOLDER}/{digest}.cells"
