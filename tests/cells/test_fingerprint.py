"""The fingerprint sees what the reader sees: through links, whatever the names, with the labels beside."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from data_forms import encode, random_pixels, write

from samenoise.cells.data import ImagesCell
from samenoise.cells.fingerprint import fingerprint
from samenoise.cells.specs import DataSpec
from samenoise.data import files as walk
from samenoise.data import read
from samenoise.runs.cell import ConfigError
from samenoise.runs.store import Store


def spec(path: Path | str, **options: object) -> DataSpec:
    return DataSpec(source="files", path=str(path), **options)  # type: ignore[arg-type]


def of(path: Path | str) -> str:
    return fingerprint(spec(path))


def both(path: Path | str) -> tuple[str, str]:
    """The fingerprint, and the hash of what is read."""
    return of(path), read(path).images.hash


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A set whose images lie behind a link to a folder and a link to a file."""
    write(tmp_path / "elsewhere", {f"{k}.png": encode(random_pixels(4, 4)) for k in range(3)})
    write(tmp_path / "other", {"single.png": encode(random_pixels(4, 4))})
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "cats").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "set" / "one.png").symlink_to(tmp_path / "other" / "single.png")
    return tmp_path / "set"


@pytest.mark.parametrize("changed", ["elsewhere/1.png", "other/single.png"])
def test_other_images_behind_a_link_are_other_data(linked: Path, changed: str) -> None:
    before = both(linked)
    (linked.parent / changed).write_bytes(encode(random_pixels(4, 4)))
    after = both(linked)
    assert (before[0] != after[0], before[1] != after[1]) == (True, True)


def test_a_link_and_a_copy_are_the_same_data(linked: Path, tmp_path: Path) -> None:
    for name in walk.below(linked):
        place = tmp_path / "copy" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((linked / name).read_bytes())
    assert both(linked) == both(tmp_path / "copy")


def test_a_replaced_file_of_the_same_size_and_time_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, {"a.png": b"x" * 90}) / "a.png"
    before = of(tmp_path)
    stat = path.stat()
    path.unlink()
    path.write_bytes(b"y" * 90)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert of(tmp_path) != before


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/set"
    os.mkdir(folder)
    try:
        for name in (b"\xff.png", b"\xfe.png"):
            Path(os.fsdecode(folder + b"/" + name)).write_bytes(encode(random_pixels(4, 4)))
    except OSError as error:
        pytest.skip(f"this file system refuses such names: {error}")
    before = both(tmp_path / "set")
    os.rename(folder + b"/\xff.png", folder + b"/\xfd.png")
    after = both(tmp_path / "set")
    assert before[0] != after[0]
    cell = ImagesCell(count=2, seed=0, spec=spec(tmp_path / "set"), fingerprint=after[0])
    assert Store(tmp_path / "run").compute(cell).is_dir()


@pytest.mark.parametrize("source", ["files", "hub"])
def test_the_home_folder_is_the_same_for_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    if source == "files":
        write(tmp_path / "x", {"a.png": encode(random_pixels(4, 4)), "b.png": encode(random_pixels(4, 4))})
    else:
        library = pytest.importorskip("datasets", reason="the extra samenoise[datasets] is not installed")
        monkeypatch.setattr(library.config, "HF_DATASETS_CACHE", tmp_path / "cache")
        features = library.Features({"image": library.Image()})
        rows = {"image": [{"bytes": encode(random_pixels(4, 4)), "path": None} for _ in range(2)]}
        library.Dataset.from_dict(rows, features=features).save_to_disk(tmp_path / "x")
    given = DataSpec(source=source, path="~/x")  # type: ignore[arg-type]
    found = fingerprint(given)
    assert found == fingerprint(given.model_copy(update={"path": str(tmp_path / "x")}))
    cell = ImagesCell(count=2, seed=0, spec=given, fingerprint=found)
    assert Store(tmp_path / "run").compute(cell).is_dir()
    with pytest.raises(ConfigError, match="there is no data at ~nobody-of-this-name/x"):
        of("~nobody-of-this-name/x")


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def test_labels_beside_a_file_of_images_are_part_of_it(tmp_path: Path) -> None:
    write(tmp_path, {"train-images-idx3-ubyte": idx(random_pixels(2, 3, 3))})
    images, labels = tmp_path / "train-images-idx3-ubyte", tmp_path / "train-labels-idx1-ubyte"
    without = both(images)
    found = [without]
    for numbers in ([1, 2], [2, 1]):
        labels.write_bytes(idx(np.array(numbers, np.uint8)))
        found.append(both(images))
    assert len({each[0] for each in found}) == len({each[1] for each in found}) == 3


@pytest.mark.parametrize(
    "name", ["data_batch_1.bin", "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "dataset.json"]
)
@pytest.mark.parametrize("kind", ["folder", "pipe", "link to nothing"])
def test_what_is_no_file_is_not_taken_for_nothing(tmp_path: Path, name: str, kind: str) -> None:
    """A set without its first batch, or without its labels, is another set."""
    files = {"data_batch_2.bin": bytes(3073)}
    if "idx" in name:
        files = {
            "train-images-idx3-ubyte": idx(random_pixels(2, 3, 3)),
            "t10k-images-idx3-ubyte": idx(random_pixels(2, 3, 3)),
        }
    elif name == "dataset.json":
        files = {"cat/a.png": encode(random_pixels(3, 3))}
    write(tmp_path, {key: data for key, data in files.items() if key != name})
    if kind == "folder":
        (tmp_path / name).mkdir()
    elif kind == "pipe":
        os.mkfifo(tmp_path / name)
    else:
        (tmp_path / name).symlink_to(tmp_path / "nothing")
    with pytest.raises(ValueError, match=rf"{name} (cannot be read: .*)?is no file, and has the name of one"):
        read(tmp_path)


def test_files_that_change_before_they_are_read_are_not_sealed(tmp_path: Path) -> None:
    write(tmp_path / "set", {f"{k}.png": encode(random_pixels(4, 4)) for k in range(3)})
    cell = ImagesCell(count=3, seed=0, spec=spec(tmp_path / "set"), fingerprint=of(tmp_path / "set"))
    write(tmp_path / "set", {"1.png": encode(random_pixels(4, 4))})
    with pytest.raises(ValueError, match=r"the files of .*set have changed since the run was planned"):
        Store(tmp_path / "run").compute(cell)


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.png": encode(random_pixels(4, 4))})

    def refused(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(ConfigError, match=r"the data at .* cannot be read: .*a\.png: Permission denied"):
        of(tmp_path)
    with pytest.raises(ValueError, match=r"'a\.png' cannot be read: Permission denied"):
        read(tmp_path, on_bad="skip")


def test_a_folder_that_cannot_be_listed_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.png": encode(random_pixels(4, 4)), "in/b.png": encode(random_pixels(4, 4))})
    scan = os.scandir

    def refused(path: str | Path) -> object:
        if Path(path).name == "in":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(ConfigError, match=r"in cannot be listed: Permission denied"):
        of(tmp_path)
    with pytest.raises(ValueError, match=r"in cannot be listed: Permission denied"):
        read(tmp_path)


@pytest.mark.parametrize("source", ["files", "hub"])
def test_a_pipe_is_no_data(tmp_path: Path, source: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="there is no data at"):
        fingerprint(DataSpec(source=source, path=str(tmp_path / "pipe")))  # type: ignore[arg-type]
