"""A peek tells as many images, and of the sizes, that reading finds."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from data_forms import encode, random_pixels, write, write_zip

from samenoise.data import read
from samenoise.data.peek import PEEKED, peek


def idx(count: int, side: int) -> bytes:
    return struct.pack(">HBB3I", 0, 8, 3, count, side, side) + bytes(count * side * side)


@pytest.mark.parametrize("kind", ["folder", "zip", "idx", "cifar"])
def test_as_many_as_are_read(tmp_path: Path, kind: str) -> None:
    files = {f"{k}.png": encode(random_pixels(6, 9)) for k in range(5)}
    if kind == "folder":
        place = write(tmp_path / "folder", files)
    elif kind == "zip":
        place = write_zip(tmp_path / "some.zip", files)
    elif kind == "idx":
        parts = {"train-images-idx3-ubyte": idx(3, 7), "t10k-images-idx3-ubyte": idx(2, 7)}
        place = write(tmp_path / "idx", parts)
    else:
        place = write(tmp_path / "cifar", {"data_batch_1.bin": bytes(5 * 3073)})
    found, images = peek(place), read(place).images.images
    assert found.images == len(images) == 5
    assert found.sizes == {tuple(images.shape[2:])}


def test_sizes_that_differ_and_files_that_are_bad(tmp_path: Path) -> None:
    files = {"a.png": encode(random_pixels(6, 9)), "b.png": encode(random_pixels(4, 4)), "c.png": b"none"}
    assert peek(write(tmp_path / "folder", files)) == (3, {(6, 9), (4, 4)})


def huge(side: int) -> bytes:
    """A PNG whose header tells of so many pixels a side."""
    head = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return start + struct.pack(">I", 1) + b"IDAT"


def test_what_is_too_large_is_passed_over_in_silence(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    files = {"a.png": encode(random_pixels(6, 9)), "b.png": huge(10_000), "c.png": huge(20_000)}
    assert peek(write(tmp_path / "folder", files)).images == 3
    assert not [each for each in recwarn if "exceeds limit" in str(each.message)]


def test_of_many_files_a_few_are_opened(tmp_path: Path) -> None:
    picture = encode(random_pixels(2, 2))
    place = write(tmp_path / "many", {f"{k:03}.png": picture for k in range(PEEKED + 50)})
    (place / "001.png").write_bytes(b"none")
    assert peek(place) == (PEEKED + 50, {(2, 2)})


def test_nothing(tmp_path: Path) -> None:
    assert peek(tmp_path) == (0, frozenset())
