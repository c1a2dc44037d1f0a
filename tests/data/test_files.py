"""Image folders and archives, read back: order, labels, names of any kind."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from data_forms import assert_pixels, encode, random_pixels, write, write_zip
from PIL import Image

from samenoise.data import Skipped, read


def test_folder_round_trip_in_the_order_of_paths(tmp_path: Path) -> None:
    names = ["dog/b.png", "cat/10.bmp", "cat/2.PNG", "cat/deep/a.webp", "top.png", "dog/a.png"]
    pixels = {name: random_pixels(4, 6, 3) for name in names}
    kinds = {".bmp": "BMP", ".webp": "WEBP", ".png": "PNG"}

    def data(name: str) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(pixels[name]).save(buffer, kinds[Path(name).suffix.lower()], lossless=True)
        return buffer.getvalue()

    write(tmp_path, {name: data(name) for name in names} | {"cat/notes.txt": b"?", "empty/x": b"", ".a/x.png": b""})
    result = read(tmp_path)
    order = ["cat/10.bmp", "cat/2.PNG", "cat/deep/a.webp", "dog/a.png", "dog/b.png", "top.png"]
    assert_pixels(result.images.images, np.stack([pixels[name].transpose(2, 0, 1) for name in order]))
    assert result.images.labels.tolist() == [0, 0, 0, 1, 1, -1]
    assert result.classes == ("cat", "dog")


def test_the_order_is_not_that_of_the_disk(tmp_path: Path) -> None:
    """The same files written in two orders, and listed by the disk as it likes, make the same set."""
    files = {f"{k:03d}/{j}.png": encode(random_pixels(2, 2)) for k in range(8) for j in range(4)}
    write(tmp_path / "one", files)
    write(tmp_path / "two", dict(reversed(files.items())))
    one, two = read(tmp_path / "one").images, read(tmp_path / "two").images
    assert one.hash == two.hash
    assert one.labels.tolist() == [k for k in range(8) for _ in range(4)]


def test_a_folder_without_subfolders_has_no_labels(tmp_path: Path) -> None:
    result = read(write(tmp_path, {"a.png": encode(random_pixels(2, 2)), "b.png": encode(random_pixels(2, 2))}))
    assert result.images.labels.tolist() == [-1, -1]
    assert result.classes == ()
    assert result.images.shape == (1, 2, 2)


def test_a_folder_with_dataset_json_has_its_labels(tmp_path: Path) -> None:
    files = {f"0/{name}.png": encode(random_pixels(2, 2)) for name in "abc"}
    labels = json.dumps({"labels": [["0/c.png", 4], ["0/a.png", 7]]}).encode()
    result = read(write(tmp_path, files | {"dataset.json": labels}))
    assert result.images.labels.tolist() == [7, -1, 4]
    assert result.classes == ()


def test_grey_among_colour_becomes_colour(tmp_path: Path) -> None:
    grey, colour = random_pixels(3, 3), random_pixels(3, 3, 3)
    images = read(write(tmp_path, {"a.png": encode(grey), "b.png": encode(colour)})).images.images
    assert_pixels(images, np.stack([np.stack([grey] * 3), colour.transpose(2, 0, 1)]))


def test_several_sizes_need_a_size(tmp_path: Path) -> None:
    write(tmp_path, {"a.png": encode(random_pixels(3, 4)), "b.png": encode(random_pixels(3, 5))})
    with pytest.raises(ValueError, match=r"'a\.png' is 4 x 3 and 'b\.png' 5 x 3 pixels; give the size"):
        read(tmp_path)
    assert read(tmp_path, size=3).images.shape == (1, 3, 3)


HOSTILE = [
    b"-rf.png",
    b"a\nb.png",
    b"\x1b[31mred.png",
    b"[red]x.png",
    b"\xff\xfe.png",
    b"'\"$(id).png",
    "é‮.png".encode(),
]


def test_hostile_names_are_names(tmp_path: Path) -> None:
    try:
        for name in HOSTILE:
            Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(encode(random_pixels(2, 2)))
    except OSError as error:
        pytest.skip(f"this file system refuses such names: {error}")
    assert len(read(tmp_path).images) == len(HOSTILE)
    for name in HOSTILE:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"")
    write(tmp_path, {"good.png": encode(random_pixels(2, 2))})
    skipped = read(tmp_path, on_bad="skip").skipped
    assert sorted(os.fsencode(bad.name) for bad in skipped) == sorted(HOSTILE)
    assert all(str(bad).isprintable() for bad in skipped)
    with pytest.raises(ValueError, match="is empty") as caught:
        read(tmp_path)
    assert str(caught.value).isprintable()


def test_links_are_followed_once_and_what_is_no_file_is_named(tmp_path: Path) -> None:
    write(tmp_path / "set", {"a/x.png": encode(random_pixels(2, 2))})
    write(tmp_path / "elsewhere", {"y.png": encode(random_pixels(2, 2))})
    try:
        (tmp_path / "set" / "b").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "set" / "a" / "loop").symlink_to(tmp_path / "set")
        (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "set" / "a")
        (tmp_path / "set" / "gone.png").symlink_to(tmp_path / "nowhere")
        os.mkfifo(tmp_path / "set" / "pipe.png")
    except (OSError, AttributeError) as error:
        pytest.skip(f"no links or pipes here: {error}")
    result = read(tmp_path / "set", on_bad="skip")
    assert (len(result.images), result.classes) == (2, ("a", "b"))
    assert result.skipped == [Skipped("gone.png", "is no file"), Skipped("pipe.png", "is no file")]
    with pytest.raises(ValueError, match=r"'gone\.png' is no file; on_bad"):
        read(tmp_path / "set")


# Archives


def test_zip_round_trip(tmp_path: Path) -> None:
    pixels = {f"00000/img{k}.png": random_pixels(4, 4, 3) for k in (2, 0, 1)}
    labels = [["00000/img0.png", 5], ["00000/img1.png", 0], ["00000/img2.png", 3]]
    members = {name: encode(image) for name, image in pixels.items()}
    path = write_zip(tmp_path / "edm.zip", members | {"dataset.json": json.dumps({"labels": labels}).encode()})
    result = read(path)
    assert_pixels(result.images.images, np.stack([pixels[name].transpose(2, 0, 1) for name in sorted(pixels)]))
    assert result.images.labels.tolist() == [5, 0, 3]
    assert result.images.name == "edm"


@pytest.mark.parametrize("extra", [{}, {"dataset.json": b'{"labels": null}'}])
def test_zip_without_labels(tmp_path: Path, extra: dict[str, bytes]) -> None:
    path = write_zip(tmp_path / "x.zip", {"0/a.png": encode(random_pixels(2, 2)), "readme.txt": b""} | extra)
    assert read(path).images.labels.tolist() == [-1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"\xff\xfe\xfd", "is not JSON"),
        (b"[]", "must be"),
        (b"{}", "must be"),
        (b'{"labels": {"a.png": 1}}', "must be"),
        (b'{"labels": [["a.png", 1.5]]}', r"\['a\.png', 1\.5\] is not an image and its class number"),
        (b'{"labels": [["a.png", true]]}', "is not an image and its class number"),
        (b'{"labels": [["a.png", -2]]}', "is not an image and its class number"),
        (b'{"labels": [["a.png", 9223372036854775808]]}', "is not an image and its class number"),
        (b'{"labels": [["a.png", [0.5, 1]]]}', "is not an image and its class number"),
        (b'{"labels": [["b.png", 1]]}', r"has a label for 'b\.png', but there is no such image"),
    ],
)
def test_labels_that_make_no_sense_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = write_zip(tmp_path / "x.zip", {"a.png": encode(random_pixels(2, 2)), "dataset.json": content})
    with pytest.raises(ValueError, match=rf"dataset\.json in .*x\.zip.*{message}"):
        read(path)


def test_members_of_any_name_are_read_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "a" / "b" / "c"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    names = ["../../evil.png", "/abs.png", "C:\\x.png", "ok.png"]
    write_zip(inside / "x.zip", {name: encode(random_pixels(2, 2)) for name in names})
    before = sorted(tmp_path.rglob("*"))
    assert len(read("x.zip").images) == 4
    write_zip(inside / "x.zip", {"../../evil.png": b"broken", "ok.png": encode(random_pixels(2, 2))})
    with pytest.raises(ValueError, match=r"'\.\./\.\./evil\.png' is not a PNG"):
        read("x.zip")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_damaged_member_and_a_damaged_archive(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", {"a.png": encode(random_pixels(9, 9)), "b.png": encode(random_pixels(9, 9))})
    data = bytearray(path.read_bytes())
    data[60] ^= 255  # in the pixels of a.png, stored as they are
    path.write_bytes(data)
    result = read(path, on_bad="skip")
    assert result.skipped == [Skipped("a.png", "cannot be read: Bad CRC-32 for file 'a.png'")]
    assert len(result.images) == 1
    start = data.index(b"PK\x01\x02")
    data[start : start + 4] = b"PK\x09\x09"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"x\.zip is a damaged zip archive"):
        read(path)


def test_a_locked_member_is_bad(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", {"a.png": encode(random_pixels(2, 2))})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # "encrypted", in the member's header and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"'a\.png' cannot be read: .*password"):
        read(path)
