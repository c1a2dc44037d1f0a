"""How many images lie at a place, and how large they are, without decoding one."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from zipfile import is_zipfile

from PIL import Image

from samenoise.data.archive import archive_files, opened_archive
from samenoise.data.cifar import cifar_files, read_cifar
from samenoise.data.decode import ImageFile
from samenoise.data.files import placed
from samenoise.data.folder import folder_files
from samenoise.data.idx import idx_files, read_idx_images

__all__ = ["PEEKED", "Peek", "peek"]

PEEKED = 200
"""Files of images whose size is looked up: so many of them, evenly spread."""


class Peek(NamedTuple):
    """What can be told."""

    images: int
    """Images at most: a file may be bad."""
    sizes: frozenset[tuple[int, int]]
    """Heights and widths; of files of images, those of some of them."""


def peek(path: str | Path) -> Peek:
    """Look at what :func:`~samenoise.data.reader.read` would read; nothing where it would find nothing.

    Raises:
        ValueError: what is there is damaged.
    """
    place = placed(path)
    if idx := idx_files(place):
        records = [read_idx_images(file) for file in idx]
    else:
        records = [read_cifar(file) for file in cifar_files(place)]
    if records:
        sizes = ((height, width) for _, height, width in (part.shape for part in records))
        return Peek(sum(part.count for part in records), frozenset(sizes))
    if place.is_dir():
        return _of_files(folder_files(place)[0])
    if is_zipfile(place):
        with opened_archive(place) as archive:
            return _of_files(archive_files(archive))
    return Peek(0, frozenset())


def _of_files(files: Sequence[ImageFile]) -> Peek:
    sizes = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is damaged or too large: whoever reads it says so
        for file in files[:: -(-len(files) // PEEKED) or 1]:
            try:
                with Image.open(io.BytesIO(file.load())) as picture:
                    sizes.add((picture.height, picture.width))
            except (OSError, ValueError, Image.DecompressionBombError):
                continue
    return Peek(len(files), frozenset(sizes))
