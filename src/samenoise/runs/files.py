"""Files whose path is given by the user, or made by ourselves: what is in a run directory is a matter of its
:class:`~samenoise.runs.tree.Tree`."""

from __future__ import annotations

import os
from pathlib import Path

from samenoise.runs.descriptors import NAMED_FILE, Unreadable, content, kind, opened
from samenoise.runs.tree import Tree

__all__ = ["read_file", "require_place", "write_whole"]


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it appears whole or not at all, in a folder that is made where it is missing.

    Raises:
        Unreadable: as :func:`require_place`.
    """
    require_place(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    Tree(path.parent).write(path.name, data)


def require_place(path: Path) -> None:
    """Look whether a file can be written under a name: only a file gives way to it, or a link to one.

    Raises:
        Unreadable: something else is there, such as a folder, a device, or a link to one of them or to nothing.
    """
    if os.path.lexists(path) and not path.is_file():
        raise Unreadable(f"{path} is {kind(path.lstat())} and no file: nothing is written in its place")


def read_file(path: Path, limit: int) -> bytes:
    """The content of a file, or of what a link names.

    Raises:
        OSError: there is none that can be opened.
        Unreadable: it is something else, or longer than ``limit``.
    """
    with opened(path, NAMED_FILE, path) as descriptor:
        return content(descriptor, path, limit)
