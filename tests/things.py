"""Things that may be in a place where a file or a folder should be, and what is outside and must stay as it is."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

__all__ = ["THINGS", "Outside", "nest", "plant", "seen"]


class Outside:
    """A folder beside a run directory: a file, and a folder with one. Ask it whether anything has changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "folder" / "deep").mkdir(parents=True)
        for name in ("file.json", "folder/file.txt", "folder/deep/file.bin", "folder/cell.json"):
            (root / name).write_text('{"outside": true}')
        self.before = seen(root)

    def is_as_it_was(self) -> bool:
        return seen(self.root) == self.before


def seen(root: Path) -> dict[str, tuple[int, int, int, str]]:
    """Everything below a folder: kind, size, time, and content or target; that an owner counts links is left out."""
    found = {}
    for path in [root, *root.rglob("*")]:
        about = path.lstat()
        content = ""
        if stat.S_ISREG(about.st_mode) and about.st_size < 2**24:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        elif stat.S_ISLNK(about.st_mode):
            content = os.readlink(path)
        size = 0 if stat.S_ISDIR(about.st_mode) else about.st_size
        found[path.relative_to(root).as_posix()] = about.st_mode, size, about.st_mtime_ns, content
    return found


def _folder(path: Path, outside: Outside) -> None:
    (path / "inside").mkdir(parents=True)
    (path / "inside" / "file").write_text("x")


def _loop(path: Path, outside: Outside) -> None:
    path.symlink_to(path.name)


def _socket(path: Path, outside: Outside) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short, socket.socket(socket.AF_UNIX) as made:  # 108 bytes at most
        made.bind(f"{short}/s")
        os.rename(f"{short}/s", path)


def _device(path: Path, outside: Outside) -> None:
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # zeros without an end
    except PermissionError:
        pytest.skip("only root makes device nodes")


def _sparse(path: Path, outside: Outside) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


def _deep(path: Path, outside: Outside) -> None:
    path.write_bytes(b"[" * 100_000 + b"]" * 100_000)


def _abyss(path: Path, outside: Outside) -> None:
    """Folders in one another, deeper than any path is long."""
    nest(path, 250)


def nest(path: Path, depth: int) -> None:
    """Make folders in one another."""
    path.mkdir()
    here = os.open(path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("a-folder-in-a-folder", dir_fd=here)
        inner = os.open("a-folder-in-a-folder", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


THINGS: dict[str, Callable[[Path, Outside], object]] = {
    "nothing": lambda path, outside: None,
    "a file": lambda path, outside: path.write_text('{"token": 1}'),
    "an empty file": lambda path, outside: path.touch(),
    "a file of a terabyte": _sparse,
    "a file that is nested deep": _deep,
    "a hard link": lambda path, outside: os.link(outside.root / "file.json", path),
    "a folder": _folder,
    "an empty folder": lambda path, outside: path.mkdir(),
    "folders without an end": _abyss,
    "a link to a file": lambda path, outside: path.symlink_to(outside.root / "file.json"),
    "a link to a folder": lambda path, outside: path.symlink_to(outside.root / "folder"),
    "a link to nothing": lambda path, outside: path.symlink_to(outside.root / "new"),
    "a link to itself": _loop,
    "a named pipe": lambda path, outside: os.mkfifo(path),
    "a socket": _socket,
    "a device": _device,
}


def plant(thing: str, path: Path, outside: Outside) -> None:
    """Put a thing in a place, whatever was there before."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    THINGS[thing](path, outside)
