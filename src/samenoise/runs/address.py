"""Where a store is: in a folder, by its path, or at a service, by a URL such as ``s3://bucket/run``."""

from __future__ import annotations

from pathlib import Path

from samenoise.runs.named import NamedFiles
from samenoise.runs.read_tree import ReadTree
from samenoise.runs.store import Store

__all__ = ["Address", "address", "looked_at", "open_store", "reopen_store"]

Address = Path | str
"""A path, or a URL."""


def address(text: Address) -> Address:
    """What the user calls a run directory; the URL of a folder of this machine is its path."""
    plain = str(text).removeprefix("file://")
    return plain if "://" in plain else Path(plain)


def open_store(where: Address, make: bool = True) -> Store:
    """The store at an address. Raises as :class:`~samenoise.runs.store.Store` and
    :class:`~samenoise.runs.remote.RemoteStore` do."""
    where = address(where)
    if isinstance(where, Path):
        return Store(where, make)
    from samenoise.runs.remote import RemoteStore

    return RemoteStore(where, make)


def reopen_store(where: Address) -> Store:
    """The store at an address, in another process than the one that has opened and checked it."""
    where = address(where)
    if isinstance(where, Path):
        return Store(where)
    from samenoise.runs.remote import RemoteStore

    return RemoteStore(where, make=False, known=True)


def looked_at(where: Address) -> NamedFiles:
    """The files at an address, without a store being made of them."""
    where = address(where)
    if isinstance(where, Path):
        return ReadTree(where)
    from samenoise.runs.objects import Objects

    return Objects(where)
