"""Files as objects of a service, such as S3, through fsspec. An object is put whole and appears whole.

What is asked of a service is little: put, get, list, remove, and a put that fails where the name is taken. Some accept
that last one and put all the same, so it is tried before anything rests on it (:attr:`Objects.exclusive`).

A service that is away for a while is asked again. What it says in the end is one sentence, an ``OSError``.
"""

from __future__ import annotations

import errno
import hashlib
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

from samenoise.runs.bounded import BYTES
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.named import KeptFiles
from samenoise.runs.sentence import sentence

__all__ = ["AWAY", "Away", "Objects"]

PATIENCE = 60.0
"""Seconds for which a service that does not answer is asked again."""
FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0
AWAY = "cannot be used at present"
"""In what is said of a service at the end of patience: the next unit would meet the same."""
EXTRAS = {"s3": "s3fs: pip install 'samenoise[s3]'", "gs": "gcsfs: pip install gcsfs", "az": "adlfs: pip install adlfs"}
ANSWERS = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError)
"""What says something of a name, and nothing of the service."""

T = TypeVar("T")


class Away(OSError):
    """The service does not answer, or does not let us do what we must; the message is a sentence."""


class Stamp(NamedTuple):
    """Of an object, as ``os.stat`` would say it."""

    st_mode: int
    st_size: int
    st_mtime: float

    @property
    def st_mtime_ns(self) -> int:
        return int(self.st_mtime * 1e9)


