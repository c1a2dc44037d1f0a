"""Files whose path is given by the user, or made by ourselves: what is in a run directory is a matter of its
:class:`~samenoise.runs.tree.Tree`."""

from __future__ import annotations

from pathlib import Path

from samenoise.runs.descriptors import NAMED_FILE, content, opened
from samenoise.runs.tree import Tree

__all__ = ["read_file", "write_whole"]


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it appears whole or not at all, in a folder that is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Tree(path.parent).write(path.name, data)


def read_file(path: Path, limit: int) -> bytes:
    """The content of a file, or of what a link names.

    Raises:
        OSError: there is none that can be opened.
        Unreadable: it is something else, or longer than ``limit``.
    """
    with opened(path, NAMED_FILE, path) as descriptor:
        return content(descriptor, path, limit)
