"""Open folders and files, as the system has them: numbers. Nothing here follows a link or waits for anybody."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from uuid import uuid4

__all__ = [
    "FILE",
    "FOLDER",
    "NAMED_FILE",
    "NAMED_FOLDER",
    "NEW",
    "TAKEN",
    "About",
    "NotAFolder",
    "Unreadable",
    "content",
    "emptied",
    "kind",
    "opened",
    "placed",
    "synced",
]

NAMED_FILE = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
NAMED_FOLDER = NAMED_FILE | getattr(os, "O_DIRECTORY", 0)
"""How something is opened whose path the user gave: a link is as good as what it names."""
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
FILE, FOLDER = NAMED_FILE | NO_LINK, NAMED_FOLDER | NO_LINK
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK
"""How all else is opened."""

TAKEN = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)
"""What a rename says when something else has the name."""
STRANGE = (errno.ENOTDIR, errno.ELOOP, errno.EMLINK, errno.EISDIR, errno.ENXIO, errno.EIO, errno.EACCES, errno.EPERM)
"""What opening says of something that is not what it should be, or cannot be read. Any other error goes on: that there
are too many open files, say, is no damage."""

KINDS = {
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class About(Protocol):
    """What is known of a file or folder, as ``os.stat`` says it."""

    @property
    def st_mode(self) -> int: ...
    @property
    def st_size(self) -> int: ...
    @property
    def st_mtime(self) -> float: ...
    @property
    def st_mtime_ns(self) -> int: ...


class Unreadable(ValueError):
    """What is there is not what it should be, or too much. The message is one sentence that names it."""


class NotAFolder(Unreadable):
    """What is there is something else."""


def kind(about: About) -> str:
    """What something is, in a word."""
    return KINDS.get(stat.S_IFMT(about.st_mode), "no file")


@contextmanager
def opened(name: str | Path, how: int, path: Path, folder: int | None = None) -> Iterator[int]:
    """What has a name in an open folder; ``path`` is what messages call it.

    Raises:
        FileNotFoundError: nothing has.
        Unreadable: it cannot be opened so.
    """
    is_file = how in (FILE, NAMED_FILE)
    if is_file:  # a device may feel that it is opened
        _must_be_file(os.stat(name, dir_fd=folder, follow_symlinks=how == NAMED_FILE), path)
    try:
        descriptor = os.open(name, how, 0o666, dir_fd=folder)
    except OSError as error:
        if error.errno not in STRANGE or how == NEW:
            raise
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
    try:
        if is_file:
            _must_be_file(os.fstat(descriptor), path)
        yield descriptor
    except OSError as error:
        if error.errno != errno.EIO:  # a bad sector
            raise
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)


def _must_be_file(about: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(about.st_mode):
        raise Unreadable(f"{path} is {kind(about)} and no file")


def content(descriptor: int, path: Path, limit: int) -> bytes:
    """All of an open file.

    Raises:
        Unreadable: it is longer than ``limit``.
    """
    size, data = os.fstat(descriptor).st_size, b""
    if size <= limit:
        with os.fdopen(os.dup(descriptor), "rb") as file:
            data = file.read(size + 1)  # no more: a buffer is as large as what is asked for
            if len(data) > size:  # it grows meanwhile
                data += file.read(limit + 1 - len(data))
    if max(len(data), size) > limit:
        raise Unreadable(f"{path} is longer than {limit:,} bytes")
    return data


def synced(descriptor: int) -> None:
    """Have a file, or the names in a folder, on the disk, on file systems that can be asked to."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise


def placed(name: str, data: bytes, folder: int, path: Path) -> None:
    """Write a new file and have it on the disk."""
    with opened(name, NEW, path, folder) as descriptor, os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def emptied(folder: int) -> None:
    """Remove all that is in an open folder. What lies deep is moved up first, so that no depth is too deep."""
    while names := os.listdir(folder):
        for name in names:
            if not _is_folder(name, folder):
                os.unlink(name, dir_fd=folder)
                continue
            inner = os.open(name, FOLDER, dir_fd=folder)
            try:
                for deep in os.listdir(inner):
                    if _is_folder(deep, inner):
                        os.rename(deep, uuid4().hex, src_dir_fd=inner, dst_dir_fd=folder)
                    else:
                        os.unlink(deep, dir_fd=inner)
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=folder)


def _is_folder(name: str, folder: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
