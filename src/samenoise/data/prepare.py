"""A folder of pictures, as it was found, made into a clean data set: one zip archive in the form that EDM trains on.

    00000/img00000000.png, ...   the kept pictures, in the order of their source paths
    dataset.json                 {"labels": [["00000/img00000000.png", 3], ...]}, or null labels where there are none
    manifest.json                where each came from, what was dropped and why, options, counts, SHA-256 of the pixels

The archive is a function of the source and the options: no times, no paths of this machine, nothing in random order.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4
from zipfile import ZipFile, ZipInfo, is_zipfile

import numpy as np
from PIL import Image
from PIL import __version__ as pillow_version

from samenoise.checks import one_of, whole
from samenoise.data.archive import LABELS, archive_files, opened_archive
from samenoise.data.decode import BadImageError, ImageFile
from samenoise.data.files import placed
from samenoise.data.folder import folder_files
from samenoise.data.limits import MAX_SET, MAX_SIDE, too_many
from samenoise.data.near import Seen
from samenoise.data.tracked import tracked

__all__ = ["MANIFEST", "REASONS", "Dropped", "Prepared", "prepare"]

MANIFEST = "manifest.json"
REASONS = ("pattern", "bad", "blank", "near-duplicate")
BATCH = 256  # pictures in one matrix product


class Dropped(NamedTuple):
    """A picture that was left out: its path in the source, which of :data:`REASONS`, and what that means here.

    ``detail`` is the pattern, what is bad about the file, or the source path of the kept picture that it is near to.
    """

    name: str
    reason: str
    detail: str
    cosine: float | None = None
    """With the kept picture, of a near-duplicate, to four digits."""


@dataclass(frozen=True)
class Prepared:
    """What :func:`prepare` wrote: the archive, the source paths of its pictures in their order, what it left out."""

    path: Path
    kept: list[str]
    dropped: list[Dropped]
    pixels: str
    """SHA-256 over the pixels, bytes 0..255 in row-major order of ``(n, c, h, w)``."""

    @property
    def counts(self) -> dict[str, int]:
        """How many pictures there were (``found``), were ``kept``, and were dropped for each of :data:`REASONS`."""
        return _counts(self.kept, self.dropped)

    def __str__(self) -> str:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.counts.items() if reason in REASONS)
        return f"{self.path}: kept {len(self.kept):,} pictures, dropped {len(self.dropped):,} ({reasons})"


def prepare(
    source: str | Path,
    out: str | Path,
    size: int,
    channels: int = 3,
    drop: Sequence[str] = (),
    near: float = 0.98,
) -> Prepared:
    """Make a clean data set of a folder or zip archive of pictures, and write it as one archive.

    Pictures are taken in the order of their paths. Left out are those whose path matches a pattern; bad files, by
    the rules of :func:`~samenoise.data.reader.read`; pictures of one colour; and near-duplicates of one kept before.
    16 bits of grey are rounded to 8.

    Args:
        source: the folder or archive; labels are its first subfolders, or those of its ``dataset.json``.
        out: the archive to write; it appears whole or not at all, in the place of one that was there.
        size: side of the pictures: the largest centred square, resized (:func:`~samenoise.data.decode.fit`).
        channels: 1 or 3.
        drop: patterns of source paths, such as ``shapes/stars/*``; ``*`` matches slashes too.
        near: a cosine above it makes a near-duplicate (:mod:`~samenoise.data.near`); 1 drops equal pictures only.

    Raises:
        FileNotFoundError: there is no source.
        ValueError: no pictures there or none left, a pattern that matches none, an option out of range, or more
            pictures than the limit of a set allows.
    """
    source, out = placed(source), placed(out)
    whole(size, "the size of a picture that is not blank", 2, MAX_SIDE + 1)
    one_of(whole(channels, "the number of channels", 0), "the number of channels of a picture", (1, 3))
    if out.is_dir():
        raise ValueError(f"{out} is a folder; give the name of the archive to write")
    if os.path.lexists(out) and not out.is_file():
        raise ValueError(f"{out} is there and is no file; give another name for the archive to write")
    seen = Seen(near)
    with _opened(source) as (found, classes):
        files, dropped = _without(found, drop)
        digest = hashlib.sha256()
        kept: list[ImageFile] = []
        labels: list[list[str | int]] = []
        with _written(out) as archive:
            for batch, pictures in _batches(files, size, channels, dropped):
                for file, picture, twin in zip(batch, pictures, seen.add(pictures), strict=True):
                    if twin is not None:
                        cosine = round(twin.cosine, 4)
                        dropped.append(Dropped(file.name, "near-duplicate", kept[twin.number].name, cosine))
                        continue
                    if (len(kept) + 1) * 4 * picture.size > MAX_SET:
                        raise too_many(len(kept) + 1, picture.shape)
                    number = f"{len(kept):08d}"
                    name = f"{number[:5]}/img{number}.png"
                    _add(archive, name, _png(picture))
                    digest.update(picture.tobytes())
                    labels += [[name, file.label]] if file.label >= 0 else []
                    kept.append(file)
            dropped.sort()
            names = [file.name for file in kept]
            if not kept:
                raise ValueError(f"{source}: no picture is left; the first that was dropped: {dropped[0]}")
            _add(archive, LABELS, _json({"labels": labels or None}))
            manifest = {
                "source": source.resolve().name,
                "options": {"size": size, "channels": channels, "drop": list(drop), "near": near},
                "pillow": pillow_version,
                "counts": _counts(names, dropped),
                "pixels_sha256": digest.hexdigest(),
                "classes": classes,
                "kept": names,
                "dropped": [_row(each) for each in dropped],
            }
            _add(archive, MANIFEST, _json(manifest))
    return Prepared(out, names, dropped, digest.hexdigest())


@contextmanager
def _opened(source: Path) -> Iterator[tuple[list[ImageFile], tuple[str, ...]]]:
    """The pictures of a folder or an archive, which stays open, and the names of the classes."""
    if not source.exists():
        raise FileNotFoundError(f"there is no file or folder {source}")
    if source.is_dir():
        files, classes = folder_files(source)
        yield _some(files, source), classes
    elif source.is_file() and is_zipfile(source):  # a device may go on for ever
        with opened_archive(source) as archive:
            yield _some(archive_files(archive), source), ()
    else:
        raise ValueError(f"{source} is neither a folder nor a zip archive of pictures")


def _some(files: list[ImageFile], source: Path) -> list[ImageFile]:
    if not files:
        raise ValueError(f"{source} holds no pictures (png, jpg, jpeg, bmp, gif, webp)")
    return files


def _without(files: list[ImageFile], patterns: Sequence[str]) -> tuple[list[ImageFile], list[Dropped]]:
    """The files that no pattern matches, and the others with the first pattern that does."""
    left, dropped = [], []
    for file in files:
        pattern = next((pattern for pattern in patterns if fnmatchcase(file.name, pattern)), None)
        if pattern is None:
            left.append(file)
        else:
            dropped.append(Dropped(file.name, "pattern", pattern))
    for pattern in patterns:  # a misspelt pattern would let all it was meant for into the data
        if not any(fnmatchcase(each.name, pattern) for each in dropped):
            raise ValueError(f"no picture matches the pattern {pattern!r}; paths look like {files[0].name!r}")
    return left, dropped


def _batches(
    files: Sequence[ImageFile], size: int, channels: int, dropped: list[Dropped]
) -> Iterator[tuple[list[ImageFile], np.ndarray]]:
    """Files and their pixels, uint8 ``(k, c, h, w)``; bad and blank ones go to ``dropped`` instead."""
    batch: list[ImageFile] = []
    pictures: list[np.ndarray] = []
    for file in tracked(files, len(files)):
        try:
            picture = np.rint(file.pixels(size, channels)).astype(np.uint8)
        except BadImageError as error:
            dropped.append(Dropped(file.name, "bad", str(error)))
            continue
        if (picture == picture[:, :1, :1]).all():
            dropped.append(Dropped(file.name, "blank", "is of one colour"))
            continue
        batch.append(file)
        pictures.append(picture)
        if len(batch) == BATCH:
            yield batch, np.stack(pictures)
            batch, pictures = [], []
    if batch:
        yield batch, np.stack(pictures)


@contextmanager
def _written(out: Path) -> Iterator[ZipFile]:
    """An archive to fill: beside its place, and moved there when nothing went wrong."""
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{out.name}.{uuid4().hex}")
    try:
        with beside.open("xb") as file:
            with ZipFile(file, "w") as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)


def _add(archive: ZipFile, name: str, data: bytes) -> None:
    """A stored member with nothing of this moment or machine in it; PNGs are compressed already."""
    member = ZipInfo(name)  # of 1980-01-01 00:00:00
    member.create_system = 3
    member.external_attr = 0o644 << 16
    archive.writestr(member, data)


def _png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    pixels = picture[0] if len(picture) == 1 else np.ascontiguousarray(picture.transpose(1, 2, 0))
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _json(content: Any) -> bytes:
    return json.dumps(content, indent=1).encode()


def _row(each: Dropped) -> dict[str, Any]:
    return {key: value for key, value in each._asdict().items() if value is not None}


def _counts(kept: Sequence[str], dropped: Sequence[Dropped]) -> dict[str, int]:
    reasons = Counter(each.reason for each in dropped)
    return {"found": len(kept) + len(dropped), "kept": len(kept)} | {reason: reasons[reason] for reason in REASONS}
