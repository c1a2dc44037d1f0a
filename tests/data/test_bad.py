"""Bad files by name and reason, refused or skipped, and what can be read at all."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from data_forms import encode, random_pixels, write, write_zip
from PIL import Image

from samenoise.data import Skipped, read, tracked

GOOD = encode(random_pixels(4, 4, 3))
BAD = {
    "animated.gif": (b"", "has more than one frame"),
    "broken.png": (b"\x89PNG what", "is not a PNG, JPEG, BMP, GIF or WEBP image"),
    "empty.jpg": (b"", "is empty"),
    "huge.png": (b"", "has more than 67,108,864 pixels"),
    "truncated.png": (GOOD[: len(GOOD) // 2 + 10], "cannot be decoded: image file is truncated"),
}


def bad_files() -> dict[str, bytes]:
    frames = [Image.fromarray(random_pixels(4, 4)) for _ in range(2)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    huge = bytearray(GOOD)
    huge[16:24] = struct.pack(">2I", 60_000, 60_000)
    huge[29:33] = struct.pack(">I", zlib.crc32(bytes(huge[12:29])))
    return {name: data for name, (data, _) in BAD.items()} | {
        "animated.gif": buffer.getvalue(),
        "huge.png": bytes(huge),
    }


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_bad_files_are_refused_or_skipped_by_name(tmp_path: Path, form: str) -> None:
    def build(files: dict[str, bytes], name: str) -> Path:
        return write(tmp_path / name, files) if form == "folder" else write_zip(tmp_path / f"{name}.zip", files)

    good = {"a.png": GOOD, "c.png": GOOD, "z.png": GOOD}
    result = read(build(good | bad_files(), "all"), on_bad="skip")
    assert result.skipped == [Skipped(name, reason) for name, (_, reason) in BAD.items()]
    assert len(result.images) == len(result.images.labels) == 3
    for name, data in bad_files().items():
        path = build(good | {name: data, "zz.png": b""}, name)
        with pytest.raises(ValueError, match=rf"{name!r} {BAD[name][1]}; on_bad=\"skip\" leaves such files out"):
            read(path)
    with pytest.raises(ValueError, match=r"no image is left, 5 are bad; the first: 'animated\.gif' has more than one"):
        read(build(bad_files(), "none"), on_bad="skip")


def test_labels_stay_with_their_images_when_files_are_skipped(tmp_path: Path) -> None:
    write(tmp_path, {"a/1.png": b"", "a/2.png": GOOD, "b/1.png": b"", "c/1.png": GOOD})
    result = read(tmp_path, on_bad="skip")
    assert result.images.labels.tolist() == [0, 2]
    assert result.classes == ("a", "b", "c")


def test_what_cannot_be_read_is_told_what_could(tmp_path: Path) -> None:
    write(tmp_path, {"text/readme.txt": b"", "text/data_batch_1": b"pickle", "file.bin": b"PK"})
    write_zip(tmp_path / "empty.zip", {"readme.txt": b""})
    (tmp_path / "nothing").mkdir()
    for name in ("text", "file.bin", "empty.zip", "nothing"):
        with pytest.raises(
            ValueError, match=rf"{name} holds nothing that can be read; looked for IDX files .*CIFAR-10"
        ):
            read(tmp_path / name)
    with pytest.raises(FileNotFoundError, match=r"there is no file or folder .*gone"):
        read(tmp_path / "gone")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, r"1 \.\. 8,192, got 0"),
        ({"size": 8193}, "got 8193"),
        ({"channels": 4}, "channels of an image is 1 or 3, got 4"),
        ({"on_bad": "ignore"}, "on_bad is 'refuse' or 'skip', got 'ignore'"),
    ],
)
def test_options_that_make_no_sense(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(write(tmp_path, {"a.png": GOOD}), **options)  # type: ignore[arg-type]


def test_progress_shows_when_it_takes_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"a.png": GOOD, "b.png": GOOD})
    read(tmp_path)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(tracked, "PATIENCE", -1.0)
    read(tmp_path)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "read" in shown.err
    assert "100%" in shown.err
