"""A folder that somebody else may have filled, to be looked at: a run directory.

Nothing in it is followed, waited for, or taken to be small. A name is looked up from the folder on, one part after the
other, each in the folder that was opened before it, and no part may be a link: so nothing outside is read, whatever
lies here and whoever changes it meanwhile. What is opened is a regular file, and it is read up to a limit.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from samenoise.runs.bounded import BYTES
from samenoise.runs.descriptors import FILE, FOLDER, NAMED_FOLDER, NotAFolder, Unreadable, content, kind, opened
from samenoise.runs.named import NamedFiles

__all__ = ["GONE", "ReadTree", "entered", "parts_of"]

DEEPEST = 32
"""Folders in one another that are looked into."""
GONE = (FileNotFoundError, Unreadable)


class ReadTree(NamedFiles):
    """The files below ``root``, by names such as ``"data/abc/cell.json"``. The root itself may be a link: the user gave
    its path."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def name(self, path: Path) -> str:
        """The name of a path below the root."""
        return path.relative_to(self.root).as_posix()

    def where(self, name: str) -> str:
        """Its path."""
        return str(self.root / name)

    def read(self, name: str, limit: int = BYTES) -> bytes:
        """See :meth:`~samenoise.runs.named.NamedFiles.read`, and so for all that have the name of one there."""
        with self._in(name) as (folder, last), opened(last, FILE, self.root / name, folder) as descriptor:
            return content(descriptor, self.root / name, limit)

    def start(self, name: str, count: int) -> bytes:
        """The first bytes of a file. Raises as :meth:`read`."""
        with self._in(name) as (folder, last), opened(last, FILE, self.root / name, folder) as descriptor:
            return os.read(descriptor, count)

    def digest(self, name: str) -> str:
        """SHA-256 of a file, in hex. Raises as :meth:`read`."""
        with (
            self._in(name) as (folder, last),
            opened(last, FILE, self.root / name, folder) as descriptor,
            os.fdopen(os.dup(descriptor), "rb") as file,
        ):
            return hashlib.file_digest(file, "sha256").hexdigest()

    def about(self, name: str) -> os.stat_result | None:
        """What the file system says of what has a name, of a link itself; ``None`` where nothing has."""
        with suppress(*GONE), self._in(name) as (folder, last):
            return os.stat(last, dir_fd=folder, follow_symlinks=False)
        return None

    def names(self, folder: str = "") -> list[str]:
        """What is directly in a folder, in order; nothing where there is no such folder."""
        with suppress(*GONE), self._folder(parts_of(folder)) as descriptor:
            return sorted(os.listdir(descriptor))
        return []

    def walk(self, folder: str = "") -> Iterator[tuple[str, os.stat_result]]:
        """All that is below a folder, folders too: its name from there, and what the file system says of it. What goes
        away meanwhile is left out, and so is what lies deeper than anything of ours."""
        todo = [""]
        while todo:
            inside = todo.pop()
            with suppress(*GONE), self._folder([*parts_of(folder), *parts_of(inside)]) as descriptor:
                for entry in sorted(os.listdir(descriptor)):
                    with suppress(FileNotFoundError):
                        about = os.stat(entry, dir_fd=descriptor, follow_symlinks=False)
                        name = f"{inside}/{entry}" if inside else entry
                        if stat.S_ISDIR(about.st_mode) and name.count("/") < DEEPEST:
                            todo.append(name)
                        yield name, about

    def files(self, folder: str = "") -> Iterator[tuple[str, os.stat_result]]:
        """:meth:`walk`, without the folders."""
        return ((name, about) for name, about in self.walk(folder) if not stat.S_ISDIR(about.st_mode))

    @contextmanager
    def _in(self, name: str) -> Iterator[tuple[int, str]]:
        """The folder that a name is in, open, and its last part."""
        *above, last = parts_of(name)
        with self._folder(above) as folder:
            yield folder, last

    @contextmanager
    def _folder(self, parts: Sequence[str]) -> Iterator[int]:
        """A folder, open."""
        with ExitStack() as stack:
            here = stack.enter_context(opened(self.root, NAMED_FOLDER, self.root))
            for depth, part in enumerate(parts):
                path = self.root.joinpath(*parts[: depth + 1])
                here = stack.enter_context(entered(here, part, path))
            yield here


@contextmanager
def entered(folder: int, name: str, path: Path) -> Iterator[int]:
    """A folder in an open one.

    Raises:
        FileNotFoundError: nothing has this name.
        NotAFolder: something else has.
        Unreadable: it cannot be opened.
    """
    about = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISDIR(about.st_mode):
        raise NotAFolder(f"{path} is {kind(about)} and no folder")
    with opened(name, FOLDER, path, folder) as descriptor:
        yield descriptor


def parts_of(name: str) -> list[str]:
    """The parts of a name; none of them leads up, or anywhere else."""
    parts = name.split("/") if name else []
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise ValueError(f"{name!r} is no name of a file in a folder")
    return parts
