"""A folder or a zip archive of images, each of one noise: see :mod:`samenoise.outside.numbers` for which.

Members of an archive are read in memory. A name that leads out of it is refused all the same: it was made to harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np

from samenoise.data.archive import archive_files, opened_archive
from samenoise.data.decode import BadImageError, ImageFile
from samenoise.data.folder import folder_files
from samenoise.outside.base import OutsideError
from samenoise.outside.numbers import BANK, MOST, TABLES, bank_in, numbered
from samenoise.outside.texts import bytes_of
from samenoise.runs.bounded import BYTES

__all__ = ["ImageFiles", "decoded", "open"]

PART = 2**20
TOGETHER = 64
"""Images that are decoded before they are handed on."""


class ImageFiles:
    """Image files with the numbers of their noises; ``held`` is what stays open for as long as this is there."""

    def __init__(
        self,
        files: Sequence[ImageFile],
        there: set[str],
        read: Callable[[str], bytes],
        where: str,
        held: ExitStack | None = None,
    ) -> None:
        if not files:
            raise OutsideError(f"{where} holds no images")
        if len(files) > MOST:
            raise OutsideError(f"{where} has {len(files):,} images, more than {MOST:,}")
        self.files, self.where, self.held = list(files), where, held
        self.ids, self.groups = numbered([file.name for file in files], there, read, where)
        self.bank = bank_in(read(BANK), where) if BANK in there else None
        self.about: dict[str, Any] = {"kind": "pictures", "images": len(files)}

    def __iter__(self) -> Iterator[tuple[list[int], np.ndarray]]:
        for start in range(0, len(self.files), TOGETHER):
            files = self.files[start : start + TOGETHER]
            yield self.ids[start : start + TOGETHER], decoded(files, self.where)


def decoded(files: Sequence[ImageFile], where: str) -> np.ndarray:
    """Pixels of some files, uint8 levels, or float32 in [-1, 1] where one has 16 bits of grey."""
    pictures = []
    for file in files:
        try:
            pixels = file.pixels(None, None)
        except BadImageError as error:
            raise OutsideError(f"{where}: {file.name!r} {error}") from None
        except ValueError as error:  # it is not there any more, or the disk does not give it
            raise OutsideError(f"{where}: {error}") from None
        pictures.append(pixels)
        if pixels.shape != pictures[0].shape:
            raise OutsideError(
                f"{where}: images of two shapes cannot be compared: {files[0].name!r} is {_size(pictures[0])}, "
                f"{file.name!r} is {_size(pixels)}"
            )
    images = np.stack(pictures)
    return images if images.dtype == np.uint8 else (images / np.float32(127.5) - 1).astype(np.float32)


def _size(pixels: np.ndarray) -> str:
    return "x".join(map(str, pixels.shape))


def open(target: str) -> ImageFiles:
    """The images of a folder or a zip archive.

    Raises:
        OutsideError: they cannot be read, or which noises they are of is not known.
    """
    path = Path(target)
    if path.is_dir():
        there = {name for name in (*TABLES, BANK) if (path / name).is_file()}
        return ImageFiles(
            _listed(lambda: folder_files(path)[0], target), there, lambda name: bytes_of(path / name), target
        )
    try:
        held = ExitStack()  # images are read as they are asked for
        archive = held.enter_context(opened_archive(path))
    except (ValueError, OSError) as error:
        raise OutsideError(f"{target} cannot be read: {error}") from None
    for name in archive.namelist():
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or name.startswith(("/", "\\")) or ":" in (parts or ("",))[0]:
            raise OutsideError(f"{target} has a member {name!r}, which leads out of the archive: it is not read")
    there, read = set(archive.namelist()), partial(_member, archive)
    return ImageFiles(_listed(lambda: archive_files(archive), target), there, read, target, held)


def _member(archive: ZipFile, name: str) -> bytes:
    """A table: no more of it than the directory says, and no more than a text may have."""
    info = archive.getinfo(name)
    try:
        if info.file_size > BYTES:
            raise ValueError(f"it is longer than {BYTES:,} bytes")
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ValueError("it is neither stored nor deflated")
        with archive.open(info) as member:
            return b"".join(iter(partial(member.read, PART), b""))
    except MemoryError:
        raise
    except Exception as error:  # a password, a wrong checksum, damaged bytes
        raise OutsideError(f"{name} in {archive.filename} cannot be read: {error}") from None


def _listed(listing: Callable[[], list[ImageFile]], target: str) -> list[ImageFile]:
    try:
        return listing()
    except (ValueError, OSError) as error:
        raise OutsideError(f"{target} cannot be read: {error}") from None
