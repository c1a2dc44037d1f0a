"""Zip archives of image files with their labels in ``dataset.json``, the form that EDM and StyleGAN train on.

    {"labels": [["00000/img00000000.png", 3], ["00000/img00000001.png", 7], ...]}      or      {"labels": null}

Members are read in memory and never written to disk, so their names may be anything. They are unpacked a part at a time
and no further than the length that the directory gives, whatever is in them; that holds for members that are stored or
deflated, so no others are read.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from samenoise.checks import once
from samenoise.data.decode import ImageFile, is_image_name
from samenoise.data.limits import MAX_METADATA

__all__ = ["LABELS", "archive_files", "opened_archive", "read_labels"]

LABELS = "dataset.json"
PART = 2**20


@contextmanager
def opened_archive(path: Path) -> Iterator[ZipFile]:
    """An archive.

    Raises:
        ValueError: it is damaged, or its directory is longer than :data:`~samenoise.data.limits.MAX_METADATA`.
    """
    with _Bounded(io.FileIO(str(path))) as file:
        try:
            archive = ZipFile(file)
        except (BadZipFile, NotImplementedError, ValueError, struct.error) as error:
            raise ValueError(f"{path} is a damaged zip archive: {error}") from error
        with archive:
            yield archive


class _Bounded(io.BufferedReader):
    """A file of which nobody takes more than a directory's length at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_METADATA:
            raise BadZipFile(f"its directory has {size:,} bytes, more than {MAX_METADATA:,}")
        return super().read(size)


def archive_files(archive: ZipFile) -> list[ImageFile]:
    """The image members of an open archive, sorted by name; without labels in ``dataset.json`` all have -1.

    Raises:
        ValueError: ``dataset.json`` cannot be understood.
    """
    members = [info for info in archive.infolist() if not info.is_dir()]
    images = sorted((info for info in members if is_image_name(info.filename)), key=lambda info: info.filename)
    labels: dict[str, int] = {}
    for info in members:
        if info.filename == LABELS:
            where = f"{LABELS} in {archive.filename}"
            try:
                if info.file_size > MAX_METADATA:
                    raise ValueError(f"it has more than {MAX_METADATA:,} bytes")
                text = _content(archive, info)
            except MemoryError:
                raise
            except Exception as error:  # a password, another method, a wrong checksum, damaged bytes
                raise ValueError(f"{where} cannot be read: {error}") from error
            labels = read_labels(text, {image.filename for image in images}, where)
    return [
        ImageFile(info.filename, info.file_size, labels.get(info.filename, -1), partial(_content, archive, info))
        for info in images
    ]


def _content(archive: ZipFile, info: ZipInfo) -> bytes:
    """The bytes of a member: no more than the directory says, and unpacked no further."""
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise NotImplementedError("it is neither stored nor deflated")
    with archive.open(info) as member:
        return b"".join(iter(partial(member.read, PART), b""))


def read_labels(text: bytes, names: Collection[str], where: str) -> dict[str, int]:
    """Label of every image that a ``dataset.json`` lists; ``where`` names it in errors.

    Raises:
        ValueError: it is no such JSON, a label is not a class number, an image is not there or has two labels.
    """
    try:
        content = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where} is not JSON: {error}") from None
    rows = content.get("labels", False) if isinstance(content, dict) else False
    if rows is None:
        return {}
    if not isinstance(rows, list):
        raise ValueError(f'{where} must be {{"labels": [[image, class number], ...]}} or {{"labels": null}}')
    labels: dict[str, int] = {}
    for row in rows:
        match row:
            case [str(name), int(label)] if 0 <= label < 2**63 and not isinstance(label, bool):
                if labels.setdefault(name, label) != label:
                    raise ValueError(f"{where} has two labels for {name!r}, {labels[name]} and {label}")
            case _:
                raise ValueError(f"{where}: {row!r:.200} is not an image and its class number")
    for name in labels:
        if name not in names:
            raise ValueError(f"{where} has a label for {name!r}, but there is no such image")
    return labels
