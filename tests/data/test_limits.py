"""How much is read, whatever headers and directories say, and how much memory that takes."""

from __future__ import annotations

import gzip
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from data_forms import encode, random_pixels, write, write_zip
from memory import traced

from samenoise.data import archive, folder, limits, prepare, read, stack
from samenoise.data import idx as idx_module
from samenoise.data import reader as reader_module


def idx(*sizes: int, body: bytes = b"") -> bytes:
    return bytes([0, 0, 8, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes) + body


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """A limit of 1 MiB for sets."""
    for module in (limits, stack, idx_module, reader_module, prepare):
        monkeypatch.setattr(module, "MAX_SET", 2**20)
    return 2**20


# Sets


@pytest.mark.parametrize("form", ["idx", "idx.gz", "cifar", "folder", "zip"])
def test_a_set_takes_its_own_memory_and_that_of_a_block(tmp_path: Path, form: str) -> None:
    if form.startswith("idx"):
        data = idx(6000, 40, 40, body=bytes(6000 * 1600))
        name = "train-images-idx3-ubyte" + ".gz" * form.endswith("gz")
        path = write(tmp_path, {name: gzip.compress(data) if name.endswith("gz") else data})
    elif form == "cifar":
        path = write(tmp_path, {f"data_batch_{k}.bin": bytes(3073 * 1500) for k in (1, 2)})
    else:
        files = {f"{k}.png": encode(np.zeros((256, 256, 3), np.uint8)) for k in range(60)}
        path = write(tmp_path, files) if form == "folder" else write_zip(tmp_path / "x.zip", files)
    read(path)  # imports
    with traced() as peak:
        images = read(path).images
    size = images.images.nbytes + images.labels.nbytes
    assert size > 30e6
    assert peak.bytes < size + 6e6


def test_a_set_over_the_limit_is_refused_by_its_header(tmp_path: Path, small: int) -> None:
    """And nothing is unpacked: the body is damaged from its first byte on."""
    data = gzip.compress(idx(2**10, 30, 30))[:-8] + b"\xff" * 100
    path = write(tmp_path, {"train-images-idx3-ubyte.gz": data})
    with pytest.raises(ValueError, match="1,024 images of 1 x 30 x 30 and more are over the limit of 1,048,576 bytes"):
        read(path)
    with pytest.raises(ValueError, match=r"is damaged|is truncated"):
        read(path, size=4)


@pytest.mark.parametrize("form", ["cifar", "folder", "zip", "prepare"])
def test_a_set_over_the_limit_is_refused(tmp_path: Path, small: int, form: str) -> None:
    files = {f"{k}.png": encode(random_pixels(64, 64, 3)) for k in range(24)}
    if form == "cifar":
        path = write(tmp_path, {"data_batch_1.bin": bytes(3073 * 100)})
    else:
        path = write_zip(tmp_path / "x.zip", files) if form == "zip" else write(tmp_path / "in", files)
    with pytest.raises(ValueError, match=r"22 images of 3 x 64 x 64 .* over the limit|100 images of 3 x 32 x 32"):
        prepare.prepare(path, tmp_path / "out.zip", 64, near=1) if form == "prepare" else read(path)
    assert not (tmp_path / "out.zip").exists()


def test_colour_that_makes_a_grey_set_too_large_is_refused(tmp_path: Path, small: int) -> None:
    files = {f"{k:02}.png": encode(random_pixels(64, 64)) for k in range(40)}
    assert len(read(write(tmp_path, files)).images) == 40
    with pytest.raises(ValueError, match="over the limit"):
        read(write(tmp_path, {"99.png": encode(random_pixels(64, 64, 3))}))


def test_what_a_header_says_takes_no_memory(tmp_path: Path) -> None:
    """4 GB by the header, in a file of 3 kB that holds three thousand images at most."""
    data = gzip.compress(idx(2**20, 32, 32, body=bytes(3 * 2**20)))
    path = write(tmp_path, {"train-images-idx3-ubyte.gz": data})
    with traced() as peak, pytest.raises(ValueError, match="is truncated"):
        read(path)
    assert 0 < peak.bytes < 25e6


def test_labels_that_are_not_as_many_are_not_unpacked(tmp_path: Path) -> None:
    images, labels = idx(3, 2, 2, body=bytes(12)), gzip.compress(idx(2**26, body=bytes(2**26)))
    write(tmp_path, {"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte.gz": labels})
    with traced() as peak, pytest.raises(ValueError, match="has 67108864 labels for the 3 images"):
        read(tmp_path)
    assert 0 < peak.bytes < 6e6


# One image


def lying_zip(path: Path, content: bytes, says: int, name: str = "a.png") -> Path:
    """A deflated member that unpacks to ``content``, with a directory and a header that say it has ``says`` bytes."""
    write_zip(path, {})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(name, content)
    data = bytearray(path.read_bytes())
    data[22:26] = struct.pack("<I", says)
    start = data.index(b"PK\x01\x02")
    data[start + 24 : start + 28] = struct.pack("<I", says)
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize("says", [100, 5_000])
def test_a_member_that_lies_about_its_size_is_unpacked_no_further(tmp_path: Path, says: int) -> None:
    """A bomb: 200 MB in 200 kB."""
    path = lying_zip(tmp_path / "x.zip", bytes(200_000_000), says)
    with traced() as peak, pytest.raises(ValueError, match="cannot be read: Bad CRC-32"):
        read(path)
    assert 0 < peak.bytes < 8e6


def test_a_dataset_json_that_lies_about_its_size_is_unpacked_no_further(tmp_path: Path) -> None:
    path = lying_zip(tmp_path / "x.zip", b" " * 200_000_000, 90, "dataset.json")
    with traced() as peak, pytest.raises(ValueError, match=r"dataset\.json in .*x\.zip cannot be read: Bad CRC-32"):
        read(path)
    assert 0 < peak.bytes < 8e6


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_that_cannot_be_unpacked_by_parts_are_bad(tmp_path: Path, method: int) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", method) as out:
        out.writestr("a.png", encode(random_pixels(4, 4)))
    with pytest.raises(ValueError, match=r"'a\.png' cannot be read: it is neither stored nor deflated"):
        read(path)


def test_a_file_that_grows_is_cut_at_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(1001))
    assert limits.read_file(path, 1001) == bytes(1001)
    with pytest.raises(ValueError, match="has more than 1,000 bytes"):
        limits.read_file(path, 1000)


