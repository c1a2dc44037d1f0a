"""What somebody's pictures are: how many, how large, grey or in colour, and how many of them are there twice."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zipfile import is_zipfile

import numpy as np
from PIL import Image

from samenoise.data import read
from samenoise.data.archive import archive_files, opened_archive
from samenoise.data.cifar import cifar_files, read_cifar
from samenoise.data.decode import ImageFile
from samenoise.data.files import placed
from samenoise.data.folder import folder_files
from samenoise.data.idx import idx_files, read_idx_images
from samenoise.data.near import Seen
from samenoise.data.reader import ReadResult
from samenoise.runs.cell import ConfigError

__all__ = ["Look", "look"]

SIDE = 16
"""Pixels at which pictures are looked at."""

PEEKED = 200
"""Files whose size is looked up."""

COMPARED = 3000
"""Pictures among which those that are there twice are counted."""

NEAR = 0.98
"""Cosine above which two count as one."""

COLOURED = 2.0
"""Levels of 0..255 by which the channels of a picture must differ on average to be colour."""


@dataclass(frozen=True)
class Look:
    """What was seen."""

    path: str
    source: Literal["files", "hub"]
    count: int
    """Pictures that can be used."""
    bad: int
    """Files that cannot."""
    side: int
    """The shorter side of the smallest picture, in pixels."""
    coloured: bool
    twice: float
    """Share that is a near-duplicate of another, among the first :data:`COMPARED`."""

    def __str__(self) -> str:
        kind = "in colour" if self.coloured else "in grey"
        said = f"{self.count:,} pictures at {self.path}, {kind}, {self.side} pixels and up"
        bad = f"; {self.bad:,} files are no pictures that can be used and are left out" if self.bad else ""
        twice = f"; {100 * self.twice:.0f} % are near-duplicates of others" if self.twice >= 0.005 else ""
        return f"{said}{bad}{twice}"


def look(path: str) -> Look:
    """Look at a folder, an archive, IDX or CIFAR files, or else a data set of the library ``datasets``.

    Raises:
        ConfigError: nothing is there, or nothing that can be read.
    """
    place = placed(path)
    there = place.exists()
    if not there and (path.startswith((".", "/", "~")) or path.count("/") != 1):
        raise ConfigError(f"there is nothing at {path}: give a folder or a zip of pictures, or IDX files")
    try:
        found = _of_hub(path) if not there else read(place, SIDE, on_bad="skip")
        side = SIDE if not there else _side(place)
    except (ValueError, ModuleNotFoundError) as error:
        raise ConfigError(f"the pictures at {path} cannot be read: {error}") from error
    levels = ((found.images.images + 1) * 127.5).numpy()
    apart = levels.max(1) - levels.min(1)
    return Look(
        path if not there else str(place),
        "files" if there else "hub",
        len(levels),
        len(found.skipped),
        side,
        bool(levels.shape[1] == 3 and apart.mean() > COLOURED),
        _twice(np.rint(levels[:COMPARED]).astype(np.uint8)),
    )


def _of_hub(name: str) -> ReadResult:
    from samenoise.data.hub import read_hub

    return read_hub(name, size=SIDE, on_bad="skip")


def _side(place: Path) -> int:
    """The shorter side of the smallest of some pictures, which are not decoded for it."""
    if idx := idx_files(place):
        return min(min(read_idx_images(file).shape[1:]) for file in idx)
    if batches := cifar_files(place):
        return min(read_cifar(batches[0]).shape[1:])
    if place.is_dir():
        return _smallest(folder_files(place)[0])
    if is_zipfile(place):
        with opened_archive(place) as archive:
            return _smallest(archive_files(archive))
    return SIDE


def _smallest(files: list[ImageFile]) -> int:
    sides = []
    for file in files[:: -(-len(files) // PEEKED)]:
        try:
            with Image.open(io.BytesIO(file.load())) as picture:
                sides.append(min(picture.size))
        except (OSError, ValueError):  # what is no picture is counted elsewhere
            continue
    return min(sides, default=SIDE)


def _twice(pictures: np.ndarray) -> float:
    """Share of near-duplicates of earlier pictures; those of one colour are all one."""
    plain = (pictures == pictures[:, :, :1, :1]).all((1, 2, 3))
    near = sum(each is not None for each in Seen(NEAR).add(pictures[~plain])) if not plain.all() else 0
    return (near + max(int(plain.sum()) - 1, 0)) / len(pictures)
