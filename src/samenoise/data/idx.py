"""IDX files, as MNIST and Fashion-MNIST ship them: ``train-images-idx3-ubyte.gz`` and its like.

0, 0, type, d        four bytes; type 8 is unsigned byte, d the number of dimensions
d sizes              32 bits each, big-endian
elements             row-major
"""

from __future__ import annotations

import gzip
import io
import math
import os
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from samenoise.data.limits import MAX_PIXELS, MAX_SET, too_many
from samenoise.data.records import Block, Records, regular

__all__ = ["idx_files", "idx_labels", "read_idx", "read_idx_images"]

NAME = re.compile(r"(?P<set>.*)images(?P<dot>[-.])idx3-ubyte(\.gz)?", re.DOTALL)
UNSIGNED_BYTE = 8
DEFLATED = 1032
"""Bytes that one byte of deflate can stand for at most."""
PART = 2**20

Stream = io.BufferedReader | gzip.GzipFile


def idx_files(path: Path) -> list[Path]:
    """The image files at a path: this one, or those in this folder, ``train`` before the others, then by name.

    A file that is there both plain and compressed counts once, as the plain one.

    Raises:
        ValueError: something of such a name is no file.
    """
    files = [path] if path.is_file() else path.iterdir()
    names = {file.name: regular(file) for file in files if NAME.fullmatch(file.name)}
    kept = [name for name in names if not (name.endswith(".gz") and name.removesuffix(".gz") in names)]
    return [names[name] for name in sorted(kept, key=lambda name: ("train" not in name, name))]


def idx_labels(images: Path) -> Path | None:
    """The file of labels beside a file of images, the plain one of two; ``None`` without one.

    Raises:
        ValueError: something of that name is no file.
    """
    stem = NAME.sub(r"\g<set>labels\g<dot>idx1-ubyte", images.name)
    there = [file for file in (images.with_name(stem), images.with_name(f"{stem}.gz")) if os.path.lexists(file)]
    return regular(there[0]) if there else None


def read_idx_images(images: Path) -> Records:
    """The images of a file and their labels, from the labels file beside it; all -1 without one.

    Raises:
        ValueError: a file is not IDX of unsigned bytes, has not the bytes its sizes ask for, or not as many labels.
    """
    with _opened(images, 3) as (_, shape):
        count, height, width = shape
    if math.prod(shape) == 0:
        raise ValueError(f"{images} holds no pixels: its sizes are {' x '.join(map(str, shape))}")
    if height * width > MAX_PIXELS:
        raise ValueError(f"{images} holds images of {height} x {width}: more than {MAX_PIXELS:,} pixels")
    if count > MAX_SET // 12:  # a number and a label for each at least
        raise too_many(count, (1, height, width))
    if (beside := idx_labels(images)) is None:
        labels = None
    else:
        with _opened(beside, 1) as (_, (found,)):
            if found != count:
                raise ValueError(f"{beside} has {found} labels for the {count} images of {images.name}")
        labels = read_idx(beside, 1)

    def blocks() -> Iterator[Block]:
        start = 0
        for part in _parts(images, 3, max(1, PART // (height * width)) * height * width):
            pixels = np.frombuffer(part, np.uint8).reshape(-1, 1, height, width)
            end = start + len(pixels)
            yield pixels, np.full(end - start, -1) if labels is None else labels[start:end].astype(np.int64)
            start = end

    most = images.stat().st_size * DEFLATED // (height * width) + 1
    return Records(count, min(count, most), (1, height, width), blocks)


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """The uint8 array of an IDX file, gzipped or not.

    Raises:
        ValueError: the magic number or the length is not that of unsigned bytes in so many dimensions.
    """
    with _opened(path, dimensions) as (_, shape):
        pass
    return np.frombuffer(b"".join(_parts(path, dimensions, PART)), dtype=np.uint8).reshape(shape)


def _parts(path: Path, dimensions: int, length: int) -> Iterator[bytearray]:
    """The elements, ``length`` at a time, and at the end less; with none too few, and none too many."""
    with _opened(path, dimensions) as (stream, shape):
        left = total = math.prod(shape)
        while left:
            part = _take(path, stream, min(left, length))
            if len(part) < min(left, length):
                raise _wrong(path, stream, shape, total - left + len(part))
            left -= len(part)
            yield part
        if _take(path, stream, 1):
            raise _wrong(path, stream, shape, None)


def _wrong(path: Path, stream: Stream, shape: tuple[int, ...], found: int | None) -> ValueError:
    """What to say of a file whose elements are fewer than its sizes make, or (``found`` is ``None``) more."""
    header = 4 + 4 * len(shape)
    return ValueError(
        f"{path} {'goes on after its end' if found is None else 'is truncated'}: sizes {' x '.join(map(str, shape))} "
        f"make {header + math.prod(shape):,} bytes{' unpacked' * isinstance(stream, gzip.GzipFile)}, found "
        f"{'more' if found is None else f'{header + found:,}'}"
    )


@contextmanager
def _opened(path: Path, dimensions: int) -> Iterator[tuple[Stream, tuple[int, ...]]]:
    """A file behind its header, and its sizes."""
    with path.open("rb") as raw:
        zipped = raw.peek(2)[:2] == b"\x1f\x8b"
        stream = gzip.GzipFile(fileobj=raw) if zipped else raw
        start = _take(path, stream, 4 + 4 * dimensions)
        magic = bytes([0, 0, UNSIGNED_BYTE, dimensions])
        if start[:4] != magic:
            raise ValueError(
                f"{path} begins with {start[:4].hex(' ') or 'nothing'}, not with {magic.hex(' ')}: "
                f"an IDX file of unsigned bytes in {dimensions} dimension{'s' * (dimensions > 1)}"
            )
        if len(start) < 4 + 4 * dimensions:
            raise ValueError(
                f"{path} is truncated: expected {4 + 4 * dimensions:,} bytes of header, found {len(start)}"
            )
        shape = struct.unpack(f">{dimensions}I", start[4:])
        there = os.fstat(raw.fileno()).st_size - len(start)
        if not zipped and there != math.prod(shape):  # known at once, and not only at the end
            raise _wrong(path, stream, shape, there if there < math.prod(shape) else None)
        yield stream, shape


def _take(path: Path, stream: Stream, count: int) -> bytearray:
    """The next ``count`` bytes, or what there is of them."""
    taken = bytearray()
    try:
        while len(taken) < count and (part := stream.read1(min(count - len(taken), PART))):
            taken += part
    except EOFError:  # compressed data that end early
        pass
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    return taken
