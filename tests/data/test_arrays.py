"""IDX files and CIFAR-10 batches, read back."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from data_forms import assert_pixels, encode, random_pixels, write
from hypothesis import given
from hypothesis import strategies as st

from samenoise.data import read

FASHION = Path("/usr/share/datasets/fashion-mnist")


# IDX


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def plain(data: bytes) -> bytes:
    return data


PACKINGS = [pytest.param("", plain, id="plain"), pytest.param(".gz", gzip.compress, id="gz")]


@pytest.mark.parametrize(("suffix", "pack"), PACKINGS)
def test_idx_round_trip(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    train, test = random_pixels(5, 3, 4), random_pixels(2, 3, 4)
    labels = np.array([3, 255, 0, 1, 2], np.uint8), np.array([9, 8], np.uint8)
    write(
        tmp_path / "digits",
        {
            f"t10k-images-idx3-ubyte{suffix}": pack(idx(test)),
            f"t10k-labels-idx1-ubyte{suffix}": pack(idx(labels[1])),
            f"train-images-idx3-ubyte{suffix}": pack(idx(train)),
            f"train-labels-idx1-ubyte{suffix}": pack(idx(labels[0])),
        },
    )
    result = read(tmp_path / "digits")
    assert_pixels(result.images.images, np.concatenate([train, test])[:, None])
    assert result.images.labels.dtype == torch.int64
    assert result.images.labels.tolist() == [3, 255, 0, 1, 2, 9, 8]
    assert (result.images.name, result.skipped, result.classes) == ("digits", [], ())
    one = read(tmp_path / "digits" / f"t10k-images-idx3-ubyte{suffix}")
    assert_pixels(one.images.images, test[:, None])
    assert one.images.labels.tolist() == [9, 8]


@given(st.tuples(st.integers(1, 6), st.integers(1, 40), st.integers(1, 40)), st.booleans(), st.booleans())
def test_idx_of_any_shape(
    tmp_path_factory: pytest.TempPathFactory, shape: tuple[int, ...], gz: bool, dot: bool
) -> None:
    pixels = random_pixels(*shape)
    name = f"train-images{'.' if dot else '-'}idx3-ubyte{'.gz' * gz}"
    folder = write(tmp_path_factory.mktemp("idx"), {name: gzip.compress(idx(pixels)) if gz else idx(pixels)})
    images = read(folder).images
    assert_pixels(images.images, pixels[:, None])
    assert images.labels.tolist() == [-1] * shape[0]


def test_idx_plain_and_compressed_are_one(tmp_path: Path) -> None:
    data = idx(random_pixels(2, 3, 3))
    write(tmp_path, {"train-images-idx3-ubyte": data, "train-images-idx3-ubyte.gz": gzip.compress(data)})
    assert len(read(tmp_path).images) == 2


IMAGES = idx(random_pixels(4, 5, 6))  # 136 bytes


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (IMAGES[:-1], r"is truncated: sizes 4 x 5 x 6 make 136 bytes, found 135"),
        (gzip.compress(IMAGES[:-7]), r"is truncated: sizes 4 x 5 x 6 make 136 bytes unpacked, found 129"),
        (gzip.compress(IMAGES)[:-40], r"is truncated: sizes 4 x 5 x 6 make 136 bytes unpacked, found \d+"),
        (IMAGES + b"\0", r"goes on after its end: sizes 4 x 5 x 6 make 136 bytes, found more"),
        (IMAGES[:10], r"is truncated: expected 16 bytes of header, found 10"),
        (b"", r"begins with nothing, not with 00 00 08 03"),
        (bytes([0, 0, 13, 3]) + IMAGES[4:], r"begins with 00 00 0d 03, not with 00 00 08 03"),
        (idx(np.zeros(3, np.uint8)), r"begins with 00 00 08 01, not with 00 00 08 03"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12 + b"\0", r"is truncated: sizes 4294967295 x .* found 17"),
        (idx(np.zeros((0, 5, 6), np.uint8)), r"holds no pixels: its sizes are 0 x 5 x 6"),
        (b"\x1f\x8b" + b"\0" * 60, r"is damaged: "),
    ],
)
def test_idx_damage_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    write(tmp_path, {"train-images-idx3-ubyte": data})
    with pytest.raises(ValueError, match=f"train-images-idx3-ubyte {message}"):
        read(tmp_path)


def test_all_that_a_cut_gzip_holds_is_counted(tmp_path: Path) -> None:
    cut = gzip.compress(idx(random_pixels(4, 50, 60)))[:-2000]
    found = len(zlib.decompressobj(wbits=31).decompress(cut))
    assert found > 8_000
    write(tmp_path, {"train-images-idx3-ubyte.gz": cut})
    with pytest.raises(ValueError, match=f"make 12,016 bytes unpacked, found {found:,}$"):
        read(tmp_path)


def test_idx_labels_are_as_many_as_images(tmp_path: Path) -> None:
    write(tmp_path, {"a-images-idx3-ubyte": IMAGES, "a-labels-idx1-ubyte": idx(np.zeros(3, np.uint8))})
    with pytest.raises(ValueError, match="a-labels-idx1-ubyte has 3 labels for the 4 images of a-images-idx3-ubyte"):
        read(tmp_path)


def test_idx_of_several_sizes_needs_a_size(tmp_path: Path) -> None:
    write(tmp_path, {"a-images-idx3-ubyte": IMAGES, "b-images-idx3-ubyte": idx(random_pixels(1, 8, 8))})
    with pytest.raises(ValueError, match=r"images of \(5, 6\) and of \(8, 8\) pixels; give the size"):
        read(tmp_path)
    assert read(tmp_path, size=8, channels=3).images.images.shape == (5, 3, 8, 8)


@pytest.mark.skipif(not FASHION.is_dir(), reason="the Debian package dataset-fashion-mnist is not installed")
def test_fashion_mnist() -> None:
    images = read(FASHION).images
    assert images.images.shape == (70_000, 1, 28, 28)
    assert images.labels[:60_000].bincount().tolist() == [6_000] * 10
    assert images.labels[60_000:].bincount().tolist() == [1_000] * 10
    raw = gzip.decompress((FASHION / "t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    assert_pixels(images.images[60_000:], np.frombuffer(raw, np.uint8).reshape(-1, 1, 28, 28))


# CIFAR-10


def cifar(pixels: np.ndarray, labels: list[int]) -> bytes:
    """Label, then the planes of red, green and blue, one record after the other."""
    return b"".join(bytes([label]) + image.tobytes() for image, label in zip(pixels, labels, strict=True))


@pytest.mark.parametrize("inner", ["", "cifar-10-batches-bin/"])
def test_cifar_round_trip(tmp_path: Path, inner: str) -> None:
    first, second, test = random_pixels(3, 3, 32, 32), random_pixels(1, 3, 32, 32), random_pixels(2, 3, 32, 32)
    write(
        tmp_path,
        {
            f"{inner}test_batch.bin": cifar(test, [7, 7]),
            f"{inner}data_batch_2.bin": cifar(second, [0]),
            f"{inner}data_batch_1.bin": cifar(first, [9, 0, 1]),
            f"{inner}batches.meta.txt": b"airplane\nautomobile\n\n",
            f"{inner}readme.html": b"<html>",
        },
    )
    result = read(tmp_path)
    assert_pixels(result.images.images, np.concatenate([first, second, test]))
    assert result.images.labels.tolist() == [9, 0, 1, 0, 7, 7]
    assert result.classes == ("airplane", "automobile")
    assert_pixels(read(tmp_path / f"{inner}test_batch.bin").images.images, test)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (bytes(3073 + 3072), r"expected records of 3,073 bytes, so 6,146 bytes for 2, found 6,145"),
        (b"", r"so 3,073 bytes for 1, found 0"),
        (bytes(3073) + b"\x0a" + bytes(3072), r"record 1 has the label 10, not one of 0\.\.9"),
    ],
)
def test_cifar_damage_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    write(tmp_path, {"data_batch_1.bin": data})
    with pytest.raises(ValueError, match=rf"data_batch_1\.bin .*{message}"):
        read(tmp_path)


def test_arrays_are_fitted_like_files(tmp_path: Path) -> None:
    pixels = random_pixels(2, 3, 32, 32)
    write(tmp_path / "cifar", {"data_batch_1.bin": cifar(pixels, [0, 1])})
    write(tmp_path / "png", {f"{k}.png": encode(p.transpose(1, 2, 0)) for k, p in enumerate(pixels)})
    ours, theirs = (read(tmp_path / name, size=20, channels=1).images.images for name in ("cifar", "png"))
    assert ours.shape == (2, 1, 20, 20)
    assert torch.equal(ours, theirs)
