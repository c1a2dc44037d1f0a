"""A folder of pictures made into an archive: what is kept, what is dropped and why, and that the file is the same."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import zlib
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from data_forms import assert_pixels, encode, random_pixels, write, write_zip
from PIL import Image

from samenoise.data import read
from samenoise.data.decode import decode
from samenoise.data.near import Near, Seen
from samenoise.data.prepare import Dropped, Prepared, prepare

SMOOTH = np.linspace(20, 180, 256).reshape(16, 16, 1) + np.array([0, 20, 40])


def save(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def other(*shape: int) -> np.ndarray:
    return random_pixels(*(shape or (16, 16, 3)))


def read_json(path: Path, name: str) -> Any:
    with ZipFile(path) as archive:
        return json.loads(archive.read(name))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    pixels = {name: other() for name in ("b/2.png", "a/1.png", "top.png", "b/10.png")}
    write(tmp_path / "pictures", {name: encode(p) for name, p in pixels.items()})
    done = prepare(tmp_path / "pictures", tmp_path / "new" / "out.zip", size=16)
    order = ["a/1.png", "b/10.png", "b/2.png", "top.png"]
    assert done.kept == order
    assert done.counts == {"found": 4, "kept": 4, "pattern": 0, "bad": 0, "blank": 0, "near-duplicate": 0}
    images = read(done.path).images
    expected = np.stack([pixels[name].transpose(2, 0, 1) for name in order])
    assert_pixels(images.images, expected)
    assert images.labels.tolist() == [0, 1, 1, -1]
    manifest = read_json(done.path, "manifest.json")
    assert manifest["kept"] == order
    assert manifest["classes"] == ["a", "b"]
    assert manifest["source"] == "pictures"
    assert manifest["options"] == {"size": 16, "channels": 3, "drop": [], "near": 0.98}
    assert manifest["counts"] == done.counts
    assert manifest["pixels_sha256"] == done.pixels == hashlib.sha256(expected.tobytes()).hexdigest()
    assert read_json(done.path, "dataset.json") == {
        "labels": [["00000/img00000000.png", 0], ["00000/img00000001.png", 1], ["00000/img00000002.png", 1]]
    }


def test_an_archive_is_a_source_too(tmp_path: Path) -> None:
    files = {name: encode(other(20, 24)) for name in ("x.png", "y.png")}
    labelled = files | {"dataset.json": b'{"labels": [["x.png", 4], ["y.png", 0]]}'}
    done = prepare(write_zip(tmp_path / "in.zip", labelled), tmp_path / "out.zip", 8, channels=1)
    assert read(done.path).images.labels.tolist() == [4, 0]
    plain = prepare(write_zip(tmp_path / "plain.zip", files), tmp_path / "plain-out.zip", 8, channels=1)
    assert read_json(plain.path, "dataset.json") == {"labels": None}
    expected = np.stack([decode(files[name], 8, 1) for name in ("x.png", "y.png")])
    for each in (done, plain):
        assert_pixels(read(each.path).images.images, expected)
    again = prepare(done.path, tmp_path / "again.zip", 8, channels=1)
    assert again.pixels == done.pixels


def odd_files() -> dict[str, bytes]:
    """One file of each kind that pictures come in, for better or worse."""
    frames = [Image.fromarray(other()) for _ in range(2)]
    huge = bytearray(encode(other()))
    huge[16:24] = struct.pack(">2I", 60_000, 60_000)
    huge[29:33] = struct.pack(">I", zlib.crc32(bytes(huge[12:29])))
    whole = encode(other())
    return {
        "animated.gif": save(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "blank-red.png": save(Image.new("RGB", (16, 16), "red"), "PNG"),
        "blank-see-through.png": save(Image.fromarray(np.dstack([other(), np.zeros((16, 16), np.uint8)])), "PNG"),
        "broken.png": b"\x89PNG what",
        "cmyk.jpg": save(Image.fromarray(other(16, 16, 4), "CMYK"), "JPEG", quality=95),
        "empty.png": b"",
        "grey16.png": save(
            Image.fromarray((np.arange(256).reshape(16, 16) * 257 - 100).clip(min=0).astype(np.uint16)), "PNG"
        ),
        "huge.png": bytes(huge),
        "palette.png": save(Image.fromarray(other()).quantize(16), "PNG"),
        "truncated.png": whole[: len(whole) // 2],
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_odd_files_are_read_or_named(tmp_path: Path) -> None:
    files = odd_files()
    done = prepare(write(tmp_path / "odd", files), tmp_path / "out.zip", 16)
    assert done.kept == ["cmyk.jpg", "grey16.png", "palette.png"]
    assert done.dropped == [
        Dropped("animated.gif", "bad", "has more than one frame"),
        Dropped("blank-red.png", "blank", "is of one colour"),
        Dropped("blank-see-through.png", "blank", "is of one colour"),
        Dropped("broken.png", "bad", "is not a PNG, JPEG, BMP, GIF or WEBP image"),
        Dropped("empty.png", "bad", "is empty"),
        Dropped("huge.png", "bad", "has more than 67,108,864 pixels"),
        Dropped("truncated.png", "bad", done.dropped[-1].detail),
    ]
    assert done.dropped[-1].detail.startswith("cannot be decoded: ")
    images = read(done.path).images.images
    expected = np.stack([decode(files["cmyk.jpg"]), np.tile(np.arange(256).reshape(1, 16, 16), (3, 1, 1))])
    assert_pixels(images[:2], expected)  # 257 k - 100 of 16 bits is nearest to k of 8
    palette = np.array(Image.open(tmp_path / "odd/palette.png").convert("RGB"))
    assert_pixels(images[2:], palette.transpose(2, 0, 1)[None])
    assert read_json(done.path, "manifest.json")["dropped"] == [
        {"name": each.name, "reason": each.reason, "detail": each.detail} for each in done.dropped
    ]


def test_patterns_drop_by_path(tmp_path: Path) -> None:
    names = ["icons/a.png", "icons/deep/b.png", "my-icons/c.png", "d.png", "shapes/stars/e.png", "shapes/f.png"]
    source = write(tmp_path / "in", {name: encode(other()) for name in names})
    done = prepare(source, tmp_path / "out.zip", 16, drop=["icons/*", "shapes/st*"])
    assert done.kept == ["d.png", "my-icons/c.png", "shapes/f.png"]
    assert [(each.name, each.reason, each.detail) for each in done.dropped] == [
        ("icons/a.png", "pattern", "icons/*"),
        ("icons/deep/b.png", "pattern", "icons/*"),
        ("shapes/stars/e.png", "pattern", "shapes/st*"),
    ]
    assert str(done) == (
        f"{tmp_path / 'out.zip'}: kept 3 pictures, dropped 3 (3 pattern, 0 bad, 0 blank, 0 near-duplicate)"
    )
    with pytest.raises(ValueError, match=r"no picture matches the pattern 'icon/\*'; paths look like 'd\.png'"):
        prepare(source, tmp_path / "other.zip", 16, drop=["icons/*", "icon/*"])


def test_near_duplicates_go_and_others_stay(tmp_path: Path) -> None:
    first = SMOOTH.astype(np.uint8)
    files = {
        "0.png": encode(first),
        "1-copy.bmp": encode(first, "BMP"),
        "2-brighter.png": encode(first + 30),
        "3-weaker.png": encode((SMOOTH / 2 + 40).astype(np.uint8)),
        "4-again.jpg": save(Image.fromarray(first), "JPEG", quality=80),
        "5-larger.png": save(Image.fromarray(first).resize((48, 48), Image.Resampling.BICUBIC), "PNG"),
        "6-inverted.png": encode(255 - first),
        "7-mirrored.png": encode(first[:, ::-1]),
        "8-turned.png": encode(first.transpose(1, 0, 2)),
        "9-other.png": encode(other()),
        "99-bad.png": b"",
    }
    source = write(tmp_path / "in", files)
    done = prepare(source, tmp_path / "out.zip", 16)
    assert [(each.name, each.reason, each.detail) for each in done.dropped] == [
        (name, "near-duplicate", "0.png") for name in files if "1" <= name[0] <= "5" or name[0] == "7"
    ] + [("99-bad.png", "bad", "is empty")]
    assert done.dropped[0].cosine == 1.0
    assert done.kept == ["0.png", "6-inverted.png", "8-turned.png", "9-other.png"]
    assert prepare(source, tmp_path / "exact.zip", 16, near=1).kept == [
        n for n in files if n not in ("1-copy.bmp", "99-bad.png")
    ]


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel().astype(np.float64), b.ravel().astype(np.float64))[0, 1])


def test_batches_find_what_one_by_one_finds() -> None:
    """Against a loop over pairs and NumPy's correlation, in batches of several sizes."""
    bases = other(6, 3, 8, 8).astype(np.float64)
    rng = np.random.default_rng(1)
    noisy = bases[rng.integers(0, 6, 60)] + rng.normal(0, rng.uniform(1, 60, (60, 1, 1, 1)), (60, 3, 8, 8))
    pictures = noisy.clip(0, 255).round().astype(np.uint8)
    pictures[[20, 41]] = pictures[3]
    kept: list[np.ndarray] = []
    expected: list[tuple[int, float] | None] = []
    for picture in pictures:
        scores = [cosine(picture, each) for each in kept]
        if scores and max(scores) > 0.9:
            expected.append((int(np.argmax(scores)), max(scores)))
        else:
            expected.append(None)
            kept.append(picture)
    assert 8 < len(kept) < 50
    for batch in (1, 7, 60):
        seen = Seen(0.9)
        found = [near for k in range(0, 60, batch) for near in seen.add(pictures[k : k + batch])]
        for ours, theirs in zip(found, expected, strict=True):
            assert (ours is None) == (theirs is None)
            if ours is not None and theirs is not None:
                assert ours.number == theirs[0]
                assert ours.cosine == pytest.approx(theirs[1], abs=1e-5)