def test_images_of_an_array_have_the_limit_of_one_image(tmp_path: Path) -> None:
    path = write(tmp_path, {"train-images-idx3-ubyte.gz": gzip.compress(idx(1, 2**14, 2**13))})
    with pytest.raises(ValueError, match="images of 16384 x 8192: more than 67,108,864 pixels"):
        read(path)


# Metadata


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_dataset_json_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    for module in (archive, folder):
        monkeypatch.setattr(module, "MAX_METADATA", 500)
    image, good = encode(random_pixels(2, 2)), json.dumps({"labels": [["a.png", 3]], "more": "x" * 440}).encode()
    for text, fits in ((good, True), (good + b" " * 40, False)):
        files = {"a.png": image, "dataset.json": text}
        path = write(tmp_path / "in", files) if form == "folder" else write_zip(tmp_path / "x.zip", files)
        if fits:
            assert read(path).images.labels.tolist() == [3]
        else:
            with pytest.raises(ValueError, match=r"dataset\.json.* cannot be read: (it )?has more than 500 bytes"):
                read(path)


def test_the_directory_of_an_archive_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_zip(tmp_path / "x.zip", {f"{k:03}.png": encode(random_pixels(2, 2)) for k in range(40)})
    assert len(read(path).images) == 40
    monkeypatch.setattr(archive, "MAX_METADATA", 2000)
    with pytest.raises(ValueError, match=r"x\.zip is a damaged zip archive: its directory has [\d,]+ bytes, more than"):
        read(path)


def test_what_zipfile_does_not_know_is_one_sentence(tmp_path: Path) -> None:
    data = bytearray(write_zip(tmp_path / "x.zip", {"é.png": encode(random_pixels(2, 2))}).read_bytes())
    start = data.index(b"PK\x01\x02")
    for place, value in ((start + 6, 99), (start + 46, 0xFF)):  # the version that is needed; a name that is no UTF-8
        wrong = bytearray(data)
        wrong[place] = value
        (tmp_path / "x.zip").write_bytes(wrong)
        with pytest.raises(ValueError, match=r"x\.zip is a damaged zip archive: "):
            read(tmp_path / "x.zip")
