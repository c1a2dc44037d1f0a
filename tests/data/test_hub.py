"""Data sets of the ``datasets`` library, written by it to this disk and read back."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_forms import assert_pixels, encode, random_pixels

from samenoise.data import Skipped
from samenoise.data.hub import read_hub

NAMES = ["zero", "one", "two"]
PIXELS = random_pixels(5, 4, 4, 3)
LABELS = [2, 0, 1, 1, 2]


@pytest.fixture
def datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    library = pytest.importorskip("datasets", reason="the extra samenoise[datasets] is not installed")
    monkeypatch.setattr(library.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(library.config, "HF_HUB_OFFLINE", True)
    return library


def rows(library: Any, contents: list[bytes | None], labels: list[int | None], **more: Any) -> Any:
    """A data set of encoded images and labels, in columns of the library's types; ``more`` is column=(type, values)."""
    columns = {"picture": (library.Image(), [None if c is None else {"bytes": c, "path": None} for c in contents])}
    columns |= {
        "digit": (library.ClassLabel(names=NAMES), labels),
        "note": (library.Value("string"), ["?"] * len(labels)),
    }
    columns |= more
    features = library.Features({name: kind for name, (kind, _) in columns.items()})
    return library.Dataset.from_dict({name: values for name, (_, values) in columns.items()}, features=features)


def assert_is_the_set(result: Any, name: str) -> None:
    assert_pixels(result.images.images, PIXELS.transpose(0, 3, 1, 2))
    assert result.images.labels.tolist() == LABELS
    assert (result.classes, result.skipped, result.images.name) == (("zero", "one", "two"), [], name)


def test_every_local_form_gives_the_rows(tmp_path: Path, datasets: Any) -> None:
    train = rows(datasets, [encode(p) for p in PIXELS], LABELS)
    test = rows(datasets, [encode(PIXELS[0])], [1])
    datasets.DatasetDict(train=train, test=test).save_to_disk(tmp_path / "splits")
    train.save_to_disk(tmp_path / "one")
    (tmp_path / "files" / "data").mkdir(parents=True)
    train.to_parquet(tmp_path / "files" / "data" / "train-00000-of-00001.parquet")
    test.to_parquet(tmp_path / "files" / "data" / "test-00000-of-00001.parquet")
    assert_is_the_set(read_hub(tmp_path / "splits"), "splits")
    assert_is_the_set(read_hub(tmp_path / "one", channels=3, size=4), "one")
    assert_is_the_set(read_hub(tmp_path / "files"), "files")
    assert_is_the_set(read_hub(tmp_path / "files/data/train-00000-of-00001.parquet"), "train-00000-of-00001")
    for name in ("splits", "files"):
        result = read_hub(tmp_path / name, split="test", size=2, channels=1)
        assert result.images.labels.tolist() == [1]
        assert result.images.images.shape == (1, 1, 2, 2)


def test_images_are_decoded_by_our_rules(tmp_path: Path, datasets: Any) -> None:
    """Transparent is white; the library's own decoder would leave four channels."""
    clear = np.zeros((2, 2, 4), np.uint8)
    rows(datasets, [encode(clear)], [0]).save_to_disk(tmp_path / "clear")
    assert_pixels(read_hub(tmp_path / "clear").images.images, np.full((1, 3, 2, 2), 255))


def test_rows_may_name_files(tmp_path: Path, datasets: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "set").mkdir()
    for place in ("set/a.png", "b.png"):
        (tmp_path / place).write_bytes(encode(PIXELS[0]))
    named = [{"bytes": None, "path": str(tmp_path / name)} for name in ("set/a.png", "set/gone.png", "set/../b.png")]
    pq.write_table(
        pa.table({"x": pa.array(named, pa.struct({"bytes": pa.binary(), "path": pa.string()}))}),
        tmp_path / "set" / "train.parquet",
    )
    result = read_hub(tmp_path / "set", image_column="x", on_bad="skip")
    assert_pixels(result.images.images, PIXELS[:1].transpose(0, 3, 1, 2))
    assert result.images.labels.tolist() == [-1]
    assert [bad.name for bad in result.skipped] == ["row 1", "row 2"]
    assert [re.sub("'.*'", "...", bad.reason) for bad in result.skipped] == [
        "cannot be read: it names ..., which is no file",
        f"cannot be read: it names ..., which is not in {tmp_path / 'set'}",
    ]


