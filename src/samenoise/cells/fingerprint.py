"""What the files of a data set are, so that other files are other data."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from samenoise.cells.specs import DataSpec
from samenoise.data.files import below, placed
from samenoise.data.idx import NAME, idx_labels
from samenoise.runs.cell import ConfigError

__all__ = ["fingerprint"]


class _File(NamedTuple):
    """A file as it is now: its contents are read again only where something of this has changed."""

    name: str
    path: Path
    about: tuple[int, ...] | None
    """``None`` where it is no file, but a pipe or a link to nothing."""


def fingerprint(spec: DataSpec) -> str:
    """Hash over names and contents of the files of ``spec``, all that its reader can come to, through links too; the
    name itself where it is no path.

    Raises:
        ConfigError: nothing is there, or it cannot be read.
    """
    if spec.source in ("digits", "mixture"):
        return ""
    path = placed(spec.path)
    if not (path.is_file() or path.is_dir()):
        if spec.source == "hub" and not path.exists():
            return spec.path
        how = spec.get or "give the path of IDX files, CIFAR-10 batches, a zip or a folder of images as data.path"
        raise ConfigError(f"there is no data at {spec.path}: {how}")
    try:
        return _digest(tuple(_looked_at(name, file) for name, file in _files(path)))
    except OSError as error:
        raise ConfigError(f"the data at {spec.path} cannot be read: {error.filename}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"the data at {spec.path} cannot be read: {error}") from error


def _files(path: Path) -> list[tuple[str, Path]]:
    """All that is read of a path: the file, or all that lies below; and the labels beside a file of images."""
    if path.is_dir():
        return [(f"/{name}", path / name) for name in below(path)]
    beside = idx_labels(path) if NAME.fullmatch(path.name) else None
    return [("", path)] if beside is None else [("", path), (f"/{beside.name}", beside)]


def _looked_at(name: str, path: Path) -> _File:
    if not path.is_file():
        return _File(name, path, None)
    found = path.stat()
    return _File(name, path, (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev))


@lru_cache(maxsize=8)
def _digest(files: tuple[_File, ...]) -> str:
    digest = hashlib.sha256()
    for name, path, about in files:
        digest.update(name.encode(errors="surrogateescape") + b"\0")
        if about is None:
            digest.update(b"no file")
            continue
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:20]
