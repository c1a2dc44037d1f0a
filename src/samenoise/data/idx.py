"""IDX files, as MNIST and Fashion-MNIST ship them: ``train-images-idx3-ubyte.gz`` and its like.

0, 0, type, d        four bytes; type 8 is unsigned byte, d the number of dimensions
d sizes              32 bits each, big-endian
elements             row-major
"""

from __future__ import annotations

import gzip
import io
import math
import re
import struct
import zlib
from pathlib import Path

import numpy as np

__all__ = ["idx_files", "read_idx", "read_idx_images"]

NAME = re.compile(r"(?P<set>.*)images(?P<dot>[-.])idx3-ubyte(\.gz)?", re.DOTALL)
UNSIGNED_BYTE = 8


def idx_files(path: Path) -> list[Path]:
    """The image files at a path: this one, or those in this folder, ``train`` before the others, then by name.

    A file that is there both plain and compressed counts once, as the plain one.
    """
    files = [path] if path.is_file() else [file for file in path.iterdir() if file.is_file()]
    names = {file.name: file for file in files if NAME.fullmatch(file.name)}
    kept = [name for name in names if not (name.endswith(".gz") and name.removesuffix(".gz") in names)]
    return [names[name] for name in sorted(kept, key=lambda name: ("train" not in name, name))]


def read_idx_images(images: Path) -> tuple[np.ndarray, np.ndarray]:
    """Pixels uint8 ``(n, 1, h, w)`` and labels int64 ``(n,)``, from the labels file beside it; all -1 without one.

    Raises:
        ValueError: a file is not IDX of unsigned bytes, has not the bytes its sizes ask for, or not as many labels.
    """
    pixels = read_idx(images, 3)
    if pixels.size == 0:
        raise ValueError(f"{images} holds no pixels: its sizes are {' x '.join(map(str, pixels.shape))}")
    stem = NAME.sub(r"\g<set>labels\g<dot>idx1-ubyte", images.name)
    for beside in (images.with_name(stem), images.with_name(f"{stem}.gz")):
        if beside.is_file():
            labels = read_idx(beside, 1)
            if len(labels) != len(pixels):
                raise ValueError(f"{beside} has {len(labels)} labels for the {len(pixels)} images of {images.name}")
            return pixels[:, None], labels.astype(np.int64)
    return pixels[:, None], np.full(len(pixels), -1, dtype=np.int64)


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """The uint8 array of an IDX file, gzipped or not.

    Raises:
        ValueError: the magic number or the length is not that of unsigned bytes in so many dimensions.
    """
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
        expected = len(start) + math.prod(shape)
        body = _take(path, stream, math.prod(shape) + 1)
        if (found := len(start) + len(body)) != expected:
            what = "is truncated" if found < expected else "goes on after its end"
            more = "more" if found > expected else f"{found:,}"
            raise ValueError(
                f"{path} {what}: sizes {' x '.join(map(str, shape))} make {expected:,} bytes"
                f"{' unpacked' * zipped}, found {more}"
            )
    return np.frombuffer(body, dtype=np.uint8).reshape(shape)


def _take(path: Path, stream: io.BufferedReader | gzip.GzipFile, count: int) -> bytearray:
    """The next ``count`` bytes, or what there is of them."""
    taken = bytearray()
    try:
        while len(taken) < count and (part := stream.read1(min(count - len(taken), 2**20))):
            taken += part
    except EOFError:  # compressed data that end early
        pass
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    return taken
