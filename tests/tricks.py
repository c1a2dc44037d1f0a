"""What is wrong with the machine of a process, for tests of what does not mind: ``"clock=18000 locks=FILE late=1.5"``.

clock    it is so many seconds ahead of the clock of the file system
locks    everybody gets every lock; who asks for one writes a line into the file
late     what other processes make or rename is seen so many seconds later, in a folder of a run directory
"""

from __future__ import annotations

import builtins
import fcntl
import io
import os
import stat
import time
from pathlib import Path
from typing import Any

__all__ = ["play"]

clock = time.time


def play(tricks: str) -> None:
    for trick in tricks.split():
        name, _, value = trick.partition("=")
        {"clock": _clock, "locks": _locks, "late": _late}[name](value)


def _clock(seconds: str) -> None:
    time.time = lambda: clock() + float(seconds)


def _locks(file: str) -> None:
    def granted(*args: Any) -> None:
        with Path(file).open("a") as asked:
            asked.write(f"{args}\n")

    fcntl.flock = fcntl.lockf = granted


def _late(seconds: str) -> None:
    Late(float(seconds))


class Late:
    """A view of the file system in which names appear late: those directly in a folder at the top of a store."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.mine = seconds, set[tuple[int, int]]()
        self.stat, self.listdir, self.open = os.stat, os.listdir, os.open
        self.rename, self.mkdir, self.io_open = os.rename, os.mkdir, io.open
        os.stat, os.listdir, os.open, os.rename, os.mkdir = (
            self._stat,
            self._listdir,
            self._open,
            self._rename,
            self._mkdir,
        )
        io.open = builtins.open = self._io_open

    def hides(self, folder: Path, name: str) -> bool:
        """Whether a name of a folder is not to be seen yet."""
        try:
            about = self.stat(folder / name, follow_symlinks=False)
            self.stat(folder.parent / "store.json")
        except OSError:
            return False
        return (about.st_dev, about.st_ino) not in self.mine and clock() - about.st_ctime < self.seconds

    def _path(self, folder: int) -> Path:
        return Path(os.readlink(f"/proc/self/fd/{folder}"))

    def _check(self, name: Any, folder: int | None) -> None:
        if folder is not None and isinstance(name, str) and self.hides(self._path(folder), name):
            raise FileNotFoundError(2, "No such file or directory", name)

    def _made(self, name: Any, folder: int | None) -> None:
        about = self.stat(name, dir_fd=folder, follow_symlinks=False)
        self.mine.add((about.st_dev, about.st_ino))

    def _stat(self, name: Any, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
        self._check(name, dir_fd)
        return self.stat(name, dir_fd=dir_fd, follow_symlinks=follow_symlinks)

    def _listdir(self, folder: Any = ".") -> list[str]:
        names = self.listdir(folder)
        if not isinstance(folder, int):
            return names
        path = self._path(folder)
        return [name for name in names if not self.hides(path, name)]

    def _open(self, name: Any, how: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if not how & os.O_CREAT:
            self._check(name, dir_fd)
        descriptor = self.open(name, how, mode, dir_fd=dir_fd)
        if how & os.O_CREAT and stat.S_ISREG(os.fstat(descriptor).st_mode):
            self._made(name, dir_fd)
        return descriptor

    def _rename(self, name: Any, to: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        self.rename(name, to, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        self._made(to, dst_dir_fd)

    def _mkdir(self, name: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        self.mkdir(name, mode, dir_fd=dir_fd)
        self._made(name, dir_fd)

    def _io_open(self, file: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(file, str | Path):
            path = Path(file)
            for above in path.parents[:4]:
                if self.hides(above.parent, above.name):
                    raise FileNotFoundError(2, "No such file or directory", str(file))
        return self.io_open(file, *args, **kwargs)
