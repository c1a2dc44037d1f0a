"""A run directory, to be changed: see :mod:`samenoise.runs.read_tree`.

Nothing outside is changed or removed, whatever lies here. What is written is a new file that takes the name. What
stands in the way of that, a file in the place of a folder, say, is moved to ``.damaged``.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from samenoise.runs.descriptors import (
    FILE,
    FOLDER,
    NAMED_FOLDER,
    NEW,
    TAKEN,
    NotAFolder,
    Unreadable,
    emptied,
    opened,
    placed,
    synced,
)
from samenoise.runs.named import KeptFiles
from samenoise.runs.read_tree import GONE, ReadTree, entered, parts_of

__all__ = ["DAMAGED", "Tree"]

DAMAGED = ".damaged"
"""Where what is damaged, or in the way, is put."""


class Tree(ReadTree, KeptFiles):
    """The files below ``root``, and what is done to them."""

    def folder(self, name: str, lasting: bool = True) -> Path:
        """Make a folder, unless it is there; what is in its place is put aside. One that is not ``lasting`` need not be
        there when the power has gone."""
        with self._made(parts_of(name), lasting):
            return self.root / name

    def write(self, name: str, data: bytes) -> Path:
        """Write a file so that it appears whole or not at all, and stays when the power goes: a new one, brought to the
        disk, is given the name, and so is the folder that holds the name. Of a link that had it nothing else changes; a
        folder that had it is put aside."""
        with self._made_for(name) as (folder, last):
            beside = f".{_short(last)}.{uuid4().hex}"
            try:
                placed(beside, data, folder, self.root / name)
                try:
                    os.rename(beside, last, src_dir_fd=folder, dst_dir_fd=folder)
                except OSError as error:
                    if error.errno not in TAKEN:
                        raise
                    self._aside(folder, last, is_folder=True)
                    os.rename(beside, last, src_dir_fd=folder, dst_dir_fd=folder)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(beside, dir_fd=folder)
            synced(folder)
        return self.root / name

    def create(self, name: str, data: bytes) -> bool:
        """Write a new file; ``False`` where anything has the name."""
        with self._made_for(name) as (folder, last):
            try:
                with opened(last, NEW, self.root / name, folder) as made, os.fdopen(os.dup(made), "wb") as file:
                    file.write(data)
            except FileExistsError:
                return False
            return True

    def touch(self, name: str) -> None:
        """Give a file the time of now."""
        with self._in(name) as (folder, last):
            os.utime(last, dir_fd=folder, follow_symlinks=False)

    def move(self, name: str, to: str) -> None:
        """Give something another name, and bring both folders to the disk.

        Raises:
            OSError: as the system has it; one of ``TAKEN`` where something has the new name.
        """
        with self._in(name) as (here, last), self._made_for(to) as (there, new):
            os.rename(last, new, src_dir_fd=here, dst_dir_fd=there)
            synced(there)
            synced(here)

    def link(self, name: str, to: str) -> None:
        """Give a file a second name. Raises ``OSError`` where something has that, and on file systems that cannot."""
        with self._in(name) as (here, last), self._made_for(to) as (there, new):
            os.link(last, new, src_dir_fd=here, dst_dir_fd=there, follow_symlinks=False)

    def remove_file(self, name: str) -> None:
        """Remove a file, or whatever else has its name; a folder is put aside. Nothing where nothing has."""
        with suppress(*GONE), self._in(name) as (folder, last):
            try:
                os.unlink(last, dir_fd=folder)
            except (IsADirectoryError, PermissionError):  # the first on Linux, the second elsewhere
                if not self.is_folder(name):
                    raise
                self._aside(folder, last, is_folder=True)

    def remove(self, name: str) -> None:
        """Remove what has a name, a folder with all that is in it; nothing where nothing has."""
        with suppress(*GONE), self._in(name) as (folder, last):
            if not stat.S_ISDIR(os.stat(last, dir_fd=folder, follow_symlinks=False).st_mode):
                os.unlink(last, dir_fd=folder)
                return
            with opened(last, FOLDER, self.root / name, folder) as inner:
                emptied(inner)
            os.rmdir(last, dir_fd=folder)

    def remove_empty(self, name: str) -> bool:
        """Remove a folder if nothing is in it; whether that was so."""
        try:
            with self._in(name) as (folder, last):
                os.rmdir(last, dir_fd=folder)
        except (OSError, Unreadable):
            return False
        return True

    def sync(self, folder: str) -> None:
        """Have all that is below a folder on the disk, names and bytes."""
        everything = [*self.walk(folder)]
        with self._folder(parts_of(folder)) as descriptor:
            for name, about in everything:
                how = FOLDER if stat.S_ISDIR(about.st_mode) else FILE
                with opened(name, how, self.root / folder / name, descriptor) as each:
                    synced(each)
            synced(descriptor)

    @contextmanager
    def _made_for(self, name: str) -> Iterator[tuple[int, str]]:
        """The folder that a name is in, made if it is missing, and the last part of the name."""
        *above, last = parts_of(name)
        with self._made(above) as folder:
            yield folder, last

    @contextmanager
    def _made(self, parts: Sequence[str], lasting: bool = True) -> Iterator[int]:
        """A folder, open, made if it is missing; what is in its way is put aside."""
        with ExitStack() as stack:
            top = stack.enter_context(opened(self.root, NAMED_FOLDER, self.root))
            while True:
                here = top
                try:
                    for depth, part in enumerate(parts):
                        path = self.root.joinpath(*parts[: depth + 1])
                        here = stack.enter_context(self._made_in(here, part, path, lasting))
                    break
                except FileNotFoundError:  # somebody cleared the folder above between its making and ours
                    if not os.fstat(top).st_nlink:  # all of it
                        raise
            yield here

    @contextmanager
    def _made_in(self, folder: int, name: str, path: Path, lasting: bool) -> Iterator[int]:
        with ExitStack() as stack:
            while True:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=folder)
                    if lasting:
                        synced(folder)
                try:
                    inner = stack.enter_context(entered(folder, name, path))
                    break
                except Unreadable as error:
                    self._aside(folder, name, is_folder=not isinstance(error, NotAFolder))
            yield inner

    def _aside(self, folder: int, name: str, is_folder: bool) -> None:
        """Move what has a name in an open folder to ``.damaged``. An empty thing of the kind that was found there holds
        the new name: a rename replaces like by like alone, so what somebody faster made in its place stays there."""
        unique = f"{_short(name)}-{uuid4().hex[:12]}"
        if name == DAMAGED:  # whatever it is, it is not that folder
            self._swap(folder, name, folder, unique, is_folder)
            return
        with self._made([DAMAGED]) as aside:
            self._swap(folder, name, aside, unique, is_folder)
            synced(aside)
        synced(folder)

    @staticmethod
    def _swap(here: int, name: str, there: int, new: str, is_folder: bool) -> None:
        if is_folder:
            os.mkdir(new, dir_fd=there)
        else:
            os.close(os.open(new, NEW, dir_fd=there))
        try:
            os.rename(name, new, src_dir_fd=here, dst_dir_fd=there)
        except OSError as error:
            (os.rmdir if is_folder else os.unlink)(new, dir_fd=there)
            if error.errno not in (errno.ENOENT, *TAKEN):
                raise


def _short(name: str) -> str:
    """A name that more can be added to: 255 bytes are the most."""
    return name if len(os.fsencode(name)) <= 200 else "long"