def test_bad_rows_are_refused_or_skipped_by_number(tmp_path: Path, datasets: Any) -> None:
    good = encode(PIXELS[0])
    rows(datasets, [good, b"", good[:60], None, good], [0, 1, 1, 2, None]).save_to_disk(tmp_path / "bad")
    result = read_hub(tmp_path / "bad", on_bad="skip")
    assert result.images.labels.tolist() == [0, -1]
    assert [bad.name for bad in result.skipped] == ["row 1", "row 2", "row 3"]
    assert result.skipped[0] == Skipped("row 1", "is empty")
    assert result.skipped[2] == Skipped("row 3", "is empty")
    with pytest.raises(ValueError, match=r"bad: 'row 1' is empty; on_bad=\"skip\" leaves such files out"):
        read_hub(tmp_path / "bad")


def test_columns_are_told_apart(tmp_path: Path, datasets: Any) -> None:
    coarse = (datasets.ClassLabel(names=["low", "high"]), [1, 0, 0, 0, 1])
    number = (datasets.Value("int32"), [7, 7, 8, 9, 7])
    contents = [encode(p) for p in PIXELS]
    rows(datasets, contents, LABELS, coarse=coarse, number=number).save_to_disk(tmp_path / "two")
    with pytest.raises(ValueError, match="several columns of type ClassLabel, digit, coarse: give label_column"):
        read_hub(tmp_path / "two")
    assert read_hub(tmp_path / "two", label_column="coarse").classes == ("low", "high")
    result = read_hub(tmp_path / "two", label_column="number")
    assert result.images.labels.tolist() == number[1]
    assert result.classes == ()
    with pytest.raises(ValueError, match=r"no column 'label'; there are picture \(\S+\), digit \(int64\), note"):
        read_hub(tmp_path / "two", label_column="label")
    with pytest.raises(ValueError, match=r"the column 'note' of .*two does not hold class numbers"):
        read_hub(tmp_path / "two", label_column="note")
    with pytest.raises(ValueError, match=r"the column 'number' of .*two does not hold images"):
        read_hub(tmp_path / "two", image_column="number", label_column="digit")


def test_plain_parquet_needs_the_column_of_images(tmp_path: Path, datasets: Any) -> None:
    """Parquet that another program wrote has bytes in a column and no types of the library."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"png": [encode(p) for p in PIXELS], "class": LABELS})
    pq.write_table(table, tmp_path / "plain.parquet")
    with pytest.raises(ValueError, match=r"no column of type Image; give image_column, one of png \(binary\), class"):
        read_hub(tmp_path / "plain.parquet")
    result = read_hub(tmp_path / "plain.parquet", image_column="png", label_column="class")
    assert_pixels(result.images.images, PIXELS.transpose(0, 3, 1, 2))
    assert result.images.labels.tolist() == LABELS


def test_splits_that_are_not_there(tmp_path: Path, datasets: Any) -> None:
    train = rows(datasets, [encode(p) for p in PIXELS], LABELS)
    datasets.DatasetDict(train=train, extra=train).save_to_disk(tmp_path / "splits")
    with pytest.raises(ValueError, match="splits has no split 'test'; there are train, extra"):
        read_hub(tmp_path / "splits", split="test")
    (tmp_path / "files").mkdir()
    train.to_parquet(tmp_path / "files" / "train.parquet")
    with pytest.raises(ValueError, match=r"files cannot be read by the library datasets: .*test.*train"):
        read_hub(tmp_path / "files", split="test")
    datasets.load_dataset("parquet", data_files=str(tmp_path / "files" / "train.parquet"))["train"].save_to_disk(
        tmp_path / "train"
    )
    with pytest.raises(ValueError, match="train has no split 'test'; there are train"):
        read_hub(tmp_path / "train", split="test")
    assert len(read_hub(tmp_path / "files" / "train.parquet", split="test").images) == 5
    train.select([]).to_parquet(tmp_path / "none.parquet")
    with pytest.raises(ValueError, match=r"none\.parquet cannot be read by .* no data"):
        read_hub(tmp_path / "none.parquet")
    with pytest.raises(ValueError, match="nobody/nothing cannot be read by the library datasets: "):
        read_hub("nobody/nothing")
    with pytest.raises(ValueError, match=r"1 \.\. 8,192, got 0"):
        read_hub(tmp_path / "splits", size=0)


def test_a_missing_library_is_told_how_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ModuleNotFoundError, match=r"to read ylecun/mnist, .*: pip install 'samenoise\[datasets\]'"):
        read_hub("ylecun/mnist")
