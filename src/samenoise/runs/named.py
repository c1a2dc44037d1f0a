"""Files by name, wherever they are kept: in a folder (:mod:`samenoise.runs.tree`), or as objects of a service
(:mod:`samenoise.runs.objects`). What a store, its claims and its failures are made of asks for no more than this."""

from __future__ import annotations

import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from samenoise.runs.bounded import BYTES, parse_json
from samenoise.runs.descriptors import About, Unreadable

__all__ = ["KeptFiles", "NamedFiles"]


class NamedFiles(ABC):
    """Files to be looked at, by names such as ``"data/abc/cell.json"``."""

    @abstractmethod
    def where(self, name: str) -> str:
        """What messages call it."""

    @abstractmethod
    def read(self, name: str, limit: int = BYTES) -> bytes:
        """The content of a file.

        Raises:
            FileNotFoundError: nothing has this name.
            Unreadable: it is no file, longer than ``limit``, or below something that is no folder.
        """

    @abstractmethod
    def digest(self, name: str) -> str:
        """SHA-256 of a file, in hex. Raises as :meth:`read`."""

    @abstractmethod
    def about(self, name: str) -> About | None:
        """What is known of what has a name, of a link itself; ``None`` where nothing has."""

    @abstractmethod
    def names(self, folder: str = "") -> list[str]:
        """What is directly in a folder, in order; nothing where there is no such folder."""

    @abstractmethod
    def files(self, folder: str = "") -> Iterator[tuple[str, About]]:
        """All files below a folder: the name of each from there, and what is known of it."""

    def json(self, name: str) -> Any:
        """The content of a JSON file, within the bounds of :mod:`samenoise.runs.bounded`.

        Raises:
            FileNotFoundError: nothing has this name.
            Unreadable: as for :meth:`read`, or it is no such JSON.
        """
        data = self.read(name)
        try:
            return parse_json(data)
        except ValueError as error:
            raise Unreadable(f"{self.where(name)} {error}") from None

    def is_folder(self, name: str) -> bool:
        """Whether a folder has this name."""
        about = self.about(name)
        return about is not None and stat.S_ISDIR(about.st_mode)

    def size(self, name: str) -> int:
        """Bytes of a file, or of all files below a folder."""
        about = self.about(name) if name else None
        own = 0 if about is None or stat.S_ISDIR(about.st_mode) else about.st_size
        return own + sum(about.st_size for _, about in self.files(name))


class KeptFiles(NamedFiles):
    """Files to be looked at and changed."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> Any:
        """Write a file so that it appears whole or not at all."""

    @abstractmethod
    def create(self, name: str, data: bytes) -> bool:
        """Write a new file; ``False`` where anything has the name."""

    @abstractmethod
    def touch(self, name: str) -> None:
        """Give a file the time of now."""

    @abstractmethod
    def move(self, name: str, to: str) -> None:
        """Give something another name. Raises ``OSError``, such as ``FileNotFoundError`` where nothing has the name."""

    @abstractmethod
    def link(self, name: str, to: str) -> None:
        """Give the content of a file a second name. Raises ``OSError`` where something has that."""

    @abstractmethod
    def remove_file(self, name: str) -> None:
        """Remove a file, or whatever else has its name; nothing where nothing has."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove what has a name, a folder with all that is in it; nothing where nothing has."""