def test_equal_pictures_are_equal_however_products_round() -> None:
    pictures = other(40, 3, 32, 32)
    seen = Seen(1.0)
    assert seen.add(pictures) == [None] * 40
    assert seen.add(pictures) == [Near(k, 1.0) for k in range(40)]
    brighter = np.concatenate([pictures // 2, pictures // 2 + 100])  # cosine 1, give or take what rounding does
    assert Seen(1.0).add(brighter) == [None] * 80


def test_the_archive_is_a_function_of_the_source(tmp_path: Path) -> None:
    files = {f"{k % 3}/{k}.png": encode(other()) for k in range(12)} | {"0/bad.png": b"?"}
    files["2/copy.png"] = files["0/0.png"]
    one = prepare(write(tmp_path / "1" / "in", files), tmp_path / "one.zip", 16)
    write(tmp_path / "2" / "in", dict(reversed(files.items())))
    for path in (tmp_path / "2").rglob("*.png"):
        os.utime(path, (1e9, 1e9))
    two = prepare(tmp_path / "2" / "in", tmp_path / "elsewhere" / "two.zip", 16)
    assert one.path.read_bytes() == two.path.read_bytes()
    write(tmp_path / "2" / "in", {"0/0.png": encode(other())})
    three = prepare(tmp_path / "2" / "in", tmp_path / "three.zip", 16)
    assert three.pixels != one.pixels


@pytest.mark.parametrize("before", [None, b"what was there"])
def test_an_interruption_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes | None
) -> None:
    source = write(tmp_path / "in", {f"{k}.png": encode(other()) for k in range(5)})
    out = tmp_path / "out" / "set.zip"
    out.parent.mkdir()
    if before is not None:
        out.write_bytes(before)
    calls, add = [], ZipFile.writestr

    def interrupted(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        add(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(ZipFile, "writestr", interrupted)
        with pytest.raises(KeyboardInterrupt):
            prepare(source, out, 16)
    assert [path.name for path in out.parent.iterdir()] == ([] if before is None else ["set.zip"])
    assert before is None or out.read_bytes() == before
    assert isinstance(prepare(source, out, 16), Prepared)
    assert len(read(out).images) == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 1}, r"2 \.\. 8,192, got 1"),
        ({"channels": 4}, "channels of a picture is 1 or 3, got 4"),
        ({"near": 0}, "above 0 and at most 1, got 0"),
        ({"near": 1.5}, "above 0 and at most 1, got 1.5"),
        ({"out": "in"}, "in is a folder; give the name of the archive"),
        ({"out": "pipe"}, "pipe is there and is no file"),
        ({"source": "gone"}, "there is no file or folder .*gone"),
        ({"source": "text"}, "text holds no pictures"),
        ({"source": "in/a.png"}, r"a\.png is neither a folder nor a zip archive"),
        ({"source": "blank"}, r"no picture is left; the first that was dropped: .*'b\.png'"),
    ],
)
def test_wrong_use_is_one_sentence_and_no_file(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    write(tmp_path, {"in/a.png": encode(other()), "blank/b.png": encode(np.zeros((4, 4), np.uint8)), "text/c.txt": b""})
    given: dict[str, Any] = {"source": "in", "out": "out.zip", "size": 4} | options
    given |= {"source": tmp_path / given["source"], "out": tmp_path / given["out"]}
    os.mkfifo(tmp_path / "pipe")
    there = set(tmp_path.iterdir())
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        prepare(**given)
    assert set(tmp_path.iterdir()) == there


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "in.zip", {"a.png": encode(other()), "b.png": encode(other())})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02")] = 0
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"in\.zip is a damaged zip archive: "):
        prepare(path, tmp_path / "out.zip", 8)
