"""What somebody's pictures are: how many, how large, grey or in colour, and how many of them are there twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from samenoise.data import read
from samenoise.data.files import below, placed
from samenoise.data.near import Seen
from samenoise.data.peek import peek
from samenoise.data.reader import ReadResult
from samenoise.runs.cell import ConfigError
from samenoise.runs.progress import working

__all__ = ["Look", "look", "stamped"]

SIDE = 16
"""Pixels at which pictures are looked at."""

COMPARED = 3000
"""Pictures among which those that are there twice are counted."""

NEAR = 0.98
"""Cosine above which two count as one."""

MANY = 0.1
"""Share of near-duplicates that is worth a word: held-out pictures have twins among those trained on."""

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
        many = ", so many that copies are hard to tell: samenoise prepare leaves them out" if self.twice >= MANY else ""
        return f"{said}{bad}{twice}{many}"


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
        side = min((side for size in peek(place).sizes for side in size), default=SIDE) if there else SIDE
    except (ValueError, ModuleNotFoundError) as error:
        raise ConfigError(f"the pictures at {path} cannot be read: {error}") from error
    levels = ((found.images.images + 1) * 127.5).numpy()
    apart = levels.max(1) - levels.min(1)
    with working("looking for pictures that are there twice"):
        twice = _twice(np.rint(levels[:COMPARED]).astype(np.uint8))
    return Look(
        path if not there else str(place),
        "files" if there else "hub",
        len(levels),
        len(found.skipped),
        side,
        bool(levels.shape[1] == 3 and apart.mean() > COLOURED),
        twice,
    )


def stamped(path: str) -> str:
    """What tells whether the files at a path are still the same, by their names, sizes and times; nothing where there
    are none on this machine, or a folder cannot be listed, of which :func:`look` says more."""
    place = placed(path)
    try:
        files = [place / name for name in below(place)] if place.is_dir() else [place] if place.is_file() else []
        about = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.is_file()]
    except (OSError, ValueError):
        return ""
    return hashlib.sha256(repr(about).encode(errors="surrogateescape")).hexdigest()[:20] if about else ""


def _of_hub(name: str) -> ReadResult:
    from samenoise.data.hub import read_hub

    return read_hub(name, size=SIDE, on_bad="skip")


def _twice(pictures: np.ndarray) -> float:
    """Share of near-duplicates of earlier pictures; those of one colour are all one."""
    plain = (pictures == pictures[:, :, :1, :1]).all((1, 2, 3))
    near = sum(each is not None for each in Seen(NEAR).add(pictures[~plain])) if not plain.all() else 0
    return (near + max(int(plain.sum()) - 1, 0)) / len(pictures)