class Objects(KeptFiles):
    """The objects below a URL such as ``s3://bucket/run``.

    Raises:
        ModuleNotFoundError: the package for this kind of service is not installed; the message says which.
        ValueError: there is no such kind.
    """

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self.url, self.patience, self._given_up = url.rstrip("/"), patience, False
        self._fs, self._root = _file_system(self.url)

    def where(self, name: str) -> str:
        """Its URL."""
        return f"{self.url}/{name}" if name else self.url

    def read(self, name: str, limit: int = BYTES) -> bytes:
        """See :meth:`~samenoise.runs.named.NamedFiles.read`, and so for all that have the name of one there."""

        def got() -> bytes:
            try:
                data: bytes = self._fs.cat_file(self._key(name), start=0, end=limit + 1)
            except ANSWERS:
                raise
            except Exception:  # each library says in a class of its own that a range is not there
                if self._fs.info(self._key(name))["size"]:
                    raise
                return b""  # of nothing there is no first byte, and services call it an error to ask for that
            return data

        try:
            data = self._ask(got)
        except ANSWERS:
            if self.is_folder(name):
                raise Unreadable(f"{self.where(name)} is a folder and no file") from None
            raise FileNotFoundError(errno.ENOENT, "there is no such object", self.where(name)) from None
        if len(data) > limit:
            raise Unreadable(f"{self.where(name)} is longer than {limit:,} bytes")
        return data

    def digest(self, name: str) -> str:
        def hashed() -> str:
            with self._fs.open(self._key(name), "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()

        return self._ask(hashed)

    def about(self, name: str) -> Stamp | None:
        with suppress(*ANSWERS):
            return _stamp(self._ask(self._fs.info, self._key(name)))
        return None

    def names(self, folder: str = "") -> list[str]:
        with suppress(*ANSWERS):
            found = self._ask(self._fs.ls, self._key(folder), detail=False)
            inside = (each.rstrip("/").rpartition("/")[2] for each in found if self._below(folder, each))
            return sorted({name for name in inside if name})
        return []

    def files(self, folder: str = "") -> Iterator[tuple[str, Stamp]]:
        found: dict[str, Any] = {}
        with suppress(*ANSWERS):
            found = self._ask(self._fs.find, self._key(folder), detail=True)
        for key, info in sorted(found.items()):
            name = self._below(folder, key)
            if name and not name.endswith("/"):  # which tools make to show a folder
                yield name, _stamp(info)

    def write(self, name: str, data: bytes) -> None:
        self._ask(self._fs.pipe_file, self._key(name), data)

    def create(self, name: str, data: bytes) -> bool:
        """As :meth:`write`, where nothing has the name. Without :attr:`exclusive`, two may be told so at once."""
        if not self.exclusive and self.about(name) is not None:
            return False
        try:
            self._ask(self._fs.pipe_file, self._key(name), data, mode="create" if self.exclusive else "overwrite")
        except FileExistsError:
            with suppress(FileNotFoundError):  # gone since
                return self.read(name) == data  # ours, whose answer was lost on its way
            return False
        return True

    @cached_property
    def exclusive(self) -> bool:
        """Whether a put that must not replace anything does not: tried out, with an object that goes at once."""
        name = f".probe-{uuid4().hex}"
        try:
            self._ask(self._fs.pipe_file, self._key(name), b"first", mode="create")
            with suppress(FileExistsError):
                self._ask(self._fs.pipe_file, self._key(name), b"second", mode="create")
                return False
            return self.read(name) == b"first"
        except (NotImplementedError, TypeError):  # a file system that knows of no such put
            return False
        finally:
            self.remove_file(name)

    def touch(self, name: str) -> None:
        self.write(name, self.read(name))

    def move(self, name: str, to: str) -> None:
        """In two steps, a copy and a removal."""
        self._ask(self._fs.cp_file, self._key(name), self._key(to))
        self.remove_file(name)

    def link(self, name: str, to: str) -> None:
        """A copy, made if nothing has the name."""
        if not self.create(to, self.read(name)):
            raise FileExistsError(errno.EEXIST, "something has the name", self.where(to))

    def remove_file(self, name: str) -> None:
        with suppress(*ANSWERS):
            self._ask(self._fs.rm_file, self._key(name))

    def remove(self, name: str) -> None:
        for each, _ in [*self.files(name)]:
            self.remove_file(f"{name}/{each}")
        self.remove_file(name)

    def send(self, path: Path, name: str) -> None:
        """Put a file of this machine; large ones in parts, which are one object or none in the end.

        Raises:
            Away: it was cut short on the way, every time.
        """
        size = path.stat().st_size

        def sent() -> None:
            self._fs.put_file(str(path), self._key(name))
            there = _stamp(self._fs.info(self._key(name))).st_size
            if there != size:
                raise OSError(f"{there} of {size} bytes of {name} are there after it was sent")

        self._ask(sent)

    def fetch(self, name: str, path: Path) -> None:
        """Get an object into a file of this machine."""
        self._ask(self._fs.get_file, self._key(name), str(path))

    def _key(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    def _below(self, folder: str, key: str) -> str:
        start = self._key(folder).strip("/")
        return key.strip("/").removeprefix(start).lstrip("/") if key.strip("/") != start else ""

    def _ask(self, call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Do something at the service, again and again while that seems to be of use.

        Raises:
            Away: it was not.
        """
        until, wait = time.monotonic() + (0 if self._given_up else self.patience), FIRST_WAIT
        while True:
            try:
                found = call(*args, **kwargs)
                self._given_up = False
                return found
            except (*ANSWERS, NotImplementedError, TypeError):
                raise
            except PermissionError as error:
                raise Away(f"{self.url} {AWAY}: access is refused ({_reason(error)})") from None
            except Exception as error:  # of a service that is away each library says it in classes of its own
                if time.monotonic() + wait > until:
                    self._given_up = True  # who clears up after this need not wait for each thing anew
                    raise Away(f"{self.url} {AWAY}: {_reason(error)}") from None
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)


def _file_system(url: str) -> tuple[Any, str]:
    import fsspec

    kind = url.partition("://")[0]
    try:
        fs, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
    except ImportError:
        package = EXTRAS.get(kind, f"the package of fsspec for it: pip install 'fsspec[{kind}]'")
        raise ModuleNotFoundError(f"a run directory at {kind}:// needs {package}") from None
    return fs, root.rstrip("/")


def _stamp(info: dict[str, Any]) -> Stamp:
    """Of what a file system of fsspec says of an object; each has a name of its own for the time."""
    times = [each.timestamp() for each in info.values() if isinstance(each, datetime)]
    mode = stat.S_IFDIR if info["type"] == "directory" else stat.S_IFREG
    return Stamp(mode, int(info.get("size") or 0), max(times, default=0.0))


def _reason(error: Exception) -> str:
    return sentence(getattr(error, "strerror", None) or str(error) or type(error).__name__, 300)
